//! What a write leaves for the next one, on whichever core that is.

use super::*;
use std::thread;

const ENTRIES: u64 = 256;
const WEIGHT: usize = 100;

fn is_there(engine: &TestEngine, key: u64) -> bool {
    address(engine, key).is_some()
}

fn address(engine: &TestEngine, key: u64) -> Option<usize> {
    let mut address = None;
    let note = |entry: &Number| address = Some(entry.address().addr());
    engine.peek(hash(engine, key), |entry| entry.number() == key, &Time(1), note);
    address
}

fn engine(entries: u64) -> TestEngine {
    let limit = usize::try_from(entries).map_or(0, |entries| entries * WEIGHT);
    let Some(engine) = TestEngine::new(limit, Tables::Free, 1, Fixed::default(), ()) else {
        panic!("the budget is too small")
    };
    engine
}

#[test]
fn what_is_noted_to_go_next_goes_next_where_threads_take_turns() {
    let engine = engine(ENTRIES);
    let store = |key| assert!(put(&engine, &Number::new(key, WEIGHT)).is_ok());
    let (mut held, mut right, mut evicted) = (Vec::new(), 0, 0);
    for key in 0..4 * ENTRIES {
        let noted = engine.stripes[0].lock.write().next_to_go();
        if key % 2 == 0 {
            store(key);
        } else {
            thread::scope(|scope| {
                scope.spawn(|| store(key));
            });
        }
        held.push(key);
        let gone: Vec<_> = held.extract_if(.., |key| !is_there(&engine, *key)).collect();
        // Until then main is filled from probation.
        if key >= 2 * ENTRIES {
            evicted += gone.len();
            right += usize::from(matches!(gone[..], [key] if noted == Some(hash(&engine, key).short())));
        }
    }
    assert_eq!(evicted, 512, "each evicts one");
    assert!(right > 500, "{right} of {evicted}");
}

#[test]
fn what_one_thread_evicts_was_noted_by_its_writes_before_first_its_line_and_then_itself() {
    const MEASURED: u64 = 512;
    /// So many writes before, at most: one may go past an entry that it spares.
    const LINE_AGO: usize = 5;
    const ENTRY_AGO: usize = 3;
    // So many that probation is longer than what is looked at of it.
    let (engine, filled) = (engine(4 * ENTRIES), 8 * ENTRIES);
    let store = |key| assert!(put(&engine, &Number::new(key, WEIGHT)).is_ok());
    (0..filled).for_each(store);
    let mut held: Vec<_> = (0..filled).filter_map(|key| Some((key, address(&engine, key)?))).collect();
    let (mut noted, mut evicted, mut lines, mut entries) = (Vec::new(), 0, 0, 0);
    for key in filled..filled + MEASURED {
        noted.push(engine.stripes[0].lock.write().noted());
        store(key);
        let gone: Vec<_> = held.extract_if(.., |(key, _)| !is_there(&engine, *key)).collect();
        held.extend(address(&engine, key).map(|address| (key, address)));
        for (key, address) in gone {
            let line = engine.stripes[0].lock.write().home_in_memory(hash(&engine, key).short());
            let before = |most: usize| noted.iter().rev().take(most);
            evicted += 1;
            entries += usize::from(before(ENTRY_AGO).any(|[entry, _]| *entry == Some(address)));
            lines += usize::from(before(LINE_AGO).any(|[_, it]| *it == line));
        }
    }
    assert_eq!(evicted, 512, "each evicts one");
    // Not those whose places in the queue are in another block, nor entries that are not at home.
    assert!(entries > 400 && lines > 450, "{entries} and {lines} of {evicted}");
}
