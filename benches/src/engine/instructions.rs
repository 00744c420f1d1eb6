//! Operations one by one, for counting their instructions.

use super::peers::{Engine, FAR, Mutexes, Peer, Quick, Session};
use crate::{dice::Dice, sample};
use bytes::Bytes;
use keyway::{Clock, Expiry};
use std::{hint::black_box, mem, time::Duration};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Only the key is made: what all others cost beside the cache.
    Nothing,
    /// A look-up that finds its item, anywhere among all that are there.
    Get,
    /// A store of a new key, for which another item goes.
    EvictingSet,
    /// A store in the place of an item, anywhere among all that are there.
    Overwrite,
}

/// Whose instructions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Keyway through a session, with items that expire at some time. It looks at a clock that `run` moves: see `SystemClock`.
    Session,
    /// The same with items that never expire.
    SessionWithoutExpiry,
    /// The engine on its own, with a time to live.
    Engine,
    /// The same with values in place.
    EngineInPlace,
    /// `quick_cache`.
    Quick,
    /// 64 mutexes over an exact LRU.
    Mutexes,
    /// The look at the system's clock that Keyway takes once in each operation where entries expire; no cache.
    SystemClock,
}

/// Items that there is room for.
const ROOM: usize = 20_000;
/// So many times the room is stored before anything is counted: long after the cache was first full.
const ROUNDS: u64 = 8;
/// Operations in one run; their keys are picked before, all of them each time, so that this is not counted.
const MOST: u64 = 100_000;
/// The clock goes on by so much with each operation: by one tick of a sixteenth of a second, once in which the cache looks for what
/// has expired, in 20,000 of them. By the system's clock, the more ticks were in a count the slower the machine was.
const PACE: Duration = Duration::from_nanos(3125);
const VALUE: [u8; sample::VALUE] = [7; sample::VALUE];

/// Fills a cache and carries the operation out so many times, 100,000 at most; all of it is the same on each run.
///
/// # Panics
/// If a look-up does not find its item.
pub fn run(counted: Counted, operation: Operation, count: u64) {
    let clock = &Clock::manual();
    let session = |expiry| Session::repeatable(ROOM, expiry, clock.clone());
    match counted {
        Counted::Session => run_on(session(Expiry::After(FAR)), clock, operation, count),
        Counted::SessionWithoutExpiry => run_on(session(Expiry::Never), clock, operation, count),
        Counted::Engine => run_on(engine::<Bytes>(clock), clock, operation, count),
        Counted::EngineInPlace => run_on(engine::<[u8; sample::VALUE]>(clock), clock, operation, count),
        Counted::Quick => run_on(Quick::repeatable(ROOM), clock, operation, count),
        Counted::Mutexes => run_on(Mutexes::repeatable(ROOM), clock, operation, count),
        Counted::SystemClock => look_at_clock(operation, count),
    }
}

fn engine<V>(clock: &Clock) -> Engine<{ sample::KEY }, V, ahash::RandomState> {
    Engine::repeatable(ROOM, clock.clone())
}

fn look_at_clock(operation: Operation, count: u64) {
    for _ in 0..count {
        match operation {
            Operation::Nothing => black_box(()),
            _ => drop(black_box(coarsetime::Instant::now_without_cache_update())),
        }
    }
}

fn run_on(cache: impl Peer, clock: &Clock, operation: Operation, count: u64) {
    let filled = ROUNDS * ROOM as u64;
    for number in 0..filled {
        clock.advance(PACE);
        cache.set(&sample::key(number), &sample::value(number));
    }
    let numbers: Vec<u64> = match operation {
        Operation::EvictingSet => (filled..filled + MOST).collect(),
        _ => somewhere_among(&resident(&cache, filled)),
    };
    for number in numbers.into_iter().take(usize::try_from(count).unwrap_or(usize::MAX)) {
        clock.advance(PACE);
        match operation {
            Operation::Nothing => drop(black_box(sample::key(black_box(number)))),
            Operation::Get => assert!(cache.holds(&sample::key(number), number).is_some()),
            Operation::EvictingSet | Operation::Overwrite => cache.set(&sample::key(number), &VALUE),
        }
    }
    // What it takes to free it all is nobody's count, and depends on what the operations left to the allocator.
    mem::forget(cache);
}

fn resident(cache: &impl Peer, filled: u64) -> Vec<u64> {
    (0..filled).filter(|number| cache.holds(&sample::key(*number), *number).is_some()).collect()
}

fn somewhere_among(resident: &[u64]) -> Vec<u64> {
    let mut dice = Dice::new(9);
    (0..MOST).map(|_| resident[dice.below(resident.len())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_up_and_overwritten_is_there() {
        let all = [
            Counted::Session,
            Counted::SessionWithoutExpiry,
            Counted::Engine,
            Counted::EngineInPlace,
            Counted::Quick,
            Counted::Mutexes,
        ];
        for counted in all {
            run(counted, Operation::Get, 1000);
            run(counted, Operation::Overwrite, 1000);
        }
    }
}
