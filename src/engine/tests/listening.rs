//! Who listens is told of everything that leaves, once and in order.

use super::{SECOND, of_entries};
use crate::{
    clock::Clock,
    engine::{Builder, Cache, Cause},
};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock},
    thread,
};

type Told = Arc<Mutex<Vec<(u32, u32, Cause)>>>;

fn record(builder: Builder<u32, u32>) -> (Cache<u32, u32>, Told) {
    let told = Told::default();
    let log = told.clone();
    let tell = move |held: &super::super::Held<u32, u32>, cause| {
        log.lock().expect("nobody panics").push((*held.key(), **held, cause));
    };
    (builder.listener(tell).build().expect("large enough"), told)
}

#[test]
fn each_cause_is_told() {
    let clock = Clock::manual();
    let (cache, told) = record(of_entries(2).clock(clock.clone()));
    cache.insert(1, 1).expect("room");
    cache.insert(1, 2).expect("room");
    cache.remove(&1);
    cache.insert_for(2, 3, SECOND).expect("room");
    clock.advance(2 * SECOND);
    cache.maintain();
    (10..13).for_each(|number| drop(cache.insert(number, number)));
    cache.clear();
    let told = told.lock().expect("nobody panics");
    assert_eq!(told[..3], [(1, 1, Cause::Replaced), (1, 2, Cause::Removed), (2, 3, Cause::Expired)]);
    assert_eq!(told.iter().filter(|(_, _, cause)| *cause == Cause::Evicted).count(), 1);
    assert_eq!(told.iter().filter(|(_, _, cause)| cause.was_evicted()).count(), 2);
    assert_eq!((told.len(), told[4].2, told[5].2), (6, Cause::Removed, Cause::Removed));
}

#[test]
fn every_value_of_many_writers_is_told_once_and_those_of_a_key_in_order() {
    let (cache, told) = record(of_entries(20));
    thread::scope(|scope| {
        for first in [0, 1, 2, 3] {
            let cache = &cache;
            scope.spawn(move || {
                // A writer's values of a key go up.
                for number in 0..5000 {
                    cache.insert(number * 4 % 120 + first, number).expect("room");
                }
            });
        }
    });
    cache.clear();
    let told = told.lock().expect("nobody panics");
    assert_eq!(told.len(), 20_000);
    let mut last = HashMap::new();
    for (key, value, _) in told.iter() {
        assert!(last.insert(key, value).is_none_or(|before| before < value), "{key}: {value}");
    }
}

#[test]
fn a_listener_may_use_the_cache() {
    let own: Arc<OnceLock<Cache<u32, u32>>> = Arc::default();
    // Weak, or the cache would own itself and never go.
    let inner = Arc::downgrade(&own);
    let cache = of_entries(4).listener(move |held, _| {
        let Some(own) = inner.upgrade() else { return };
        let Some(cache) = own.get() else { return };
        if **held > 0 {
            cache.insert(held.key() + 100, **held - 1).expect("room");
            assert_eq!(*cache.get_or_insert_with(&(held.key() + 10_000), || 0), 0);
        }
    });
    let cache = own.get_or_init(|| cache.build().expect("large enough"));
    for number in 0..50 {
        cache.get_or_insert_with(&number, || 3);
    }
    assert!(cache.stats().evicted > 100, "each one told of makes another one go: {:?}", cache.stats());
}

#[test]
fn after_a_panic_the_rest_is_told_by_others() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = told.clone();
    let cache = of_entries(10).listener(move |held, _| {
        assert_ne!(**held, 1, "the listener panics");
        log.lock().expect("not under this lock").push(**held);
    });
    let cache = cache.build().expect("large enough");
    (0..4).for_each(|number| drop(cache.insert(number, number)));
    assert!(catch_unwind(AssertUnwindSafe(|| cache.clear())).is_err());
    assert!(cache.is_empty(), "the call had done its work");
    cache.maintain();
    cache.remove(&77);
    let mut told = told.lock().expect("nobody panicked with it").clone();
    told.sort_unstable();
    assert_eq!(told, [0, 2, 3]);
}

#[test]
fn what_was_not_stored_is_not_told_of() {
    let (cache, told) = record(of_entries(10));
    cache.get_or_insert_with(&1, || {
        cache.remove(&1);
        7
    });
    cache.insert(2, 1).expect("room");
    cache.insert_if_absent(2, 2).expect("one is there");
    cache.clear();
    assert_eq!(*told.lock().expect("nobody panics"), [(2, 1, Cause::Removed)]);
}
