//! Writers that fight for room in several stripes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(shuttle)]

use keyway::{Cache, Item, Session};
use shuttle::thread;
use shuttle_tests::{below, cache, explore, session};

const KEYS: usize = 10;
const STRIPES: usize = 4;
const BUDGET: usize = 10 << 10;

fn key(number: usize) -> String {
    format!("key {number}")
}

fn assert_within(cache: &Cache) {
    let stats = cache.stats();
    assert!(stats.bytes <= stats.budget, "{stats:?}");
}

/// What those items that are there take, as far as one can tell from outside.
fn least_charge(session: &Session) -> u64 {
    let size = |number| {
        let key = key(number);
        let item = session.get(&key).unwrap();
        item.map_or(0, |item| (Item::OVERHEAD + key.len() + item.len()) as u64)
    };
    (0..KEYS).map(size).sum()
}

fn write(cache: &Cache) {
    let session = session(cache, "ada");
    for _ in 0..6 {
        let key = key(below(KEYS));
        // Where the others hold all the room there is, a write may be refused; it may not go over.
        match below(8) {
            0 => drop(session.delete(&key).unwrap()),
            1 => drop(session.append(&key, &[1; 700])),
            2 => cache.maintain(),
            _ => drop(session.set(&key, &vec![2; [100, 800, 2500][below(3)]])),
        }
        assert_within(cache);
    }
}

#[test]
fn charged_bytes_never_exceed_the_budget_and_all_come_back() {
    explore(|| {
        let (cache, _) = cache(BUDGET, STRIPES);
        let empty = cache.stats().bytes;
        let main = session(&cache, "ada");
        for number in 0..KEYS {
            main.set(&key(number), &[0; 1200]).unwrap();
        }
        assert!(cache.stats().evictions > 0, "the writers begin with a full cache");
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let cache = cache.clone();
                thread::spawn(move || write(&cache))
            })
            .collect();
        let watched = cache.clone();
        let watcher = thread::spawn(move || (0..6).for_each(|_| assert_within(&watched)));
        for thread in writers.into_iter().chain([watcher]) {
            thread.join().unwrap();
        }
        assert!(least_charge(&main) + empty <= cache.stats().bytes, "something is not paid for");
        main.flush().unwrap();
        assert_eq!(cache.stats().bytes, empty, "what was charged came back, no more and no less");
    });
}
