//! How much may be done in a namespace, by all its users together, in process and by a clock that the test moves.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use keyway::{
    Cache, Clock, Config, Delta, Limit, LimitScope, Limits, LoginFailure, Namespace, NamespaceError, Refusal,
    Role, Rounds, Session, TokenScope, Users, Verifier, audit::Kind,
};
use std::time::Duration;

fn refused(what: Limit) -> Option<Refusal> {
    Some(Refusal::Limited { what, scope: LimitScope::Namespace })
}

fn limits(set: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    set(&mut limits);
    limits
}

/// A cache with `ada` and `bob` in the namespace `shop`, which has these limits, and `eve` in the main key space.
fn shop(set: impl FnOnce(&mut Limits)) -> (Clock, Cache) {
    let clock = Clock::manual();
    let users = Users::with_mock_key_and_clock([7; 32], clock.clone());
    let mut config = Config::new(4 << 20);
    config.clock = clock.clone();
    let cache = Cache::new(config, users).unwrap();
    let mut shop = Namespace::new("shop");
    shop.limits = limits(set);
    cache.namespaces().add(shop).unwrap();
    for (name, namespace) in [("ada", Some("shop")), ("bob", Some("shop")), ("eve", None)] {
        let verifier = Verifier::derive("pencil", Rounds::MIN).unwrap();
        cache.users().add_verifier(name, verifier, Role::ReadWrite).unwrap();
        cache.users().set_namespace(name, namespace).unwrap();
    }
    (clock, cache)
}

fn of(cache: &Cache, name: &str) -> Session {
    cache.session_for(name).unwrap()
}

#[test]
fn verbs_are_counted_over_all_users_of_the_namespace_and_each_once() {
    let (clock, cache) = shop(|it| it.operations_per_second = Some(12));
    let (ada, bob, eve) = (of(&cache, "ada"), of(&cache, "bob"), of(&cache, "eve"));
    let narrowed = bob.narrow(Role::ReadWrite.into()).unwrap();
    let token = bob.mint(TokenScope::all()).unwrap();
    let worker = cache.login("bob", token.reveal()).unwrap();
    ada.set("k", "v").unwrap();
    bob.append("k", "w").unwrap();
    narrowed.incr("n", Delta::by(1).or_initial(1)).unwrap();
    worker.touch("k", Duration::from_secs(60)).unwrap();
    ada.get("k").unwrap();
    bob.get_and_touch("k", Duration::from_secs(60)).unwrap();
    worker.delete("k").unwrap();
    let mut blank = ada.blank("b", 1, 0).unwrap();
    blank.append(b"b");
    ada.set_filled(blank).unwrap();
    bob.flush().unwrap();
    assert_eq!(ada.get_many(&["a", "b", "c", "d"]).err(), refused(Limit::Operations), "four are too many");
    narrowed.get_many(&["a", "b", "c"]).unwrap();
    for session in [&ada, &bob, &narrowed, &worker] {
        let each = [
            session.set("k", "v").err(),
            session.add("k", "v").err(),
            session.prepend("k", "v").err(),
            session.get("k").err(),
            session.decr("n", 1).err(),
            session.touch("k", Duration::ZERO).err(),
            session.get_and_touch("k", Duration::ZERO).err(),
            session.delete("k").err(),
            session.flush().err(),
            session.flush_later(Duration::ZERO).err(),
        ];
        assert_eq!(each, [refused(Limit::Operations); 10]);
        assert_eq!(session.standing(), Ok(()), "to ask whether one is in is no verb");
    }
    assert!((0..100).all(|_| eve.set("k", "v").is_ok()), "elsewhere nothing is limited");
    clock.advance(Duration::from_millis(250));
    let each = [ada.get("k").err(), worker.get("k").err(), bob.get("k").err(), ada.get("k").err()];
    assert_eq!(each, [None, None, None, refused(Limit::Operations)]);
}

#[test]
fn what_one_of_both_refuses_takes_nothing_from_the_other() {
    let (_, cache) = shop(|it| it.operations_per_second = Some(5));
    cache.users().set_limits("ada", limits(|it| it.operations_per_second = Some(3))).unwrap();
    let (ada, bob) = (of(&cache, "ada"), of(&cache, "bob"));
    assert!((0..3).all(|_| ada.get("k").is_ok()));
    let of_user = Refusal::Limited { what: Limit::Operations, scope: LimitScope::User };
    assert!((0..50).all(|_| ada.get("k").err() == Some(of_user)));
    assert!((0..2).all(|_| bob.get("k").is_ok()), "what she was refused is not the namespace's loss");
    assert_eq!(bob.get("k").err(), refused(Limit::Operations));

    let (_, cache) = shop(|it| it.operations_per_second = Some(2));
    cache.users().set_limits("ada", limits(|it| it.operations_per_second = Some(4))).unwrap();
    let (ada, bob) = (of(&cache, "ada"), of(&cache, "bob"));
    assert!((0..2).all(|_| bob.get("k").is_ok()));
    assert!((0..50).all(|_| ada.get("k").err() == refused(Limit::Operations)));
    cache.namespaces().set_limits("shop", Limits::default()).unwrap();
    assert!((0..4).all(|_| ada.get("k").is_ok()), "nor hers what the namespace refused");
    assert_eq!(ada.get("k").err(), Some(of_user));
}

#[test]
fn what_is_forbidden_or_revoked_takes_nothing_and_is_told_first() {
    let (_, cache) = shop(|it| it.operations_per_second = Some(2));
    let (ada, bob) = (of(&cache, "ada"), of(&cache, "bob"));
    cache.users().set_roles("ada", Role::ReadOnly).unwrap();
    assert!((0..9).all(|_| ada.set("k", "v") == Err(Refusal::Forbidden)));
    cache.users().revoke("ada").unwrap();
    assert!((0..9).all(|_| ada.get("k").err() == Some(Refusal::Revoked)));
    assert!((0..2).all(|_| bob.get("k").is_ok()));
    assert_eq!(bob.get("k").err(), refused(Limit::Operations));
}

#[test]
fn bytes_are_counted_each_way_for_all() {
    let (clock, cache) = shop(|it| it.bytes_per_second = Some(1000));
    let (ada, bob) = (of(&cache, "ada"), of(&cache, "bob"));
    ada.set("k", &[7; 5000]).unwrap();
    assert_eq!(bob.set("j", "v").err(), refused(Limit::BytesIn));
    bob.get("k").unwrap().unwrap();
    let out = [
        ada.get("k").err(),
        ada.get_many(&["k"]).err(),
        ada.get_and_touch("k", Duration::from_secs(60)).err(),
    ];
    assert_eq!(out, [refused(Limit::BytesOut); 3]);
    assert!(bob.touch("k", Duration::from_secs(60)).unwrap(), "it gives no value out");
    clock.advance(Duration::from_millis(4001));
    assert_eq!((bob.set("j", "v").err(), ada.get("j").err()), (None, None));
}

#[test]
fn a_value_that_is_too_large_takes_the_older_one_with_it_and_the_smaller_limit_counts() {
    let (_, cache) = shop(|it| it.value = Some(10));
    let (ada, bob, eve) = (of(&cache, "ada"), of(&cache, "bob"), of(&cache, "eve"));
    cache.users().set_limits("ada", limits(|it| it.value = Some(5))).unwrap();
    cache.users().set_limits("bob", limits(|it| it.value = Some(50))).unwrap();
    eve.set("k", &[7; 5000]).unwrap();
    bob.set("k", "0123456789").unwrap();
    assert_eq!(ada.set("k", "012345"), Err(Refusal::TooLarge { limit: 5 }));
    assert!(bob.get("k").unwrap().is_none(), "nobody goes on reading what was to be replaced");
    bob.set("k", "0123456789").unwrap();
    assert_eq!(bob.set("k", "0123456789a"), Err(Refusal::TooLarge { limit: 10 }));
    assert!(bob.get("k").unwrap().is_none());
    assert_eq!(bob.blank("k", 11, 0).map(drop), Err(Refusal::TooLarge { limit: 10 }));
    bob.set("k", "012345678").unwrap();
    assert_eq!(bob.append("k", "9a"), Err(Refusal::NotStored));
    assert_eq!(ada.prepend("k", "a"), Err(Refusal::NotStored), "the whole would be over hers");
}

#[test]
fn so_many_logins_are_held_in_it_at_a_time_by_whichever_users() {
    let (_, cache) = shop(|it| it.connections = Some(2));
    let _code_is_no_connection = of(&cache, "ada");
    let log_in = |name| cache.login(name, "pencil").map_err(|error| error.failure());
    let held = || cache.namespaces().stats()[1].connections;
    let (ada, bob) = (log_in("ada").unwrap(), log_in("bob").unwrap());
    let (clone, narrowed) = (ada.clone(), ada.narrow(Role::ReadOnly.into()).unwrap());
    assert_eq!((log_in("bob").map(drop), held()), (Err(LoginFailure::NamespaceFull), 2));
    assert_eq!(cache.audit().counts().of(Kind::LoginPutOff), 1, "nobody was wrong");
    assert_eq!(cache.login("bob", "guess").unwrap_err().failure(), LoginFailure::WrongPassword);
    drop(ada);
    assert!(log_in("ada").is_err(), "its clone is held");
    drop(clone);
    drop(narrowed);
    assert_eq!(held(), 1);
    let eves: Vec<_> = (0..9).map(|_| log_in("eve").unwrap()).collect();
    assert_eq!(
        (cache.namespaces().stats()[0].connections, eves.len()),
        (9, 9),
        "elsewhere none is counted out"
    );

    // What the user's own limit refuses takes no place in the namespace, and the other way round.
    cache.users().set_limits("bob", limits(|it| it.connections = Some(1))).unwrap();
    for _ in 0..9 {
        assert_eq!(log_in("bob").map(drop), Err(LoginFailure::TooManyConnections));
    }
    let ada = log_in("ada").unwrap();
    drop(bob);
    let second = log_in("ada").unwrap();
    for _ in 0..9 {
        assert_eq!(log_in("bob").map(drop), Err(LoginFailure::NamespaceFull));
    }
    drop(second);
    let bob = log_in("bob").unwrap();
    drop((ada, bob, eves));
    assert_eq!(held(), 0);
}

#[test]
fn limits_are_lifted_and_changed_while_sessions_are_live_and_watched() {
    let (_, cache) = shop(|it| it.operations_per_second = Some(0));
    let ada = of(&cache, "ada");
    assert_eq!(ada.get("k").err(), refused(Limit::Operations));
    let namespaces = cache.namespaces();
    namespaces.change(Namespace::new("shop")).unwrap();
    assert!((0..1000).all(|_| ada.get("k").is_ok()));
    let one = limits(|it| it.operations_per_second = Some(1));
    namespaces.set_limits("shop", one).unwrap();
    assert_eq!(namespaces.list()[0].limits, one);
    assert!(ada.get("k").is_ok() && ada.get("k").is_err());
    // Whoever watches comes and goes beside it: both stand in one word.
    let mut watcher = cache.watch(keyway::watch::Topic::Misses);
    assert_eq!(ada.get("k").err(), refused(Limit::Operations));
    namespaces.set_limits("shop", Limits::default()).unwrap();
    assert!(ada.get("k").unwrap().is_none());
    assert_eq!(watcher.take().sightings.len(), 1, "what was refused was no miss");
    namespaces.set_limits("shop", limits(|it| it.operations_per_second = Some(0))).unwrap();
    drop(watcher);
    assert_eq!(ada.get("k").err(), refused(Limit::Operations), "they stay when nobody watches any more");
    namespaces.replace(vec![Namespace::new("shop")]).unwrap();
    assert!(ada.get("k").is_ok(), "a file says so");
    assert_eq!(namespaces.set_limits("none", one), Err(NamespaceError::Unknown("none".to_owned())));
}

#[test]
fn a_refusal_by_the_namespace_is_told_apart() {
    let (_, cache) = shop(|it| it.operations_per_second = Some(0));
    let refusal = of(&cache, "ada").get("k").unwrap_err();
    assert_eq!(refusal.to_string(), "the namespace is over its limit of verbs in a second; try again later");
    let denied = cache.audit().denial_counts();
    assert_eq!((denied.len(), denied[0].reason.as_str()), (1, "NamespaceLimited"));
}
