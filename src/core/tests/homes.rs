//! Entries that found their line of the index full, and what moves them there later.

use super::*;
use std::ops::Range;

const ENTRIES: u64 = 12_000;
const WEIGHT: usize = 100;

/// Where each has left for another some times, as long use brings about: who has come last.
fn churned() -> (TestEngine, Range<u64>) {
    const ROUNDS: u64 = 3;
    let limit = usize::try_from(ENTRIES).map_or(0, |entries| entries * WEIGHT);
    let Some(engine) = TestEngine::new(limit, Tables::Free, 1, Fixed::default(), ()) else {
        panic!("the budget is too small")
    };
    store(&engine, 0..ENTRIES);
    for key in 0..ROUNDS * ENTRIES {
        remove(&engine, key);
        store(&engine, key + ENTRIES..key + ENTRIES + 1);
    }
    assert_eq!(engine.totals().evicted, 0);
    (engine, ROUNDS * ENTRIES..(ROUNDS + 1) * ENTRIES)
}

fn store(engine: &TestEngine, keys: Range<u64>) {
    for key in keys {
        assert!(put(engine, &Number::new(key, WEIGHT)).is_ok());
    }
}

pub(super) fn remove(engine: &TestEngine, key: u64) {
    let is_it = |entry: &Number| entry.number() == key;
    let there = |found: Option<&Number>, _| Ok::<_, &str>((Change::<Number>::Remove, found.is_some()));
    assert_eq!(engine.write(hash(engine, key), is_it, &Time(1), || Ok(()), there), Ok(true));
}

fn displaced(engine: &TestEngine) -> f64 {
    engine.stripes[0].lock.write().displaced() as f64 / ENTRIES as f64
}

#[test]
fn an_entry_that_is_overwritten_is_moved_to_its_home_line() {
    let (engine, keys) = churned();
    let before = displaced(&engine);
    store(&engine, keys);
    let after = displaced(&engine);
    assert!(before > 0.06 && after < 0.04, "{before} before, {after} after");
}

#[test]
fn an_entry_that_is_spared_is_moved_to_its_home_line() {
    let (engine, keys) = churned();
    let before = displaced(&engine);
    // All are used, so that new ones find nothing else that could go.
    assert!((0..3).all(|_| keys.clone().all(|key| has(&engine, key, 1))));
    store(&engine, keys.end..keys.end + ENTRIES / 8);
    let after = displaced(&engine);
    assert!(before > 0.06 && after < 0.03, "{before} before, {after} after");
}
