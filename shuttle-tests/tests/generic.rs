//! The generic cache under five threads: who leaves, what is counted, and what is loaded.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(shuttle)]

use keyway::{
    Clock,
    engine::{Builder, Cache, Update},
};
use shuttle::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};
use shuttle_tests::{below, explore_generic};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasherDefault, DefaultHasher},
    time::Duration,
};

/// The same hash each time: a seed is all that a run depends on.
type Fixed = BuildHasherDefault<DefaultHasher>;
type Told = Arc<Mutex<Vec<(u32, u32)>>>;

const KEYS: usize = 6;
const LIMIT: usize = 4;

fn builder(entries: usize, clock: &Clock) -> Builder<u32, u32, Fixed> {
    Builder::with_entries(entries).hasher(Fixed::default()).stripes(2).clock(clock.clone())
}

fn key() -> u32 {
    u32::try_from(below(KEYS)).unwrap()
}

/// Runs these on threads of their own, and waits for them.
fn together(works: impl IntoIterator<Item = Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = works.into_iter().map(thread::spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// No two values are the same, and those of one key go up in the order in which they are made.
struct Serial(AtomicU32);

impl Serial {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

fn change(cache: &Cache<u32, u32, Fixed>, serial: &Serial, clock: &Clock) {
    for _ in 0..5 {
        // Where the others hold all the room there is, a write may be refused; then nothing is to be told of it.
        match below(9) {
            0 => drop(cache.remove(&key())),
            1 => drop(cache.compute(&key(), |_| Update::Put(serial.next()))),
            2 => drop(cache.get_or_insert_with(&key(), || serial.next())),
            3 => drop(cache.insert_if_absent(key(), serial.next())),
            4 => drop(cache.insert_for(key(), serial.next(), Duration::from_secs(1))),
            5 => cache.retain(|key, _| key % 2 == 0),
            6 => clock.advance(Duration::from_secs(1)),
            _ => drop(cache.insert(key(), serial.next())),
        }
    }
}

/// No value is met twice, also where one takes another's place meanwhile.
fn look_at_all(cache: &Cache<u32, u32, Fixed>) {
    let met: Vec<_> = cache.iter().map(|held| (*held.key(), *held)).collect();
    assert_eq!(met.iter().collect::<BTreeSet<_>>().len(), met.len(), "met twice: {met:?}");
    cache.dump().for_each(|entry| assert!(entry.uses <= 3));
}

#[test]
fn each_value_that_was_stored_leaves_exactly_once_and_the_limit_holds() {
    explore_generic(|| {
        let (told, clock) = (Told::default(), Clock::manual());
        let log = told.clone();
        let listener = move |held: &keyway::engine::Held<u32, u32>, _| {
            log.lock().unwrap().push((*held.key(), **held));
        };
        let cache = builder(LIMIT, &clock).listener(listener).build().unwrap();
        let serial = Arc::new(Serial(AtomicU32::new(0)));
        let mut works: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
        for _ in 0..3 {
            let (cache, serial, clock) = (cache.clone(), serial.clone(), clock.clone());
            works.push(Box::new(move || change(&cache, &serial, &clock)));
        }
        let other = cache.clone();
        works.push(Box::new(move || {
            for limit in [2, LIMIT] {
                assert!(other.resize(limit));
                assert!(other.weight() <= LIMIT);
            }
        }));
        let other = cache.clone();
        works.push(Box::new(move || {
            (0..2).for_each(|_| look_at_all(&other));
            other.maintain();
            assert!(other.weight() <= LIMIT);
        }));
        together(works);
        let left: Vec<_> = cache.iter().map(|held| *held).collect();
        cache.clear();
        let (told, stats) = (told.lock().unwrap(), cache.stats());
        let distinct: BTreeSet<_> = told.iter().map(|(_, value)| *value).collect();
        assert_eq!(distinct.len(), told.len(), "told of twice: {told:?}");
        assert_eq!(told.len() as u64, stats.inserts, "{stats:?}: {told:?}");
        assert!(left.iter().all(|value| distinct.contains(value)));
        let counted = stats.evicted + stats.expired + stats.replaced + stats.removed;
        assert_eq!((counted, stats.entries, stats.weight), (stats.inserts, 0, 0), "{stats:?}");
    });
}

#[test]
fn no_count_is_lost_whoever_loads_walks_or_resizes_meanwhile() {
    explore_generic(|| {
        let told = Told::default();
        let log = told.clone();
        let cache = builder(64, &Clock::manual())
            .listener(move |held, _| log.lock().unwrap().push((*held.key(), **held)))
            .build()
            .unwrap();
        let counts = |cache: Cache<u32, u32, Fixed>| {
            for number in 0..4 {
                let key = number % 2;
                if below(4) == 0 {
                    cache.get_or_insert_with(&key, || 0);
                }
                cache.compute(&key, |count| Update::Put(count.copied().unwrap_or(0) + 1)).unwrap();
            }
        };
        let mut works: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
        for _ in 0..4 {
            let cache = cache.clone();
            works.push(Box::new(move || counts(cache)));
        }
        let other = cache.clone();
        works.push(Box::new(move || {
            assert!(other.resize(32));
            look_at_all(&other);
            other.retain(|_, _| true);
        }));
        together(works);
        assert_eq!((cache.peek(&0).as_deref(), cache.peek(&1).as_deref()), (Some(&8), Some(&8)));
        // What was counted up from is told of in that order.
        let mut last = BTreeMap::new();
        for (key, value) in told.lock().unwrap().iter() {
            assert!(last.insert(*key, *value).is_none_or(|before| before < *value), "{key}: {value}");
        }
    });
}

#[test]
fn nothing_stays_that_was_loaded_before_its_source_changed() {
    explore_generic(|| {
        let cache = builder(LIMIT, &Clock::manual()).build().unwrap();
        let sources = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let mut works: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
        for _ in 0..3 {
            let (cache, sources) = (cache.clone(), sources.clone());
            works.push(Box::new(move || {
                for _ in 0..3 {
                    let number = below(2);
                    let key = u32::try_from(number).unwrap();
                    cache.get_or_insert_with(&key, || sources[number].load(Ordering::SeqCst));
                }
            }));
        }
        for _ in 0..2 {
            let (cache, sources) = (cache.clone(), sources.clone());
            works.push(Box::new(move || {
                for number in [0, 1] {
                    sources[number].fetch_add(1, Ordering::SeqCst);
                    let key = u32::try_from(number).unwrap();
                    match below(5) {
                        0 => cache.clear(),
                        1 => cache.retain(|of, _| *of != key),
                        2 => drop(cache.compute(&key, |_| Update::Remove).unwrap()),
                        3 => {
                            // Stored and evicted again.
                            cache.insert(key, 99).unwrap();
                            cache.remove_if(&key, |value| *value == 99);
                        }
                        _ => drop(cache.remove(&key)),
                    }
                }
            }));
        }
        together(works);
        for (number, source) in (0..).zip(sources.iter()) {
            let there = cache.peek(&number).map(|held| *held);
            assert!(there.is_none_or(|there| there == source.load(Ordering::SeqCst)), "{there:?}: too old");
        }
    });
}
