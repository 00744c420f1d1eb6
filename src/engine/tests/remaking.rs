//! What a write does with what leaves: plain data is written over, other values are dropped.

use super::{Builder, Cache, Clock, SECOND, of_entries};
use crate::engine::{Held, Update};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

fn address(held: Option<Held<u32, u32>>) -> Option<usize> {
    held.map(|held| std::ptr::from_ref(held.value()).addr())
}

#[test]
fn an_overwrite_takes_the_memory_of_what_it_replaces_unless_somebody_holds_that() {
    let cache = of_entries(100).build().expect("large enough");
    cache.set(1, 10).expect("room");
    let at = address(cache.peek(&1));
    cache.set(1, 11).expect("room");
    assert_eq!((address(cache.peek(&1)), cache.peek(&1).as_deref()), (at, Some(&11)));
    let held = cache.peek(&1);
    cache.set(1, 12).expect("room");
    assert_ne!(address(cache.peek(&1)), at, "somebody holds it");
    assert_eq!((held.as_deref(), cache.peek(&1).as_deref()), (Some(&11), Some(&12)));
    let stats = cache.stats();
    assert_eq!((stats.inserts, stats.replaced, stats.entries, stats.weight), (3, 2, 1, 1));
}

#[test]
fn what_comes_takes_the_memory_of_what_goes_for_it_unless_somebody_holds_that() {
    let cache = of_entries(1).build().expect("large enough");
    cache.set(1, 1).expect("room");
    let at = address(cache.peek(&1));
    // Often enough that evictions run ahead.
    for number in 2..100 {
        cache.set(number, number).expect("room");
        assert_eq!((address(cache.peek(&number)), cache.len()), (at, 1));
    }
    let held = cache.peek(&99);
    cache.set(100, 100).expect("room");
    assert_ne!(address(cache.peek(&100)), at);
    assert_eq!((held.as_deref(), cache.peek(&100).as_deref()), (Some(&99), Some(&100)));
}

#[test]
fn with_a_listener_each_departure_is_told_with_its_own_value() {
    let told: Arc<Mutex<Vec<Held<u32, u32>>>> = Arc::default();
    let log = told.clone();
    let builder =
        of_entries(10).listener(move |held, _| log.lock().expect("it never panics").push(held.clone()));
    let cache = builder.build().expect("large enough");
    for number in 0..1000 {
        cache.set(number % 13, number).expect("room");
    }
    cache.clear();
    let told: Vec<_> =
        told.lock().expect("it never panics").iter().map(|held| (*held.key(), **held)).collect();
    assert!(told.iter().all(|(key, value)| value % 13 == *key));
    let mut values: Vec<_> = told.iter().map(|(_, value)| *value).collect();
    values.sort_unstable();
    assert!(values.into_iter().eq(0..1000), "each once");
}

#[test]
fn memory_goes_on_between_entries_of_different_weight() {
    let weigh = |_: &u32, value: &u32| *value as usize % 7 + 1;
    let cache = Builder::with_weight(200, weigh).stripes(1).build().expect("large enough");
    let mut dice = fastrand::Rng::with_seed(7);
    let mut held = BTreeMap::new();
    for number in 0..20_000 {
        let key = dice.u32(..150);
        match dice.u32(..8) {
            0 => held.extend(cache.get(&key).map(|found| (*found, found))),
            1 => drop(held.pop_first()),
            2 => drop(cache.remove(&key)),
            _ => cache.set(key, number).expect("room"),
        }
        assert!(held.iter().all(|(number, held)| **held == *number));
        let weight: usize = cache.iter().map(|held| held.weight()).sum();
        assert!(cache.weight() == weight && weight <= 200);
        assert!(cache.iter().all(|held| held.weight() == weigh(held.key(), held.value())));
    }
    assert!(cache.stats().evicted > 1000 && cache.stats().replaced > 1000, "{:?}", cache.stats());
}

/// Counts itself while it is alive.
struct Counted {
    number: u32,
    alive: Arc<AtomicUsize>,
}

impl Counted {
    fn new(number: u32, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self { number, alive: alive.clone() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

/// By any verb, under pressure, with weights that differ: nothing outlives its eviction but by its readers, and what those hold stays
/// what it was.
fn held_values_stay_and_others_go(builder: Builder<u32, Counted>) {
    let cache = builder.build().expect("large enough");
    let (alive, mut dice) = (Arc::<AtomicUsize>::default(), fastrand::Rng::with_seed(7));
    let mut held: BTreeMap<u32, Held<u32, Counted>> = BTreeMap::new();
    for number in 0..20_000 {
        let (key, value) = (dice.u32(..150), || Counted::new(number, &alive));
        match dice.u32(..12) {
            0 => drop(cache.insert(key, value())),
            1 => drop(cache.insert_if_absent(key, value())),
            2 => drop(cache.compute(&key, |_| Update::Put(value()))),
            3 => drop(cache.get_or_insert_with(&key, value)),
            4 => drop(cache.remove(&key)),
            5 => held.extend(cache.get(&key).map(|found| (found.number, found))),
            6 => drop(held.pop_first()),
            _ => cache.set(key, value()).expect("room"),
        }
        held.iter().for_each(|(number, held)| assert_eq!(held.number, *number));
        let weight: usize = cache.iter().map(|held| held.weight()).sum();
        assert_eq!(cache.weight(), weight);
        let shared = cache.iter().filter(|entry| held.contains_key(&entry.number)).count();
        assert_eq!(alive.load(Ordering::Relaxed), cache.len() + held.len() - shared);
    }
    assert!(cache.stats().evicted > 1000 && cache.stats().replaced > 1000, "{:?}", cache.stats());
    drop(cache);
    assert_eq!(alive.load(Ordering::Relaxed), held.len());
}

#[test]
fn a_value_is_dropped_by_the_write_that_lets_go_of_it_or_by_its_last_reader() {
    held_values_stay_and_others_go(Builder::with_entries(60).stripes(1));
    held_values_stay_and_others_go(Builder::with_entries(60).stripes(4));
}

#[test]
fn so_it_is_with_entries_of_different_weight() {
    let weigh = |_: &u32, value: &Counted| value.number as usize % 7 + 1;
    held_values_stay_and_others_go(Builder::with_weight(200, weigh).stripes(1));
}

/// Asks the cache for something when it is dropped.
struct Asking {
    cache: Arc<OnceLock<Cache<u32, Self>>>,
    asked: Arc<AtomicUsize>,
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(cache) = self.cache.get() {
            cache.get(&1);
            cache.remove(&1_000_000);
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_value_may_use_the_cache_when_it_is_dropped() {
    let (lock, asked) = (Arc::new(OnceLock::new()), Arc::<AtomicUsize>::default());
    let cache = Builder::with_entries(10).stripes(1).build().expect("large enough");
    assert!(lock.set(cache.clone()).is_ok());
    let value = || Asking { cache: lock.clone(), asked: asked.clone() };
    for number in 0..200 {
        cache.set(number, value()).expect("room");
        cache.set(number, value()).expect("room");
        cache.insert_if_absent(number, value()).expect("room");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 600 - cache.len());
    cache.clear();
    assert_eq!(asked.load(Ordering::Relaxed), 600);
}

struct Angry;

impl Drop for Angry {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "it does not want to go");
    }
}

#[test]
fn a_value_that_panics_when_it_is_dropped_leaves_the_cache_as_it_is_after_the_write() {
    let cache = Builder::with_entries(1).stripes(1).build().expect("large enough");
    cache.set(1, Some(Angry)).expect("room");
    let set = |key| catch_unwind(AssertUnwindSafe(|| cache.set(key, None)));
    assert!(set(1).is_err(), "what it replaces panics");
    assert!(cache.peek(&1).is_some_and(|held| held.is_none()), "it was stored before");
    cache.set(1, Some(Angry)).expect("room");
    assert!(set(2).is_err());
    assert!(cache.contains(&2) && set(2).is_ok_and(|stored| stored.is_ok()));
}

/// Too large to be moved under a lock.
#[test]
fn large_entries_have_memory_of_their_own() {
    let cache = Builder::with_entries(3).stripes(1).build().expect("large enough");
    for number in 0..100_u32 {
        cache.set(number % 5, [number; 1000]).expect("room");
        assert_eq!(cache.peek(&(number % 5)).map(|held| held[999]), Some(number));
    }
    assert_eq!(cache.len(), 3);
}

#[test]
fn an_entry_in_the_memory_of_another_ends_at_its_own_time() {
    let clock = Clock::manual();
    let cache = of_entries(100).clock(clock.clone()).build().expect("large enough");
    cache.set_for(1, 1, 10 * SECOND).expect("room");
    let at = address(cache.peek(&1));
    cache.set_for(1, 2, 100 * SECOND).expect("room");
    assert_eq!(address(cache.peek(&1)), at);
    clock.advance(11 * SECOND);
    assert_eq!(cache.get(&1).as_deref(), Some(&2), "it is not the older one's time that counts");
    cache.set_for(1, 3, 5 * SECOND).expect("room");
    clock.advance(6 * SECOND);
    assert!(cache.get(&1).is_none());
}
