//! What is charged is what the allocator was asked for: counted by an allocator that counts.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]

use keyway::{Cache, Config, Namespace, Role, Session, Users};
use std::{thread, time::Duration};

#[global_allocator]
static COUNTING: dhat::Alloc = dhat::Alloc;

/// What is asked for and not charged: the cache's own struct, its house, its users and their roles, a session, and a place for who watches.
const UNCHARGED: usize = 7680;

fn asked() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// The test harness begins to wait for the test's end on a thread of its own, from just before the test begins to some milliseconds after,
/// and asks for 900 bytes for that: they would count.
fn wait_until_nobody_asks() {
    let mut before = asked();
    loop {
        thread::sleep(Duration::from_millis(100));
        let now = asked();
        if now == before {
            return;
        }
        before = now;
    }
}

/// What their audit holds is no part of a cache.
fn users_without_a_ring() -> Users {
    let users = Users::new();
    users.audit().hold(0);
    users
}

fn assert_charged(cache: &Cache, before: usize, when: &str) {
    let (asked, charged) = (asked() - before, cache.stats().bytes as usize);
    assert!(charged <= asked && asked <= charged + UNCHARGED, "{when}: asked for {asked}, charged {charged}");
    assert!(charged <= cache.stats().budget as usize, "{when}");
}

fn fill(session: &Session, rounds: std::ops::Range<u32>, len: impl Fn(u32) -> usize) {
    for round in rounds {
        let value = vec![1; len(round)];
        session.set(&round.to_be_bytes(), &value).unwrap();
    }
}

// One test: the counting allocator is the process's.
#[test]
fn what_is_charged_is_what_the_allocator_was_asked_for() {
    let _profiler = dhat::Profiler::builder().testing().build();
    wait_until_nobody_asks();
    for stripes in [1, 16] {
        let users = users_without_a_ring();
        let before = asked();
        let mut config = Config::new(2 << 20);
        config.stripes = stripes;
        let cache = Cache::new(config, users).unwrap();
        cache.users().add_trusted("app", Role::ReadWrite).unwrap();
        let session = cache.session_for("app").unwrap();
        assert_charged(&cache, before, "empty");
        fill(&session, 0..5000, |_| 100);
        assert_eq!(cache.stats().evictions, 0);
        assert_charged(&cache, before, "half full");
        fill(&session, 5000..25_000, |round| (round * 37) as usize % 300);
        assert!(cache.stats().evictions > 1000);
        assert_charged(&cache, before, "evicting");
        for round in 20_000..25_000_u32 {
            session.touch(&round.to_be_bytes(), Duration::from_secs(1000)).unwrap();
        }
        assert_charged(&cache, before, "with deadlines, which take room");
        fill(&session, 0..100, |round| 1000 * (round as usize % 17));
        assert_charged(&cache, before, "mixed sizes");
        fill(&session, 1..2, |_| 1 << 20);
        assert_charged(&cache, before, "half the budget in one value");
        for round in 0..25_000u32 {
            session.delete(&round.to_be_bytes()).unwrap();
        }
        assert_charged(&cache, before, "emptied by deletion");
        fill(&session, 0..5000, |_| 100);
        session.flush().unwrap();
        assert_charged(&cache, before, "flushed");
        let empty = cache.stats();
        assert!(empty.items == 0 && empty.bytes < 21_504, "{empty:?}");
    }
    several_namespaces();
    small_entries_in_slabs();
}

/// What is asked for and not charged for each namespace and its user: names and terms, accounts, meters, its store's own struct.
const UNCHARGED_EACH: usize = 2304;

fn several_namespaces() {
    let users = users_without_a_ring();
    let before = asked();
    let cache = Cache::new(Config::new(4 << 20), users).unwrap();
    let mut sessions = Vec::new();
    for (name, reserve) in [("a", 1 << 20), ("b", 0), ("c", 1 << 19)] {
        let mut namespace = Namespace::new(name);
        namespace.reserve = reserve;
        cache.namespaces().add(namespace).unwrap();
        cache.users().add_trusted(name, Role::ReadWrite).unwrap();
        cache.users().set_namespace(name, Some(name)).unwrap();
        sessions.push(cache.session_for(name).unwrap());
    }
    let assert_exact = |when: &str| {
        let (asked, charged) = (asked() - before, cache.stats().bytes as usize);
        let most = charged + UNCHARGED + 3 * UNCHARGED_EACH;
        assert!(charged <= asked && asked <= most, "{when}: asked for {asked}, charged {charged}");
        let sum: u64 = cache.namespaces().stats().iter().map(|it| it.stats.bytes).sum();
        assert_eq!(sum as usize, charged, "{when}: of each, and of all");
        assert!(charged <= cache.stats().budget as usize, "{when}");
    };
    assert_exact("empty");
    for round in 0..4 {
        for (at, session) in sessions.iter().enumerate() {
            fill(session, 0..6000, |number| (number as usize * 37 + at * 100) % 700);
            assert_exact(&format!("{at} in round {round}"));
        }
        sessions[round % 3].flush().unwrap();
        assert_exact("one flushed");
        cache.resize(if round % 2 == 0 { 3 << 20 } else { 4 << 20 }).unwrap();
        assert_exact("resized");
    }
    assert!(cache.stats().evictions > 5000, "{:?}", cache.stats());
    cache.namespaces().remove("b").unwrap();
    sessions.remove(1);
    assert_exact("one removed");
}

/// So many that pages of the index lie in slabs.
fn small_entries_in_slabs() {
    let users = users_without_a_ring();
    let before = asked();
    let budget = 32 << 20;
    let mut config = Config::new(budget);
    config.max_value = budget / 2;
    let cache = Cache::new(config, users).unwrap();
    cache.users().add_trusted("app", Role::ReadWrite).unwrap();
    let session = cache.session_for("app").unwrap();
    let most = 510_000;
    for (round, when) in ["a third", "two thirds", "more than full"].into_iter().enumerate() {
        let round = round as u32;
        fill(&session, round * most / 3..(round + 1) * most / 3, |_| 16);
        assert_charged(&cache, before, when);
        cache.maintain();
        assert_charged(&cache, before, when);
    }
    let full = cache.stats();
    assert!(full.evictions > 10_000 && full.items > 450_000, "{full:?}");
    for round in 0..most {
        if round % 8 > 0 {
            session.delete(&round.to_be_bytes()).unwrap();
        }
    }
    assert_charged(&cache, before, "mostly deleted");
    cache.maintain();
    assert_charged(&cache, before, "mostly deleted, and tidied");
    let few = cache.stats();
    assert!(few.bytes < full.bytes / 5, "slabs are emptied and given back: {few:?}");
    fill(&session, 0..1, |_| budget / 2 - 100);
    assert_charged(&cache, before, "half the budget in one value");
    fill(&session, 0..most, |_| 16);
    assert_charged(&cache, before, "full again");
    cache.resize(8 << 20).unwrap();
    assert_charged(&cache, before, "resized");
    assert!(cache.stats().items > 60_000, "no more than had to: {:?}", cache.stats());
    session.flush().unwrap();
    assert_charged(&cache, before, "flushed");
    assert!(cache.stats().bytes < 1 << 20, "{:?}", cache.stats());
}
