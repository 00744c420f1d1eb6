//! A cache that is saved and brought back is as good as before.

use super::{SECOND, of_entries};
use crate::{
    clock::Clock,
    engine::{Builder, Cache, Cause, Dumped, Held, Part, RandomState, Saved},
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

type Gone = Arc<Mutex<Vec<u32>>>;

fn watched(entries: usize, stripes: usize) -> (Cache<u32, u32>, Gone) {
    let gone = Gone::default();
    let log = gone.clone();
    let builder =
        Builder::with_entries(entries).stripes(stripes).listener(move |held: &Held<u32, u32>, cause| {
            if cause == Cause::Evicted {
                log.lock().expect("nobody panics").push(*held.key());
            }
        });
    (builder.build().expect("large enough"), gone)
}

/// As of a service that runs: some keys are asked for often, many once. No two values are the same.
struct Traffic {
    random: u64,
    entries: u32,
    serial: u32,
}

impl Traffic {
    fn new(entries: u32) -> Self {
        Self { random: 1, entries, serial: 0 }
    }

    fn step(&mut self, cache: &Cache<u32, u32>) {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let [wide, narrow] =
            [(self.random >> 33) as u32 % (8 * self.entries), (self.random >> 34) as u32 % self.entries];
        let key = if self.random >> 63 == 0 { wide } else { narrow };
        self.serial += 1;
        cache.get_or_insert_with(&key, || self.serial);
    }
}

fn use_for_a_while(cache: &Cache<u32, u32>, entries: u32) -> Traffic {
    let mut traffic = Traffic::new(entries);
    (0..40 * entries).for_each(|_| traffic.step(cache));
    traffic
}

fn saved(cache: &Cache<u32, u32>) -> Vec<Saved<u32, u32>> {
    cache.dump().map(|entry| entry.to_saved()).collect()
}

fn keys(cache: &Cache<u32, u32>) -> HashSet<u32> {
    cache.iter().map(|held| *held.key()).collect()
}

/// Who goes, in order, when so many new ones come.
fn who_goes(cache: &Cache<u32, u32>, gone: &Gone, new: u32) -> Vec<u32> {
    gone.lock().expect("nobody panics").clear();
    (0..new).for_each(|number| drop(cache.insert(1_000_000 + number, 0)));
    gone.lock().expect("nobody panics").clone()
}

#[test]
fn what_is_restored_is_what_was_there_and_goes_in_the_same_order() {
    let (before, gone_before) = watched(2000, 1);
    use_for_a_while(&before, 2000);
    let dumped = saved(&before);
    assert_eq!(dumped.len(), 2000);
    assert!(dumped.iter().any(|saved| saved.part == Part::Probation), "the test means something");
    assert!(dumped.iter().any(|saved| saved.part == Part::Main && saved.uses > 0), "as above");
    let (after, gone_after) = watched(2000, 1);
    assert_eq!(after.restore(dumped.clone()), 2000);
    assert_eq!((keys(&after), saved(&after)), (keys(&before), dumped));
    let [first, second] = [who_goes(&before, &gone_before, 300), who_goes(&after, &gone_after, 300)];
    assert_eq!((first.len(), second.len()), (300, 300));
    // Mostly it is the very same sequence; probation's share need not be the same to the last digit.
    let places = first.iter().enumerate().filter_map(|(was, key)| {
        let is = second.iter().position(|other| other == key)?;
        Some(was.abs_diff(is))
    });
    let apart: Vec<_> = places.collect();
    assert!(apart.len() >= 285, "{first:?}: {second:?}");
    assert!(apart.iter().sum::<usize>() / apart.len() < 10, "{first:?}: {second:?}");
}

#[test]
fn many_stripes_are_told_in_step_and_other_hashes_do_not_matter() {
    let (before, _) = watched(32 << 10, 32);
    use_for_a_while(&before, 32 << 10);
    let dumped = saved(&before);
    let (after, _) = watched(32 << 10, 8);
    assert_eq!(after.restore(dumped.clone()), dumped.len());
    let [was, is] = [keys(&before), keys(&after)];
    // Each stripe keeps back a little room of its own.
    assert!(is.is_subset(&was) && was.len() - is.len() <= was.len() / 100, "{} of {}", is.len(), was.len());
    // Where each stands among those of its part, before and after.
    let place = |saved: &[Saved<u32, u32>], part| {
        let of_part = saved.iter().filter(|saved| saved.part == part).map(|saved| saved.key);
        of_part.enumerate().map(|(place, key)| (key, place)).collect::<std::collections::HashMap<_, _>>()
    };
    let again = saved(&after);
    for part in [Part::Main, Part::Probation] {
        let [was, is] = [place(&dumped, part), place(&again, part)];
        let places: Vec<_> = is.iter().filter_map(|(key, place)| Some((*place, *was.get(key)?))).collect();
        // What was used on probation goes to main when room is made.
        assert!(is.len() - places.len() <= is.len() / 50, "{part:?}: {} of {}", places.len(), is.len());
        let apart = places.iter().map(|(is, was)| is.abs_diff(*was)).sum::<usize>() / places.len();
        assert!(apart < was.len() / 8, "{part:?}: {apart} of {}", was.len());
    }
}

#[test]
fn in_less_room_the_best_stays() {
    let [(large, _), (small, _), (after, _)] = [2000, 1000, 1000].map(|entries| watched(entries, 1));
    use_for_a_while(&large, 2000);
    use_for_a_while(&small, 2000);
    after.restore(saved(&large));
    assert_eq!(after.len(), 1000);
    let main = after.dump().filter(|entry| entry.part == Part::Main).count();
    assert!(main > 800, "{main}");
    // As good as one of that size that was in use all along.
    let [was, is] = [&small, &after].map(|cache| {
        let before = cache.stats();
        (0..2000).for_each(|key| drop(cache.get(&(key * 7 % 2000))));
        cache.stats().since(&before).hits
    });
    assert!(is * 100 >= was * 95, "{is} hits, {was} without a restart");
}

#[test]
fn times_carry_over_and_what_has_ended_does_not() {
    let clock = Clock::manual();
    let cache = of_entries(10).time_to_idle(100 * SECOND).clock(clock.clone()).build().expect("large");
    cache.insert_for(1, 1, 20 * SECOND).expect("room");
    cache.insert_for(2, 2, SECOND).expect("room");
    cache.insert(3, 3).expect("room");
    let mut dump = cache.dump();
    clock.advance(5 * SECOND);
    let met: Vec<Dumped<_, _>> = dump.by_ref().collect();
    assert!(dump.next().is_none());
    let times: Vec<_> =
        met.iter().map(|entry| (*entry.held.key(), entry.left.map(|left| left.as_secs()))).collect();
    assert_eq!(times, [(1, Some(15)), (3, None)]);
    let other = Clock::manual();
    let after = of_entries(10).time_to_live(60 * SECOND).clock(other.clone()).build().expect("large");
    let over = Saved::from((4, 4, Some(std::time::Duration::ZERO)));
    assert_eq!(after.restore(met.iter().map(Dumped::to_saved).chain([over])), 2);
    other.advance(14 * SECOND);
    assert!(after.contains(&1));
    other.advance(2 * SECOND);
    assert!(!after.contains(&1) && after.contains(&3));
    other.advance(50 * SECOND);
    assert!(!after.contains(&3), "as long as a new one");
}

#[test]
fn what_is_there_stays_and_what_does_not_fit_is_left_out() {
    let cache = Builder::with_weight(10, |_: &u32, weight: &usize| *weight).build().expect("large");
    cache.insert(1, 3).expect("room");
    assert_eq!(cache.restore([(1, 5, None), (2, 11, None), (3, 4, None)]), 1);
    assert_eq!((cache.peek(&1).as_deref(), cache.contains(&2), cache.weight()), (Some(&3), false, 7));
}

#[test]
fn what_stays_comes_once_whoever_reads_stores_or_removes() {
    let cache: Cache<u32, u32, RandomState> =
        Builder::with_entries(100_000).stripes(4).build().expect("large");
    (0..20_000).for_each(|number| drop(cache.insert(number, number)));
    let mut met = Vec::new();
    for (at, entry) in cache.dump().enumerate() {
        let at = u32::try_from(at).expect("small");
        cache.get(&(at * 7 % 20_000));
        if at < 5000 {
            cache.insert(20_000 + at, 0).expect("room");
            cache.remove(&(at * 2));
        }
        met.push(*entry.held.key());
    }
    // What came since may come or not.
    met.retain(|key| *key < 20_000);
    let distinct: HashSet<_> = met.iter().copied().collect();
    assert_eq!(distinct.len(), met.len());
    assert!(
        (0..20_000).filter(|key| cache.contains(key)).all(|key| distinct.contains(&key)),
        "none is missed"
    );
}

#[test]
fn what_is_moved_meanwhile_is_hardly_ever_missed() {
    let (cache, _) = watched(4000, 2);
    let mut traffic = use_for_a_while(&cache, 4000);
    let values = |cache: &Cache<u32, u32>| cache.iter().map(|held| *held).collect::<HashSet<_>>();
    let (before, mut met) = (values(&cache), HashSet::new());
    for entry in cache.dump() {
        met.insert(*entry.held);
        (0..4).for_each(|_| traffic.step(&cache));
    }
    let after = values(&cache);
    let throughout: Vec<_> = before.intersection(&after).collect();
    let missed = throughout.iter().filter(|value| !met.contains(*value)).count();
    assert!(throughout.len() > 1000 && missed * 50 <= throughout.len(), "{missed} of {}", throughout.len());
}
