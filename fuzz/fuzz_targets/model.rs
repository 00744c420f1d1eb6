//! The model test of `tests/model`, with operations that the fuzzer chooses. The first byte says how the cache is made;
//! what follows is one operation after the other, so that what the fuzzer cuts and joins stays a story.
//!
//! `cargo xtask fuzz --seconds 60`
#![no_main]
#![allow(clippy::unwrap_used, reason = "a failure is a panic")]

#[path = "../../tests/model/naive.rs"]
mod naive;
#[path = "../../tests/model/op.rs"]
mod op;
#[path = "../../tests/model/pair.rs"]
#[expect(dead_code, reason = "where several namespaces share a clock, the pairs are told of it")]
mod pair;

use arbitrary::{Arbitrary, Result, Unstructured};
use op::{KEYS, Key, LEN_MAX, Len, Op, SECONDS_MAX, Seconds};
use pair::{Pair, Room};

/// More operations than this make a slow input and no new story.
const OPS_MAX: usize = 2000;

#[cfg(not(fuzzing))]
compile_error!("cargo fuzz builds this: cargo xtask fuzz");

libfuzzer_sys::fuzz_target!(|story: Story| story.tell());

#[derive(Debug)]
struct Story {
    budget: usize,
    stripes: usize,
    room: Room,
    ops: Vec<Op>,
}

impl Story {
    fn tell(self) {
        let mut pair = Pair::new(self.budget, self.stripes, self.room);
        self.ops.into_iter().for_each(|op| pair.run(op));
        (0..KEYS).for_each(|key| pair.look(Key(key)));
    }
}

impl Arbitrary<'_> for Story {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let (budget, stripes, room) = match input.arbitrary::<u8>()? % 4 {
            0 => (12 << 10, 1, Room::ForSome),
            1 => (16 << 10, 4, Room::ForSome),
            2 => (1 << 20, 1, Room::ForAll),
            _ => (1 << 20, 4, Room::ForAll),
        };
        let mut ops = Vec::new();
        while ops.len() < OPS_MAX && !input.is_empty() {
            ops.push(input.arbitrary()?);
        }
        Ok(Self { budget, stripes, room, ops })
    }
}

impl Arbitrary<'_> for Key {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        input.int_in_range(0..=KEYS - 1).map(Self)
    }
}

impl Arbitrary<'_> for Len {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        input.int_in_range(0..=LEN_MAX).map(Self)
    }
}

impl Arbitrary<'_> for Seconds {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        input.int_in_range(0..=SECONDS_MAX).map(Self)
    }
}
