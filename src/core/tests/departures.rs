//! Who is told of what leaves, and what may not leave.

use super::{Fixed, Number, engine, has, put};
use crate::core::{Change, Deadline, Engine, Tables, Time, Watch, entry::Cause};
use std::{collections::HashMap, sync::Mutex};

/// What was noted and not delivered yet, and what was delivered.
#[derive(Default)]
struct Recorder {
    noted: Mutex<Vec<(u64, Cause)>>,
    told: Mutex<Vec<(u64, Cause)>>,
}

impl Watch<Number> for &Recorder {
    fn is_watching(&self) -> bool {
        true
    }

    fn note(&self, _: usize, entry: Number, cause: Cause) {
        let Ok(mut noted) = self.noted.lock() else { panic!("nobody panicked") };
        noted.push((entry.number(), cause));
    }

    fn deliver(&self, _: usize) {
        let (Ok(mut noted), Ok(mut told)) = (self.noted.lock(), self.told.lock()) else {
            panic!("nobody panicked")
        };
        told.append(&mut noted);
    }
}

type Watched<'a> = Engine<Number, Fixed, &'a Recorder>;

fn change(engine: &Watched<'_>, key: u64, now: u32, change: Change<Number>) {
    let mut change = Some(change);
    let done: Result<(), &str> = engine.write(
        engine.hash_bytes(&key.to_ne_bytes()),
        |entry| entry.number() == key,
        &Time(now),
        || Ok(()),
        |_, _| Ok((change.take().unwrap_or(Change::Keep), ())),
    );
    assert_eq!(done, Ok(()));
}

#[test]
fn each_entry_that_leaves_is_told_once_with_its_cause() {
    let recorder = Recorder::default();
    let Some(engine) = Watched::new(64 << 10, Tables::Charged, 1, Fixed::default(), &recorder) else {
        panic!("the budget is too small")
    };
    for key in 0..1000 {
        change(&engine, key, 1, Change::Put(Number::new(key, 500)));
    }
    change(&engine, 999, 1, Change::Put(Number::until(999, 500, Deadline::at(Time(10)))));
    change(&engine, 998, 1, Change::Put(Number::until(998, 500, Deadline::at(Time(10)))));
    change(&engine, 1000, 1, Change::Put(Number::new(1000, 500)));
    change(&engine, 1000, 1, Change::Remove);
    // Expired: one is written over, the other found by maintenance.
    change(&engine, 999, 10, Change::Put(Number::new(999, 500)));
    engine.maintain(&Time(10));
    let (left, evicted) = (engine.totals().entries, engine.totals().evicted);
    assert!(evicted > 500, "it must evict to mean anything");
    assert_eq!(engine.flush(|| Ok::<_, &str>(())), Ok(()));
    let Ok(told) = recorder.told.lock() else { panic!("nobody panicked") };
    let mut counts: HashMap<Cause, u64> = HashMap::new();
    told.iter().for_each(|(_, cause)| *counts.entry(*cause).or_default() += 1);
    assert_eq!(counts.get(&Cause::Replaced), Some(&2));
    assert_eq!(counts.get(&Cause::Expired), Some(&2));
    assert_eq!(counts.get(&Cause::Removed), Some(&(1 + left)));
    assert_eq!(counts.get(&Cause::Evicted), Some(&evicted));
    let in_order = told.iter().filter(|(key, _)| *key == 999).map(|(_, cause)| *cause);
    assert_eq!(in_order.collect::<Vec<_>>(), [Cause::Replaced, Cause::Expired, Cause::Removed]);
    assert_eq!(told.len(), 1001 + 3, "each value that came: 1,001 keys, and three more for two of them");
}

#[test]
fn what_is_pinned_is_not_evicted_and_what_is_not_still_is() {
    let engine = engine(64 << 10, 1);
    for key in 0..40 {
        assert!(put(&engine, &Number::pinned(key, 500)).is_ok());
    }
    for key in 40..5000 {
        assert!(put(&engine, &Number::new(key, 500)).is_ok());
    }
    assert!((0..40).all(|key| has(&engine, key, 1)));
    assert!(engine.totals().evicted > 4000);
}

#[test]
fn where_everything_is_pinned_there_is_no_room() {
    let engine = engine(16 << 10, 1);
    let stored = (0..100).take_while(|key| put(&engine, &Number::pinned(*key, 500)).is_ok()).count();
    assert!((10..40).contains(&stored), "{stored}");
    assert_eq!(put(&engine, &Number::new(1000, 500)), Err("no room"));
    assert!((0..stored as u64).all(|key| has(&engine, key, 1)));
}
