//! Operations one by one, for counting their instructions.

use super::peers::{self, Peer as _};
use crate::sample;
use std::hint::black_box;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Only the key is made: what all others cost beside the cache.
    Nothing,
    /// A look-up that finds its item.
    Get,
    /// A store of a new key, for which another item goes.
    EvictingSet,
    /// A store in the place of an item.
    Overwrite,
}

/// Items that there is room for.
const ROOM: usize = 20_000;
const VALUE: [u8; sample::VALUE] = [7; sample::VALUE];

/// Fills a cache and carries the operation out so many times.
///
/// # Panics
/// If a look-up does not find its item.
pub fn run(operation: Operation, count: u64) {
    let cache = peers::repeatable_keyway(ROOM);
    let filled = 2 * ROOM as u64;
    (0..filled).for_each(|number| cache.set(&sample::key(number), &sample::value(number)));
    for step in 0..count {
        // Among those that came last, which are still on probation.
        let recent = filled - 1 - step % (ROOM as u64 / 200);
        match operation {
            Operation::Nothing => drop(black_box(sample::key(black_box(recent)))),
            Operation::Get => assert!(cache.holds(&sample::key(recent), recent).is_some()),
            Operation::EvictingSet => cache.set(&sample::key(filled + step), &VALUE),
            Operation::Overwrite => cache.set(&sample::key(recent), &VALUE),
        }
    }
}
