//! What each part of the generic cache promises.

#![allow(clippy::expect_used, reason = "a test may panic")]

mod dumping;
mod listening;
mod loading;
mod remaking;
mod settings;

use super::{Builder, Cache, Lifetime, Update};
use crate::clock::Clock;
use std::{
    collections::BTreeSet,
    hash::{BuildHasherDefault, Hash, Hasher},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

const SECOND: Duration = Duration::from_secs(1);

fn of_entries(entries: usize) -> Builder<u32, u32> {
    Builder::with_entries(entries).stripes(1)
}

#[test]
fn what_was_stored_is_there_until_it_is_replaced_or_removed() {
    let cache = Cache::with_entries(100).expect("large enough");
    assert!(cache.insert("a".to_owned(), 1).expect("room").is_none());
    let old = cache.insert("a".to_owned(), 2).expect("room").expect("replaced");
    assert_eq!((*old, cache.get("a").as_deref()), (1, Some(&2)));
    assert_eq!(cache.remove("a").as_deref(), Some(&2));
    assert!(cache.remove("a").is_none() && cache.is_empty());
    let stats = cache.stats();
    assert_eq!((stats.inserts, stats.replaced, stats.removed, stats.hits), (2, 1, 1, 1));
}

#[test]
fn a_count_is_kept_exactly() {
    let cache = of_entries(100).build().expect("large enough");
    (0..1000).for_each(|number| drop(cache.insert(number, number)));
    assert_eq!((cache.len(), cache.stats().evicted), (100, 900));
}

#[test]
fn weights_never_exceed_the_limit_and_what_weighs_more_is_refused() {
    let cache = Builder::with_weight(1000, |_: &u32, weight: &usize| *weight).build().expect("large enough");
    for number in 0..500 {
        cache.insert(number, number as usize % 90).expect("room");
        assert!(cache.stats().weight <= 1000);
    }
    cache.insert(7, 1).expect("room");
    let before = cache.len();
    let refused = cache.insert(7, 1001).expect_err("too heavy");
    assert_eq!((refused.weight, refused.limit), (1001, 1000));
    assert!(!cache.contains(&7), "nobody reads on what was to be replaced");
    cache.insert_if_absent(7, 1001).expect_err("too heavy");
    cache.compute(&7, |_| Update::Put(1001)).expect_err("too heavy");
    assert_eq!(*cache.get_or_insert_with(&7, || 1001), 1001);
    assert_eq!(cache.len(), before - 1, "nothing went for what cannot be stored");
}

/// One thread that writes alone evicts ahead, before it knows what its write will be.
#[test]
fn a_write_evicts_nothing_while_there_is_room() {
    let cache = Builder::with_weight(10_000, |_: &u32, _: &u32| 10).stripes(1).build().expect("large enough");
    (0..3000).for_each(|number| drop(cache.insert(number, number)));
    assert_eq!((cache.len(), cache.stats().evicted), (1000, 2000));
    let keys: Vec<u32> = cache.iter().map(|held| *held.key()).collect();
    for key in keys {
        if cache.contains(&key) {
            assert!(cache.insert(key, 0).expect("room").is_some(), "{key} went for itself");
        }
    }
    assert!(cache.stats().evicted <= 2001, "one goes ahead, and then there is room");
    let keys: Vec<u32> = cache.iter().take(50).map(|held| *held.key()).collect();
    keys.iter().for_each(|key| drop(cache.remove(key)));
    let (len, evicted) = (cache.len(), cache.stats().evicted);
    (5000..5050).for_each(|number| drop(cache.insert(number, number)));
    assert_eq!((cache.len(), cache.stats().evicted), (len + 50, evicted));
}

#[test]
fn bytes_are_what_the_allocator_is_asked_for() {
    let cache =
        Builder::with_bytes(1 << 16, |_: &u32, value: &Vec<u8>| value.capacity()).build().expect("large");
    for number in 0..5000 {
        cache.insert(number, vec![0; 100]).expect("room");
        assert!(cache.stats().weight <= 1 << 16);
    }
    assert!((300..470).contains(&cache.len()), "{}", cache.len());
}

#[test]
fn entries_end_by_age_and_by_idling() {
    let clock = Clock::manual();
    let cache = of_entries(10).time_to_live(10 * SECOND).time_to_idle(4 * SECOND).clock(clock.clone());
    let cache = cache.build().expect("large enough");
    cache.insert(1, 1).expect("room");
    cache.insert(2, 2).expect("room");
    clock.advance(3 * SECOND);
    assert!(cache.get(&1).is_some() && cache.peek(&2).is_some());
    clock.advance(2 * SECOND);
    assert!(cache.get(&1).is_some(), "it did not idle");
    assert!(cache.get(&2).is_none(), "to peek is no use");
    clock.advance(3 * SECOND);
    assert!(cache.get(&1).is_some());
    clock.advance(3 * SECOND);
    assert!(cache.get(&1).is_none(), "its time is over however much it is used");
    cache.maintain();
    assert_eq!((cache.len(), cache.stats().expired), (0, 2));
}

#[test]
fn an_entry_may_end_before_what_the_cache_says() {
    let clock = Clock::manual();
    let cache = of_entries(10).clock(clock.clone()).build().expect("large enough");
    cache.insert_for(1, 1, SECOND).expect("room");
    let left = cache.get(&1).and_then(|held| cache.time_left(&held)).expect("it ends");
    assert!(left >= SECOND && left < 2 * SECOND, "{left:?}");
    clock.advance(2 * SECOND);
    assert!(!cache.contains(&1));
}

struct TenThenTwentyThenMore;

impl Lifetime<u32, u32> for TenThenTwentyThenMore {
    fn after_create(&self, _: &u32, _: &u32) -> Option<Duration> {
        Some(10 * SECOND)
    }

    fn after_update(&self, _: &u32, _: &u32, left: Option<Duration>) -> Option<Duration> {
        assert!(left.is_some_and(|left| left > 9 * SECOND), "what the replaced one had left");
        Some(20 * SECOND)
    }

    fn after_read(&self, _: &u32, value: &u32, left: Option<Duration>) -> Option<Duration> {
        if *value == 2 { Some(SECOND) } else { left }
    }
}

#[test]
fn a_lifetime_can_depend_on_the_value_and_change_with_updates_and_reads() {
    let clock = Clock::manual();
    let cache = of_entries(10).lifetime(TenThenTwentyThenMore).clock(clock.clone()).build().expect("large");
    cache.insert(1, 1).expect("room");
    cache.insert(1, 1).expect("room");
    clock.advance(15 * SECOND);
    assert!(cache.get(&1).is_some(), "twenty");
    cache.insert(2, 2).expect("room");
    assert!(cache.get(&2).is_some());
    clock.advance(2 * SECOND);
    assert!(!cache.contains(&2), "the read made it shorter");
    cache.maintain();
    assert_eq!(cache.stats().expired, 1, "the sweep knows of it too");
}

#[test]
fn no_count_is_lost_by_compute() {
    let cache = Cache::with_entries(10).expect("large enough");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let more = |count: Option<&u32>| Update::Put(count.copied().unwrap_or(0) + 1);
                    cache.compute("n", more).expect("room");
                }
            });
        }
    });
    assert_eq!(cache.get("n").as_deref(), Some(&4000));
    assert!(cache.compute("n", |_| Update::Remove).expect("nothing to store").is_none());
    assert!(cache.compute("n", |_| Update::Keep).expect("nothing to store").is_none());
    assert!(cache.is_empty());
}

#[test]
fn what_is_there_throughout_is_met_exactly_once() {
    let cache = Builder::with_entries(1 << 20).stripes(2).build().expect("large enough");
    (0..5000_u32).for_each(|number| drop(cache.insert(number, ())));
    let mut met = Vec::new();
    // It grows to twenty times its pages meanwhile.
    for (at, held) in cache.iter().enumerate() {
        met.extend((*held.key() < 5000).then_some(*held.key()));
        if at < 5000 {
            let from = 5000 + 20 * u32::try_from(at).expect("small");
            (from..from + 20).for_each(|number| drop(cache.insert(number, ())));
        }
    }
    assert_eq!(met.len(), 5000);
    assert_eq!(met.into_iter().collect::<BTreeSet<_>>().len(), 5000);
}

#[test]
fn what_is_pinned_stays_and_nothing_else_fits_if_all_is() {
    let cache = of_entries(4).build().expect("large enough");
    (0..4).for_each(|number| drop(cache.insert(number, number)));
    let pins: Vec<_> = (0..4).filter_map(|number| cache.pin(&number)).collect();
    assert_eq!(pins.len(), 4);
    assert!(cache.insert(9, 9).is_err());
    assert!(!cache.resize(2), "pinned");
    drop(pins);
    assert!(cache.resize(2));
    assert_eq!(cache.len(), 2);
    cache.insert(9, 9).expect("one can go");
}

#[test]
fn beyond_a_lowered_limit_no_write_makes_it_more() {
    let cache = Builder::with_weight(1440, |_: &u32, weight: &usize| *weight).stripes(1).build();
    let cache = cache.expect("large enough");
    (0..2).for_each(|number| drop(cache.insert(number, 20)));
    let (first, _second) = (cache.pin(&0).expect("there"), cache.pin(&1).expect("there"));
    assert!(!cache.resize(6), "pinned");
    drop(first);
    let mut before = cache.stats().weight;
    for number in 2..6 {
        // What goes for the first of them is not kept for the next.
        let _perhaps = cache.insert(number, 1);
        let now = cache.stats().weight;
        assert!(now <= before, "{now} after {before}");
        before = now;
    }
}

#[test]
fn a_limit_goes_both_ways_while_others_write() {
    let cache = Builder::with_entries(10_000).stripes(8).build().expect("large enough");
    let stored = AtomicUsize::new(0);
    thread::scope(|scope| {
        for from in [0, 1_000_000] {
            let (cache, stored) = (&cache, &stored);
            scope.spawn(move || {
                for number in from..from + 50_000 {
                    cache.insert(number, ()).expect("room");
                    stored.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for limit in [100, 5000, 64, 20_000, 512] {
            assert!(cache.resize(limit));
            assert!(cache.stats().limit == limit as u64);
        }
    });
    assert_eq!(stored.into_inner(), 100_000);
    assert!(cache.len() <= 512, "{}", cache.len());
}

/// As bad as it gets: keys are their own hashes.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u32(&mut self, number: u32) {
        self.0 = number.into();
    }
}

#[test]
fn a_poor_hasher_will_do() {
    let cache = Builder::with_entries(20_000)
        .hasher(BuildHasherDefault::<Identity>::default())
        .build()
        .expect("large");
    (0..20_000_u32).for_each(|number| drop(cache.insert(number, number)));
    let found = (0..20_000).filter(|number| cache.get(number).is_some()).count();
    assert!(found > 19_500, "stripes fill evenly: {found}");
}

/// A key that says nothing to a hasher, as its type may choose to.
#[derive(Debug, PartialEq, Eq)]
struct Alike(u32);

impl Hash for Alike {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[test]
fn keys_whose_hashes_are_all_alike_are_all_kept_and_all_given_back() {
    let cache = Builder::with_bytes(16 << 20, |_: &Alike, _: &u32| 0).build().expect("large enough");
    let empty = cache.stats().weight;
    for number in 0..1500 {
        cache.set(Alike(number), number).expect("room");
    }
    assert!((0..1500).all(|number| cache.get(&Alike(number)).as_deref() == Some(&number)));
    assert_eq!((cache.len(), cache.iter().count()), (1500, 1500));
    assert!((0..1500).all(|number| cache.remove(&Alike(number)).as_deref() == Some(&number)));
    assert!(cache.is_empty());
    cache.clear();
    assert_eq!(cache.stats().weight, empty);
}

#[test]
fn keys_whose_hashes_are_all_alike_make_room_for_each_other() {
    let heap = |_: &Alike, _: &u32| 1000;
    let cache = Builder::with_bytes(600 << 10, heap).stripes(1).build().expect("large enough");
    for number in 0..1000 {
        cache.set(Alike(number), number).expect("others go");
    }
    let stats = cache.stats();
    assert!(stats.entries > 450, "as many as split a page: {}", stats.entries);
    let there = (0..1000).filter(|number| cache.peek(&Alike(*number)).is_some()).count();
    assert_eq!((there as u64, stats.evicted), (stats.entries, 1000 - stats.entries));
}

#[test]
fn a_value_outlives_its_entry_and_can_be_had_back() {
    let cache = of_entries(10).build().expect("large enough");
    cache.insert(1, 5).expect("room");
    let held = cache.get(&1).expect("stored");
    let held = held.into_value().expect_err("the cache has it too");
    cache.clear();
    assert_eq!(held.into_value().ok(), Some(5));
}
