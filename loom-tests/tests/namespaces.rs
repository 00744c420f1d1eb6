//! One model per claim about namespaces, named after it: several stores that share one budget.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --test namespaces --target-dir target/loom`

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{Cache, Clock, Config, Namespace, Refusal, Role, Session, Users};
use loom::thread;
use loom_tests::explore;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A thread is interrupted so often at most where it could go on: more would take minutes, and two are enough to lose an update.
const INTERRUPTIONS: usize = 2;
const VALUE: [u8; 1500] = [7; 1500];
/// Larger than what a store needs for its first entry.
const LARGE: usize = 8000;

/// A cache with a user of the main key space, one of the namespace `shop`, for which so much is reserved, and one of `news`, for
/// which nothing is; a clock that stands still and the same hash each time, as loom requires.
fn cache(budget: usize, reserve: usize) -> Cache {
    cache_with(1, budget, reserve)
}

/// The same, with so many stripes for `shop`.
fn cache_with(stripes: usize, budget: usize, reserve: usize) -> Cache {
    cache_with_items(stripes, budget, reserve, 0)
}

/// The same, with so many items reserved for `shop` as well.
fn cache_with_items(stripes: usize, budget: usize, reserve: usize, items: usize) -> Cache {
    let mut config = Config::new(budget);
    config.stripes = 1;
    config.max_value = LARGE.min(budget / 3);
    config.clock = Clock::manual();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let users = Users::with_mock_key([7; 32]);
    let cache = Cache::new(config, users).unwrap();
    for (name, stripes, reserve, items) in [("shop", stripes, reserve, items), ("news", 1, 0, 0)] {
        let mut namespace = Namespace::new(name);
        (namespace.stripes, namespace.reserve, namespace.reserve_items) = (Some(stripes), reserve, items);
        cache.namespaces().add(namespace).unwrap();
    }
    for (user, namespace) in [("main", None), ("shop", Some("shop")), ("news", Some("news"))] {
        cache.users().add_trusted(user, Role::ReadWrite).unwrap();
        cache.users().set_namespace(user, namespace).unwrap();
    }
    cache
}

fn sessions(cache: &Cache) -> [Session; 3] {
    ["main", "shop", "news"].map(|user| cache.session_for(user).unwrap())
}

fn bytes(cache: &Cache) -> usize {
    cache.stats().bytes as usize
}

/// What an empty cache charges, and how much of it is the namespace's: under loom the locks are larger.
fn empty() -> (usize, usize) {
    empty_with(1)
}

fn empty_with(stripes: usize) -> (usize, usize) {
    let seen = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let noted = seen.clone();
    explore(INTERRUPTIONS, move || {
        let cache = cache_with(stripes, 64 << 10, 0);
        noted[0].store(bytes(&cache), Ordering::SeqCst);
        noted[1].store(sessions(&cache)[1].stats().unwrap().bytes as usize, Ordering::SeqCst);
    });
    (seen[0].load(Ordering::SeqCst), seen[1].load(Ordering::SeqCst))
}

fn assert_exact(cache: &Cache, empty: usize) {
    let stats = cache.stats();
    assert!(stats.bytes <= stats.budget, "{stats:?}");
    for session in sessions(cache) {
        session.flush().unwrap();
    }
    assert_eq!(bytes(cache), empty, "what was charged came back, no more and no less");
}

/// One namespace takes back what it lent to the main key space, which is flushed at the same time.
#[test]
fn what_one_namespace_gives_to_another_is_paid_once_whoever_flushes() {
    let (empty, of_shop) = empty();
    explore(INTERRUPTIONS, move || {
        let cache = full(empty, of_shop, "main");
        let [main, shop, _] = sessions(&cache);
        let thread = thread::spawn(move || shop.set("a", &VALUE).is_ok());
        main.flush().unwrap();
        // While what was flushed is on its way, nobody has it: the write may be refused, and neither may go over.
        let _ = thread.join().unwrap();
        assert_exact(&cache, empty);
    });
}

/// The same, while the ceiling of the one that gives comes down.
#[test]
fn a_lowered_ceiling_holds_when_it_returns_whoever_takes() {
    let (empty, of_shop) = empty();
    explore(INTERRUPTIONS, move || {
        let cache = full(empty, of_shop, "news");
        let [_, shop, news] = sessions(&cache);
        let thread = thread::spawn(move || shop.set("a", &VALUE).is_ok());
        let mut lower = Namespace::new("news");
        lower.ceiling = Some(of_shop + 5 * VALUE.len() / 2);
        cache.namespaces().change(lower).unwrap();
        let stats = news.stats().unwrap();
        assert!(stats.bytes <= stats.budget, "{stats:?}");
        let _ = thread.join().unwrap();
        assert_exact(&cache, empty);
    });
}

/// This user has filled the house, in which two values' room is reserved for `shop`.
fn full(empty: usize, of_shop: usize, user: &str) -> Cache {
    let cache = cache(empty + 7 * VALUE.len() / 2, of_shop + 2 * VALUE.len());
    let session = cache.session_for(user).unwrap();
    for key in ["a", "b", "c", "d"] {
        session.set(key, &VALUE).unwrap();
    }
    assert!(cache.stats().evictions > 0, "it is full");
    cache
}

/// Both write at once into a full house: one within its reservation, the other beyond.
#[test]
fn what_is_reserved_stays_whoever_writes() {
    let (empty, of_shop) = empty();
    explore(INTERRUPTIONS, move || {
        let reserve = of_shop + 2 * VALUE.len();
        let cache = cache(empty + 4 * VALUE.len(), reserve);
        let [main, shop, _] = sessions(&cache);
        shop.set("a", &VALUE).unwrap();
        let held = shop.stats().unwrap().bytes;
        assert!(held as usize <= reserve, "it is within its reservation");
        for key in ["a", "b", "c", "d"] {
            main.set(key, &VALUE).unwrap();
        }
        let other = shop.clone();
        let thread = thread::spawn(move || other.set("a", &VALUE[1..]).unwrap());
        main.set("e", &VALUE).unwrap();
        thread.join().unwrap();
        let stats = shop.stats().unwrap();
        assert_eq!((stats.items, stats.evictions), (1, 0));
        assert_exact(&cache, empty);
    });
}

/// `shop` with three entries in two stripes, and nothing beside it.
fn shop_of_two_stripes(budget: usize, reserve: usize, items: usize) -> Cache {
    let cache = cache_with_items(2, budget, reserve, items);
    let [_, shop, _] = sessions(&cache);
    // In both stripes.
    for key in ["a", "d", "g"] {
        shop.set(key, &[7; LARGE]).unwrap();
    }
    cache
}

/// What all hold and what `shop` does, once that has three entries.
fn of_three_entries() -> (usize, usize) {
    let seen = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let noted = seen.clone();
    explore(INTERRUPTIONS, move || {
        let cache = shop_of_two_stripes(64 << 10, 0, 0);
        noted[0].store(bytes(&cache), Ordering::SeqCst);
        noted[1].store(sessions(&cache)[1].stats().unwrap().bytes as usize, Ordering::SeqCst);
    });
    (seen[0].load(Ordering::SeqCst), seen[1].load(Ordering::SeqCst))
}

/// Two take from two stripes of one namespace at once, of which one entry may go and no second one.
fn one_of_three_goes(reserve: impl Fn(usize) -> usize, items: usize) {
    let (held, of_shop) = of_three_entries();
    let (empty, _) = empty_with(2);
    let reserve = reserve(of_shop);
    explore(INTERRUPTIONS, move || {
        let cache = shop_of_two_stripes(held + 200, reserve, items);
        let [main, shop, news] = sessions(&cache);
        assert_eq!(shop.stats().unwrap().items, 3);
        let thread = thread::spawn(move || news.set("n", "1").is_ok());
        let stored = [main.set("m", "1").is_ok(), thread.join().unwrap()];
        assert!(stored.contains(&true), "there is room for one");
        let stats = shop.stats().unwrap();
        assert_eq!((stats.items, stats.evictions), (2, 1));
        assert_exact(&cache, empty);
    });
}

#[test]
fn what_is_reserved_stays_whoever_takes_at_once() {
    one_of_three_goes(|held| held - 5 * LARGE / 4, 0);
}

#[test]
fn reserved_items_stay_whoever_takes_at_once() {
    one_of_three_goes(|_| 0, 2);
}

#[test]
fn no_write_stays_in_a_namespace_that_is_removed() {
    let (empty, of_shop) = empty();
    explore(INTERRUPTIONS, move || {
        let cache = cache(64 << 10, 0);
        let [main, shop, _] = sessions(&cache);
        main.set("a", &VALUE).unwrap();
        let before = bytes(&cache);
        let thread = thread::spawn(move || {
            let stored = shop.set("a", &VALUE);
            assert!(stored.is_ok() || stored == Err(Refusal::Revoked));
            shop
        });
        cache.namespaces().remove("shop").unwrap();
        assert_eq!(bytes(&cache), before, "all but what it takes while it is empty");
        let shop = thread.join().unwrap();
        assert_eq!(bytes(&cache), before, "and nothing came after");
        assert_eq!(shop.set("b", &VALUE), Err(Refusal::Revoked));
        drop(shop);
        assert_eq!(bytes(&cache), before - of_shop);
        main.flush().unwrap();
        assert_eq!(bytes(&cache), empty - of_shop);
    });
}
