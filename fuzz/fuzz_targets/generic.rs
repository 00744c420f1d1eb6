//! The model test of `tests/generic_model`, with operations that the fuzzer chooses. The first bytes say how the cache is made;
//! what follows is one operation after the other, so that what the fuzzer cuts and joins stays a story.
//!
//! `cargo xtask fuzz generic --seconds 60`
#![no_main]
#![allow(clippy::unwrap_used, reason = "a failure is a panic")]

#[path = "../../tests/generic_model/naive.rs"]
mod naive;
#[path = "../../tests/generic_model/op.rs"]
mod op;
#[path = "../../tests/generic_model/pair.rs"]
mod pair;

use arbitrary::{Arbitrary, Result, Unstructured};
use op::{KEYS, Key, LIMIT_MAX, Limit, Op, SECONDS_MAX, Seconds, WEIGHT_MAX, Weight};
use pair::{Pair, Start};

/// More operations than this make a slow input and no new story.
const OPS_MAX: usize = 2000;

#[cfg(not(fuzzing))]
compile_error!("cargo fuzz builds this: cargo xtask fuzz generic");

libfuzzer_sys::fuzz_target!(|story: Story| story.tell());

#[derive(Debug)]
struct Story {
    start: Start,
    ops: Vec<Op>,
}

impl Story {
    fn tell(self) {
        let mut pair = Pair::new(self.start);
        self.ops.into_iter().for_each(|op| pair.run(op));
        [Op::LookAtAll, Op::Maintain, Op::Clear].into_iter().for_each(|op| pair.run(op));
    }
}

impl Arbitrary<'_> for Story {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let made = input.arbitrary::<u8>()?;
        let limit = Limit([60, 150, 300, LIMIT_MAX][usize::from(made % 4)]);
        let stripes = if made & 4 == 0 { 1 } else { 4 };
        let live = (made & 8 != 0).then_some(12);
        let idle = (made & 16 != 0).then_some(5);
        let mut ops = Vec::new();
        while ops.len() < OPS_MAX && !input.is_empty() {
            ops.push(input.arbitrary()?);
        }
        Ok(Self { start: Start { limit, stripes, live, idle }, ops })
    }
}

impl Arbitrary<'_> for Key {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        input.int_in_range(0..=KEYS - 1).map(Self)
    }
}

impl Arbitrary<'_> for Weight {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        input.int_in_range(0..=WEIGHT_MAX).map(Self)
    }
}

impl Arbitrary<'_> for Limit {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        input.int_in_range(1..=LIMIT_MAX).map(Self)
    }
}

impl Arbitrary<'_> for Seconds {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        input.int_in_range(0..=SECONDS_MAX).map(Self)
    }
}
