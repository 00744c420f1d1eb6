//! The engine alone, over the smallest entry there is.

#[cfg(all(feature = "prefetch", target_arch = "x86_64"))]
mod ahead;
mod departures;
mod flooding;
mod homes;
mod house;
mod number;
mod policy;
#[cfg(all(feature = "prefetch", target_arch = "x86_64"))]
mod signposts;
mod survey;

use super::*;
use number::Number;
use std::{cell::Cell, hash::BuildHasherDefault};

impl From<NoRoom> for &'static str {
    fn from(_: NoRoom) -> Self {
        "no room"
    }
}

/// The same hash on each run, and of keys that come soon after each other none that another's ghost could be taken for.
#[derive(Default)]
struct Distinct(u64);

impl Hasher for Distinct {
    fn write(&mut self, key: &[u8]) {
        self.0 = key.try_into().map_or(0, u64::from_ne_bytes);
    }

    fn finish(&self) -> u64 {
        const PRINT: u64 = 0x7ff << 8;
        let mixed = self.0.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ mixed >> 32) & !PRINT | (self.0 << 8) & PRINT
    }
}

type Fixed = BuildHasherDefault<Distinct>;
type TestEngine = Engine<Number, Fixed>;

fn engine(limit: usize, stripes: usize) -> TestEngine {
    let Some(engine) = Engine::new(limit, Tables::Charged, stripes, Fixed::default(), ()) else {
        panic!("the budget is too small")
    };
    engine
}

fn hash(engine: &TestEngine, key: u64) -> Hash {
    engine.hash_bytes(&key.to_ne_bytes())
}

fn put(engine: &TestEngine, entry: &Number) -> Result<u64, &'static str> {
    let key = entry.number();
    engine.write(
        hash(engine, key),
        |entry| entry.number() == key,
        &Time(1),
        || Ok(()),
        |_, ordinal| Ok((Change::Put(entry.clone()), ordinal.number())),
    )
}

fn has(engine: &TestEngine, key: u64, now: u32) -> bool {
    engine.look_up(hash(engine, key)).take(|entry| entry.number() == key, &Time(now), |_| ()).is_some()
}

fn assert_within(engine: &TestEngine) {
    let totals = engine.totals();
    assert!(totals.charged <= totals.limit, "{totals:?}");
}

#[test]
fn a_value_of_half_the_budget_fits_whatever_the_stripes_and_whatever_is_there() {
    for stripes in [1, 4, 64] {
        let limit = 4 << 20;
        let engine = engine(limit, stripes);
        for number in 0..60_000 {
            assert!(put(&engine, &Number::new(number, 100)).is_ok());
            assert_within(&engine);
        }
        assert!(put(&engine, &Number::new(u64::MAX, limit / 2)).is_ok(), "{stripes} stripes");
        assert!(has(&engine, u64::MAX, 1));
        assert_within(&engine);
        assert_eq!(put(&engine, &Number::new(1, limit)), Err("no room"));
        assert_within(&engine);
    }
}

#[test]
fn everything_that_was_charged_comes_back() {
    let engine = engine(8 << 20, 16);
    let empty = engine.totals().charged;
    for (number, weight) in (0..10_000).zip((64..364).cycle()) {
        assert!(put(&engine, &Number::new(number, weight)).is_ok());
    }
    assert!(engine.totals().charged > empty);
    assert_eq!(engine.flush(|| Ok::<_, &str>(())), Ok(()));
    assert_eq!(engine.totals().charged, empty);
    assert_eq!(engine.totals().entries, 0);
}

/// Twice the capacity passes by once, during which nobody reads the hot entries: an exact LRU would lose them all.
#[test]
fn a_scan_does_not_flush_what_was_used() {
    const CAPACITY: u64 = 1000;
    const HOT: u64 = CAPACITY / 4;
    let engine = engine(TestEngine::STRIPE_CHARGE + 64 * 1024 + 1000 * 1000, 1);
    for key in 0..HOT {
        assert!(put(&engine, &Number::new(key, 1000)).is_ok());
        assert!((0..3).all(|_| has(&engine, key, 1)));
    }
    for key in HOT..HOT + 2 * CAPACITY {
        assert!(put(&engine, &Number::new(key, 1000)).is_ok());
    }
    let kept = (0..HOT).filter(|key| has(&engine, *key, 1)).count();
    // Not all: the walk is bounded, and here it meets the hot ones in one row.
    assert!(kept as u64 >= HOT * 3 / 4, "{kept} of {HOT} kept");
    assert!(engine.totals().evicted >= CAPACITY);
}

#[test]
fn expired_entries_are_never_returned_and_maintenance_gives_their_bytes_back() {
    let engine = engine(1 << 20, 4);
    for number in 0..1000 {
        let deadline = if number % 2 == 0 { Deadline::at(Time(10)) } else { Deadline::NONE };
        assert!(put(&engine, &Number::until(number, 100, deadline)).is_ok());
    }
    let full = engine.totals().charged;
    assert!((0..1000).all(|number| has(&engine, number, 9)));
    assert!((0..1000).all(|number| has(&engine, number, 10) == (number % 2 == 1)));
    engine.maintain(&Time(10));
    let totals = engine.totals();
    assert_eq!((totals.entries, totals.expired, totals.evicted), (500, 500, 0));
    assert!(totals.charged <= full - 500 * 100, "memory of the index may have come back too");
}

#[test]
fn maintenance_in_several_portions_misses_nothing_and_keeps_the_rest() {
    // A portion is a 64th of the budget, some hundred of each stripe.
    let engine = engine(32 << 20, 16);
    for number in 0..40_000 {
        let deadline = if number % 8 == 0 { Deadline::NONE } else { Deadline::at(Time(10)) };
        assert!(put(&engine, &Number::until(number, 100, deadline)).is_ok());
    }
    engine.maintain(&Time(10));
    let totals = engine.totals();
    assert_eq!((totals.entries, totals.expired, totals.evicted), (5000, 35_000, 0));
    assert!((0..40_000).all(|number| has(&engine, number, 10) == (number % 8 == 0)));
}

#[test]
fn writers_alone_give_expired_bytes_back_too() {
    let engine = engine(1 << 20, 1);
    for number in 0..500 {
        assert!(put(&engine, &Number::until(number, 100, Deadline::at(Time(1)))).is_ok());
    }
    (0..1000).for_each(|_| put_at(&engine, 9999, 2));
    assert_eq!(engine.totals().entries, 1);
    assert_eq!(engine.totals().evicted, 0);
}

fn put_at(engine: &TestEngine, number: u64, now: u32) {
    let entry = Number::new(number, 100);
    let stored: Result<(), &str> = engine.write(
        hash(engine, number),
        |entry| entry.number() == number,
        &Time(now),
        || Ok(()),
        |_, _| Ok((Change::Put(entry.clone()), ())),
    );
    assert!(stored.is_ok());
}

#[test]
fn what_expired_takes_its_part_of_the_tables_along_whoever_sweeps() {
    let maintenance: fn(&TestEngine) = |engine| engine.maintain(&Time(2));
    let writes: fn(&TestEngine) = |engine| (0..10_000).for_each(|_| put_at(engine, 0, 2));
    for sweep in [maintenance, writes] {
        let engine = engine(8 << 20, 1);
        let empty = engine.totals().charged;
        // The oldest stays.
        put_at(&engine, 0, 1);
        for number in 1..20_000 {
            assert!(put(&engine, &Number::until(number, 100, Deadline::at(Time(2)))).is_ok());
        }
        let tables = engine.totals().charged - empty - 20_000 * 100;
        sweep(&engine);
        let left = engine.totals().charged - empty;
        assert!(engine.totals().entries == 1 && left < tables / 10, "{left} of {tables}");
    }
}

#[test]
fn where_much_has_expired_each_write_gives_some_back() {
    let engine = engine(1 << 20, 1);
    for number in 0..1000 {
        assert!(put(&engine, &Number::until(number, 100, Deadline::at(Time(2)))).is_ok());
    }
    // One write in sixteen looks, and from then on each gives 32 back, but for those at the ends of the walk.
    (0..16 + 1000 / 32 + 4).for_each(|_| put_at(&engine, 9999, 2));
    assert_eq!(engine.totals().entries, 1);
}

#[test]
fn a_flush_ordered_for_later_takes_what_is_there_then_and_nothing_after() {
    let engine = engine(1 << 20, 4);
    for number in 0..100 {
        assert!(put(&engine, &Number::new(number, 100)).is_ok());
    }
    assert_eq!(engine.flush_at(Deadline::at(Time(50)), &Time(1), || Ok::<_, &str>(())), Ok(()));
    assert!((0..100).all(|number| has(&engine, number, 49)));
    assert!((0..100).all(|number| !has(&engine, number, 50)), "gone before anybody wrote");
    let entry = Number::new(7, 100);
    let stored: Result<(), &str> = engine.write(
        hash(&engine, 7),
        |entry| entry.number() == 7,
        &Time(50),
        || Ok(()),
        |found, _| {
            assert!(found.is_none());
            Ok((Change::Put(entry.clone()), ()))
        },
    );
    assert_eq!(stored, Ok(()));
    assert!(has(&engine, 7, 50) && has(&engine, 7, 5000));
    engine.maintain(&Time(51));
    assert_eq!(engine.totals().entries, 1);
}

#[test]
fn a_refused_admission_sees_no_key_and_changes_nothing() {
    let engine = engine(1 << 20, 1);
    assert!(put(&engine, &Number::new(1, 100)).is_ok());
    let asked = Cell::new(false);
    let refused = engine.write(
        hash(&engine, 1),
        |entry| entry.number() == 1,
        &Time(1),
        || Err("no"),
        |_, _| {
            asked.set(true);
            Ok((Change::<Number>::Remove, ()))
        },
    );
    assert_eq!((refused, asked.get()), (Err("no"), false));
    let counted = || (engine.totals().hits, engine.totals().misses);
    let before = counted();
    drop(engine.look_up(hash(&engine, 1)));
    assert_eq!(counted(), before, "a read that is refused is dropped");
    assert_eq!(engine.flush(|| Err("no")), Err("no"));
    assert!(has(&engine, 1, 1));
}

#[test]
fn ordinals_never_repeat_across_stripes() {
    let engine = engine(1 << 20, 8);
    let mut seen = std::collections::HashSet::new();
    for number in 0..2000 {
        let ordinal = put(&engine, &Number::new(number % 50, 10));
        assert!(matches!(ordinal, Ok(ordinal) if ordinal != 0 && seen.insert(ordinal)));
    }
}

#[test]
fn a_replacement_finds_its_place_again_when_evictions_shrink_the_index() {
    const LIMIT: usize = 1 << 20;
    let engine = engine(LIMIT, 1);
    let empty = engine.totals().charged;
    for number in 0..5_000 {
        assert!(put(&engine, &Number::new(number, 100)).is_ok());
    }
    // Nearly everything else goes for it.
    assert!(put(&engine, &Number::new(4_999, LIMIT / 2)).is_ok());
    assert!(put(&engine, &Number::new(4_999, LIMIT - 40_000)).is_ok());
    let totals = engine.totals();
    assert!(has(&engine, 4_999, 1) && totals.charged <= LIMIT, "{totals:?}");
    assert!(totals.entries > 1, "others found room beside it");
    assert_eq!(engine.flush(|| Ok::<_, &str>(())), Ok(()));
    assert_eq!(engine.totals().charged, empty);
}

#[test]
fn many_reads_find_what_single_ones_do() {
    let engine = engine(1 << 20, 4);
    for number in (0..1000).step_by(2) {
        assert!(put(&engine, &Number::new(number, 100)).is_ok());
    }
    let keys: Vec<u64> = (0..200).rev().chain([5000]).collect();
    let hash_of = |key: &u64| Ok::<_, &str>(hash(&engine, *key));
    let is_it = |key: &u64, entry: &Number| entry.number() == *key;
    let found = engine.read_many(&keys, hash_of, is_it, &Time(1), |_| Ok(()), Number::clone);
    let numbers = |found: Vec<Option<Number>>| found.iter().map(|e| e.as_ref().map(|e| e.number())).collect();
    let expected: Vec<_> = keys.iter().map(|key| (*key < 1000 && key % 2 == 0).then_some(*key)).collect();
    assert_eq!(found.map(numbers), Ok(expected));
    let totals = engine.totals();
    assert_eq!((totals.hits, totals.misses), (100, 101), "each key counts once");
    assert_eq!(engine.read_many(&keys, hash_of, is_it, &Time(1), |_| Err("no"), |_| ()).err(), Some("no"));
}

#[test]
fn whatever_fits_an_empty_cache_can_be_stored_in_a_full_one() {
    for stripes in [1, 4] {
        let engine = engine(12 << 10, stripes);
        let mut random = 1u64;
        for _ in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (key, weight) = ((random >> 33) % 40, 64 + (random >> 40) as usize % 4100);
            let stored = put(&engine, &Number::new(key, weight));
            assert!(stored.is_ok(), "{stripes} stripes, {weight}: {:?}", engine.totals());
        }
    }
}

/// In the lazy LRU, the oldest of all goes, and the one that is just being replaced may be that.
#[test]
fn a_replacement_keeps_its_place_whatever_the_rules() {
    let mut engine = engine(16 << 10, 1);
    let empty = engine.totals().charged;
    let mut random = 1u64;
    for round in 0..100_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (key, weight) = ((random >> 33) % 60, 64 + (random >> 40) as usize % 900);
        let regime = if round % 200 < 150 { Regime::TwoQueues } else { Regime::LazyLru };
        engine.referee = Some(Referee::in_favour_of(regime));
        assert!(put(&engine, &Number::new(key, weight)).is_ok());
        assert!(has(&engine, key, 1), "what was just stored is there");
        assert_within(&engine);
    }
    assert_eq!(engine.flush(|| Ok::<_, &str>(())), Ok(()));
    assert_eq!(engine.totals().charged, empty);
}
