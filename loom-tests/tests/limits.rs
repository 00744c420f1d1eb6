//! Limits of a namespace, which several users share, under every order of the threads' steps that matters.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --test limits --target-dir target/loom`

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{
    Cache, Clock, Config, Limits, Namespace, Role, Session, TokenScope, Users,
    watch::{Seen, Topic},
};
use loom::thread;
use loom_tests::explore;

/// See `explore`. A verb that is refused by the second of two limits is three changes of words; four take a minute, and find no more.
const INTERRUPTIONS: usize = 3;

/// A cache with `ada` and `bob` in the namespace `shop`, which has these limits; a clock that stands still and the same hash each
/// time, as loom requires.
fn cache(limits: Limits) -> Cache {
    let mut config = Config::new(1 << 20);
    config.stripes = 1;
    config.clock = Clock::manual();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let users = Users::with_mock_key_and_clock([7; 32], Clock::manual());
    let cache = Cache::new(config, users).unwrap();
    let mut shop = Namespace::new("shop");
    (shop.stripes, shop.limits) = (Some(1), limits);
    cache.namespaces().add(shop).unwrap();
    for user in ["ada", "bob"] {
        cache.users().add_trusted(user, Role::ReadWrite).unwrap();
        cache.users().set_namespace(user, Some("shop")).unwrap();
    }
    cache
}

fn limits(set: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    set(&mut limits);
    limits
}

fn reads(session: &Session, attempts: usize) -> usize {
    (0..attempts).filter(|_| session.get("k").is_ok()).count()
}

#[test]
fn a_namespace_s_limit_is_not_passed_by_two_users_and_its_refusals_are_no_loss_of_theirs() {
    explore(INTERRUPTIONS, || {
        let cache = cache(limits(|it| it.operations_per_second = Some(3)));
        cache.users().set_limits("ada", limits(|it| it.operations_per_second = Some(3))).unwrap();
        let (ada, bob) = (cache.session_for("ada").unwrap(), cache.session_for("bob").unwrap());
        let thread = thread::spawn(move || reads(&bob, 2));
        let mine = reads(&ada, 2);
        assert_eq!(mine + thread.join().unwrap(), 3);
        cache.namespaces().set_limits("shop", Limits::default()).unwrap();
        assert_eq!(reads(&ada, 4), 3 - mine, "what the namespace refused her is still hers");
    });
}

/// Both are of one user, whose limit refuses as well.
#[test]
fn two_sessions_of_a_user_pass_neither_limit() {
    explore(INTERRUPTIONS, || {
        let cache = cache(limits(|it| it.operations_per_second = Some(2)));
        cache.users().set_limits("ada", limits(|it| it.operations_per_second = Some(3))).unwrap();
        let (one, other) = (cache.session_for("ada").unwrap(), cache.session_for("ada").unwrap());
        let thread = thread::spawn(move || reads(&other, 2));
        let passed = reads(&one, 2) + thread.join().unwrap();
        assert_eq!(passed, 2);
        cache.namespaces().set_limits("shop", Limits::default()).unwrap();
        assert_eq!(reads(&one, 4), 1);
    });
}

#[test]
fn connections_of_a_namespace_are_counted_as_its_users_come_and_go() {
    explore(INTERRUPTIONS, || {
        let cache = cache(limits(|it| it.connections = Some(1)));
        let [ada, bob] = ["ada", "bob"].map(|user| {
            let token = cache.users().mint(user, TokenScope::all()).unwrap();
            token.reveal().to_owned()
        });
        let (other, text) = (cache.clone(), bob.clone());
        let thread = thread::spawn(move || other.login("bob", &text).ok());
        let held = [cache.login("ada", &ada).ok(), thread.join().unwrap()];
        assert_eq!(held.iter().flatten().count(), 1, "one of them finds the place free, and not both");
        drop(held);
        assert_eq!(cache.namespaces().stats()[1].connections, 0);
        assert!(cache.login("bob", &bob).is_ok(), "each place came back");
    });
}

/// A word says both whether anybody watches and whether there are limits.
#[test]
fn who_begins_to_watch_lifts_no_limit_and_limits_stop_nobody_who_watches() {
    explore(INTERRUPTIONS, || {
        let cache = cache(Limits::default());
        let ada = cache.session_for("ada").unwrap();
        let other = cache.clone();
        let thread = thread::spawn(move || {
            let one = limits(|it| it.operations_per_second = Some(1));
            other.namespaces().set_limits("shop", one).unwrap();
        });
        let mut misses = cache.watch(Topic::Misses);
        thread.join().unwrap();
        assert_eq!(reads(&ada, 3), 1);
        assert_ne!(misses.take(), Seen::default());
        drop(misses);
        assert_eq!(reads(&ada, 1), 0);
    });
}
