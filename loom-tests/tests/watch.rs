//! Whoever watches a cache, while others use it, under every order of their steps.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom`

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{
    Cache, Clock, Config, Role, Session, Users,
    watch::{Seen, Topic},
};
use loom::thread;
use loom_tests::explore;

/// So many times a thread is interrupted where it need not wait, at most: a note is one attempt at a lock and what is done under
/// it, so whatever can go wrong between two shows with one or two.
const INTERRUPTIONS: usize = 3;

fn cache() -> (Cache, Session) {
    let users = Users::with_mock_key([7; 32]);
    users.add_trusted("app", Role::ReadWrite).unwrap();
    let mut config = Config::new(64 << 10);
    config.stripes = 1;
    config.clock = Clock::manual();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let cache = Cache::new(config, users).unwrap();
    let session = cache.session_for("app").unwrap();
    (cache, session)
}

fn keys(seen: &[Seen]) -> Vec<Box<[u8]>> {
    seen.iter().flat_map(|seen| &seen.sightings).map(|sighting| sighting.key.clone()).collect()
}

/// Three misses for a ring of two: one thread's two are in order, none is torn or told twice, and what is not told is counted.
#[test]
fn what_is_watched_is_told_once_or_counted_as_dropped() {
    explore(INTERRUPTIONS, || {
        let (cache, session) = cache();
        let mut misses = cache.watch(Topic::Misses);
        let (one, other) = (session.clone(), session);
        let first = thread::spawn(move || {
            assert!(one.get("aa").unwrap().is_none());
            assert!(one.get("bb").unwrap().is_none());
        });
        let second = thread::spawn(move || assert!(other.get("ccc").unwrap().is_none()));
        let early = misses.take();
        first.join().unwrap();
        second.join().unwrap();
        let late = misses.take();
        let told = keys(&[early.clone(), late.clone()]);
        assert_eq!(told.len() as u64 + early.dropped + late.dropped, 3, "{told:?}");
        let at = |key: &[u8]| told.iter().position(|told| **told == *key);
        assert!(at(b"aa").is_none() || at(b"bb").is_none() || at(b"aa") < at(b"bb"), "{told:?}");
        for (place, key) in told.iter().enumerate() {
            assert!([&b"aa"[..], b"bb", b"ccc"].contains(&&**key), "torn: {key:?}");
            assert!(!told[..place].contains(key), "twice: {told:?}");
        }
    });
}

/// One who begins and ends while another uses the cache, and watches beside a third.
#[test]
fn who_has_stopped_watching_leaves_nothing_on_and_who_still_does_misses_nothing() {
    explore(INTERRUPTIONS, || {
        let (cache, session) = cache();
        let mut stays = cache.watch(Topic::Misses);
        let (passing, app) = (cache.clone(), session.clone());
        let passes = thread::spawn(move || drop(passing.watch(Topic::Misses)));
        let uses = thread::spawn(move || assert!(app.get("aa").unwrap().is_none()));
        passes.join().unwrap();
        uses.join().unwrap();
        assert!(session.get("bb").unwrap().is_none());
        let seen = stays.take();
        assert_eq!(seen.sightings.len() as u64 + seen.dropped, 2, "{seen:?}");
        assert_eq!(
            seen.sightings.last().map(|last| &*last.key),
            Some(&b"bb"[..]),
            "nobody is in the way now"
        );
        drop(stays);
        assert!(session.get("cc").unwrap().is_none());
        assert_eq!(cache.watch(Topic::Misses).take(), Seen::default());
    });
}
