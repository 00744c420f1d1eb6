//! How much a user may do, in process and by a clock that the test moves.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use keyway::{
    Cache, Clock, Config, Limit, LimitScope, Limits, LoginFailure, Refusal, Role, Rounds, Session, Users,
    Verifier,
};
use std::time::Duration;

const OPERATIONS: Refusal = Refusal::Limited { what: Limit::Operations, scope: LimitScope::User };
const BYTES_IN: Refusal = Refusal::Limited { what: Limit::BytesIn, scope: LimitScope::User };
const BYTES_OUT: Refusal = Refusal::Limited { what: Limit::BytesOut, scope: LimitScope::User };

fn limited(set: impl FnOnce(&mut Limits)) -> (Clock, Cache, Session) {
    let clock = Clock::manual();
    let users = Users::with_mock_key_and_clock([7; 32], clock.clone());
    users.add_verifier("ada", Verifier::derive("pencil", Rounds::MIN).unwrap(), Role::ReadWrite).unwrap();
    let mut limits = Limits::default();
    set(&mut limits);
    users.set_limits("ada", limits).unwrap();
    let cache = Cache::new(Config::new(1 << 20), users).unwrap();
    let session = cache.session_for("ada").unwrap();
    (clock, cache, session)
}

#[test]
fn verbs_are_counted_over_all_sessions_of_the_user_and_each_once() {
    let (clock, cache, one) = limited(|it| it.operations_per_second = Some(10));
    let other = cache.session_for("ada").unwrap();
    let narrowed = one.narrow(Role::ReadWrite.into()).unwrap();
    one.set("k", "v").unwrap();
    one.append("k", "w").unwrap();
    other.incr("n", keyway::Delta::by(1).or_initial(1)).unwrap();
    other.touch("k", Duration::from_secs(60)).unwrap();
    narrowed.get("k").unwrap();
    narrowed.delete("k").unwrap();
    one.flush().unwrap();
    assert_eq!(one.get_many(&["a", "b", "c", "d"]).err(), Some(OPERATIONS), "four are too many");
    one.get_many(&["a", "b", "c"]).unwrap();
    let refused = [
        one.set("k", "v").err(),
        one.add("k", "v").err(),
        one.append("k", "v").err(),
        one.get("k").err(),
        one.incr("n", 1).err(),
        one.touch("k", Duration::ZERO).err(),
        one.get_and_touch("k", Duration::ZERO).err(),
        one.delete("k").err(),
        one.flush().err(),
        one.flush_later(Duration::ZERO).err(),
        other.get("k").err(),
        narrowed.get("k").err(),
    ];
    assert_eq!(refused, [Some(OPERATIONS); 12]);
    assert_eq!(one.standing(), Ok(()), "to ask whether one is in is no verb");
    clock.advance(Duration::from_millis(200));
    assert_eq!([(); 3].map(|()| one.get("k").err()), [None, None, Some(OPERATIONS)]);
}

#[test]
fn what_is_forbidden_or_revoked_takes_nothing_and_is_told_first() {
    let (_, cache, ada) = limited(|it| it.operations_per_second = Some(2));
    cache.users().set_roles("ada", Role::ReadOnly).unwrap();
    assert_eq!([(); 9].map(|()| ada.set("k", "v").err()), [Some(Refusal::Forbidden); 9]);
    assert_eq!([(); 3].map(|()| ada.get("k").err()), [None, None, Some(OPERATIONS)]);
    cache.users().revoke("ada").unwrap();
    assert_eq!(ada.get("k").err(), Some(Refusal::Revoked));
}

#[test]
fn bytes_are_counted_each_way() {
    let (clock, _, ada) = limited(|it| it.bytes_per_second = Some(1000));
    ada.set("k", &[7; 5000]).unwrap();
    assert_eq!(ada.set("j", "v").err(), Some(BYTES_IN));
    assert_eq!(ada.append("k", "v").err(), Some(BYTES_IN));
    ada.get("k").unwrap().unwrap();
    assert_eq!(ada.get("k").err(), Some(BYTES_OUT));
    assert_eq!(ada.get_many(&["k"]).err(), Some(BYTES_OUT));
    assert_eq!(ada.get_and_touch("k", Duration::from_secs(60)).err(), Some(BYTES_OUT));
    assert!(ada.touch("k", Duration::from_secs(60)).unwrap(), "it gives no value out");
    assert!(ada.delete("k").unwrap());
    clock.advance(Duration::from_millis(4001));
    assert_eq!((ada.set("j", "v").err(), ada.get("j").err()), (None, None));
    clock.advance(Duration::from_secs(9));
    ada.set("k", &[7; 5000]).unwrap();
    ada.get_and_touch("k", Duration::from_secs(60)).unwrap().unwrap();
    assert_eq!(ada.get("k").err(), Some(BYTES_OUT), "it gave a value out");
}

#[test]
fn a_value_that_is_too_large_takes_the_older_one_with_it() {
    let (_, _, ada) = limited(|it| it.value = Some(10));
    let too_large = Refusal::TooLarge { limit: 10 };
    ada.set("k", "0123456789").unwrap();
    assert_eq!(ada.set("k", "0123456789a"), Err(too_large));
    assert!(ada.get("k").unwrap().is_none(), "nobody goes on reading what was to be replaced");
    ada.set("k", "01234567").unwrap();
    assert_eq!(ada.add("j", "0123456789a"), Err(too_large));
    assert_eq!(ada.replace("k", "0123456789a"), Err(too_large));
    assert_eq!(ada.append("k", "890"), Err(Refusal::NotStored));
    ada.append("k", "89").unwrap();
    assert_eq!(ada.blank("j", 11, 0).map(drop), Err(too_large));
    assert!(ada.blank("j", 10, 0).is_ok());
    assert_eq!(ada.get("k").unwrap().as_deref(), Some(&b"0123456789"[..]));
}

#[test]
fn so_many_logins_are_held_at_a_time() {
    let (_, cache, _code_is_no_connection) = limited(|it| it.connections = Some(2));
    let log_in = || cache.login("ada", "pencil").map_err(|error| error.failure());
    let (first, second) = (log_in().unwrap(), log_in().unwrap());
    let (clone, _narrowed) = (first.clone(), first.narrow(Role::ReadOnly.into()).unwrap());
    assert_eq!(log_in().map(drop), Err(LoginFailure::TooManyConnections));
    drop(first);
    assert_eq!(log_in().map(drop), Err(LoginFailure::TooManyConnections), "its clone is held");
    drop(clone);
    let third = log_in().unwrap();
    assert!(log_in().is_err());
    drop((second, third));
    assert_eq!((0..2).map_while(|_| log_in().ok()).collect::<Vec<_>>().len(), 2);
}

#[test]
fn limits_can_be_lifted_and_changed_while_sessions_are_live() {
    let (_, cache, ada) = limited(|it| it.operations_per_second = Some(0));
    assert_eq!(ada.get("k").err(), Some(OPERATIONS));
    cache.users().set_limits("ada", Limits::default()).unwrap();
    assert!((0..1000).all(|_| ada.get("k").is_ok()));
    let mut limits = Limits::default();
    limits.value = Some(1);
    cache.users().set_limits("ada", limits).unwrap();
    assert_eq!(ada.set("k", "vv"), Err(Refusal::TooLarge { limit: 1 }));
    cache.users().add_trusted("bob", Role::ReadWrite).unwrap();
    assert!(cache.session_for("bob").unwrap().set("k", "vv").is_ok(), "another user has none");
}
