//! Writers of the same keys: nothing that was acknowledged is lost, nothing is mixed up.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(shuttle)]

use keyway::{Refusal, Session, Version};
use shuttle::thread;
use shuttle_tests::{ROOMY, below, cache, explore, session};
use std::collections::{BTreeMap, BTreeSet};

const WRITERS: usize = 5;
const STEPS: usize = 3;

/// Every version that a writer was given.
type Written = Vec<Version>;

fn count_and_log(session: &Session, letter: u8) -> Written {
    let step = |_| match below(3) {
        0 => session.append("log", &[letter]).unwrap(),
        1 => session.prepend("log", &[letter]).unwrap(),
        _ => swap_in(session, letter),
    };
    let logged = (0..STEPS).map(step).collect::<Vec<_>>();
    let counted = (0..STEPS).map(|_| session.incr("count", 1).unwrap().version);
    counted.chain(logged).collect()
}

/// Adds a letter to the log by compare and swap, over and over until nobody came between.
fn swap_in(session: &Session, letter: u8) -> Version {
    loop {
        let seen = session.get("log").unwrap().unwrap();
        let next = [&seen[..], &[letter]].concat();
        match session.cas("log", &next, seen.version()) {
            Ok(version) => return version,
            Err(refusal) => assert_eq!(refusal, Refusal::Exists),
        }
    }
}

#[test]
fn an_update_is_never_lost_and_versions_never_repeat() {
    explore(|| {
        let (cache, _) = cache(ROOMY, 2);
        let main = session(&cache, "ada");
        let mut versions = vec![main.set("log", "").unwrap(), main.set("count", "0").unwrap()];
        let writers: Vec<_> = (b'a'..)
            .take(WRITERS)
            .map(|letter| {
                let session = main.clone();
                thread::spawn(move || count_and_log(&session, letter))
            })
            .collect();
        for writer in writers {
            versions.extend(writer.join().unwrap());
        }
        let total = (WRITERS * STEPS).to_string();
        assert_eq!(&*main.get("count").unwrap().unwrap(), total.as_bytes());
        let log = main.get("log").unwrap().unwrap();
        for letter in (b'a'..).take(WRITERS) {
            let found = log.iter().filter(|byte| **byte == letter).count();
            assert_eq!(found, STEPS, "of {} in {}", letter as char, log.escape_ascii());
        }
        assert_eq!(versions.iter().collect::<BTreeSet<_>>().len(), versions.len(), "{versions:?}");
    });
}

/// What a thread saw of values: which bytes each version stood for.
type Seen = BTreeMap<Version, Vec<u8>>;

/// Values name their key, so that one which is found under another shows.
fn read_and_write(session: &Session, writer: usize) -> Seen {
    const KEYS: usize = 6;
    let mut seen = Seen::new();
    for step in 0..5 {
        let key = format!("key {}", below(KEYS));
        let value = format!("{key} by {writer} at {step}{:>pad$}", "", pad = 60 * below(20));
        match below(4) {
            0 => drop(session.delete(&key).unwrap()),
            1 => {
                if let Ok(version) = session.set(&key, &value) {
                    seen.insert(version, value.into_bytes());
                }
            }
            _ => {
                if let Some(item) = session.get(&key).unwrap() {
                    assert!(item.starts_with(key.as_bytes()), "{key} has {}", item.escape_ascii());
                    seen.insert(item.version(), item.to_vec());
                }
            }
        }
    }
    seen
}

#[test]
fn a_value_that_is_read_is_one_that_was_written_under_its_key() {
    explore(|| {
        let (cache, _) = cache(12 << 10, 2);
        let readers: Vec<_> = (0..5)
            .map(|number| {
                let session = session(&cache, "ada");
                thread::spawn(move || read_and_write(&session, number))
            })
            .collect();
        let mut all = Seen::new();
        for (version, value) in readers.into_iter().flat_map(|reader| reader.join().unwrap()) {
            let before = all.insert(version, value.clone());
            assert!(before.is_none_or(|before| before == value), "{version:?} stands for two values");
        }
    });
}
