//! Tokens, revocation and limits, under every order of the threads' steps that matters.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom`

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{Cache, Clock, Config, Delta, Expiry, Limits, Refusal, Role, Session, TokenScope, Users};
use loom::thread;
use loom_tests::explore;
use std::time::{Duration, SystemTime};

/// See `explore`: a change of users is many steps.
const INTERRUPTIONS: usize = 5;

/// A cache with `ada` and an observer, a clock that stands still and the same hash each time, as loom requires.
fn cache() -> Cache {
    let mut config = Config::new(1 << 20);
    config.stripes = 1;
    config.clock = Clock::manual();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let users = Users::with_mock_key_and_clock([7; 32], Clock::manual());
    users.add_trusted("ada", Role::ReadWrite).unwrap();
    users.add_trusted("observer", Role::ReadOnly).unwrap();
    Cache::new(config, users).unwrap()
}

/// What a key stands at for somebody who comes now, whatever was revoked before.
fn seen(cache: &Cache) -> Option<Vec<u8>> {
    let observer = cache.session_for("observer").unwrap();
    observer.get("k").unwrap().map(|item| item.value().to_vec())
}

/// One verb of a session that is revoked at the same time: whatever it does is done when `revoke` has returned, or not done.
fn a_verb_does_not_land_late(
    session: fn(&Cache) -> Session,
    verb: fn(&Session) -> Result<(), Refusal>,
    revoke: fn(&Cache, &Session),
) {
    explore(INTERRUPTIONS, move || {
        let cache = cache();
        let writer = cache.session_for("ada").unwrap();
        writer.set("k", "5").unwrap();
        let revoked = session(&cache);
        let acting = revoked.clone();
        let thread = thread::spawn(move || verb(&acting));
        revoke(&cache, &revoked);
        let then = seen(&cache);
        let outcome = thread.join().unwrap();
        let after = seen(&cache);
        assert_eq!(then, after, "it landed after the revocation had returned");
        match outcome {
            Ok(()) => {}
            Err(refusal) => {
                assert_eq!(refusal, Refusal::Revoked);
                assert_eq!(after.as_deref(), Some(&b"5"[..]));
            }
        }
        assert_eq!(revoked.get("k").err(), Some(Refusal::Revoked));
    });
}

fn of_ada(cache: &Cache) -> Session {
    cache.session_for("ada").unwrap()
}

fn by_token(cache: &Cache) -> Session {
    let token = cache.users().mint("ada", TokenScope::all()).unwrap();
    cache.login("ada", token.reveal()).unwrap()
}

fn revoke_user(cache: &Cache, _: &Session) {
    cache.users().revoke("ada").unwrap();
}

fn revoke_session(cache: &Cache, session: &Session) {
    assert!(cache.users().revoke_session(session.id()));
}

fn revoke_token(cache: &Cache, _: &Session) {
    let token = cache.users().tokens()[0].id;
    cache.users().revoke_token(token).unwrap();
}

const SETS: fn(&Session) -> Result<(), Refusal> = |session| session.set("k", "late").map(drop);

#[test]
fn no_verb_lands_after_its_user_was_revoked() {
    let verbs: [fn(&Session) -> Result<(), Refusal>; 11] = [
        SETS,
        |session| session.append("k", "late").map(drop),
        |session| session.incr("k", Delta::by(1)).map(drop),
        |session| session.touch("k", Expiry::After(Duration::ZERO)).map(drop),
        |session| session.delete("k").map(drop),
        |session| session.flush(),
        |session| session.replace("k", "late").map(drop),
        |session| session.prepend("k", "late").map(drop),
        |session| session.decr("k", 1).map(drop),
        |session| session.flush_later(Expiry::After(Duration::ZERO)),
        |session| {
            let mut blank = session.blank("k", 4, 0)?;
            blank.append(b"late");
            session.set_filled(blank).map(drop)
        },
    ];
    for verb in verbs {
        a_verb_does_not_land_late(of_ada, verb, revoke_user);
    }
}

#[test]
fn no_write_lands_after_its_role_was_revoked() {
    fn revoke_role(cache: &Cache, _: &Session) {
        cache.users().revoke_role("read-write").unwrap();
    }
    a_verb_does_not_land_late(of_ada, SETS, revoke_role);
    a_verb_does_not_land_late(by_token, SETS, revoke_role);
}

/// The role is another one when the verb looks for it.
#[test]
fn no_write_lands_after_its_role_was_revoked_and_lost() {
    fn revoke_and_take(cache: &Cache, _: &Session) {
        cache.users().revoke_role("read-write").unwrap();
        cache.users().set_roles("ada", Role::Admin).unwrap();
    }
    a_verb_does_not_land_late(of_ada, SETS, revoke_and_take);
}

/// What was seen to for one role is not taken for the other.
#[test]
fn no_write_lands_after_one_of_two_roles_was_revoked() {
    fn of_both(cache: &Cache) -> Session {
        cache.users().set_roles("ada", ["read-only", "read-write"]).unwrap();
        cache.session_for("ada").unwrap()
    }
    fn revoke_both(cache: &Cache, _: &Session) {
        cache.users().revoke_role("admin").unwrap();
        cache.users().revoke_role("read-only").unwrap();
    }
    a_verb_does_not_land_late(of_both, SETS, revoke_both);
}

#[test]
fn no_write_lands_after_all_that_is_older_was_revoked() {
    fn revoke_all(cache: &Cache, _: &Session) {
        cache.users().revoke_before(SystemTime::now() + Duration::from_secs(3600));
    }
    a_verb_does_not_land_late(of_ada, SETS, revoke_all);
    a_verb_does_not_land_late(by_token, SETS, revoke_all);
}

#[test]
fn a_session_goes_on_that_gets_a_role_after_it_was_revoked() {
    explore(INTERRUPTIONS, || {
        let cache = cache();
        let session = cache.session_for("observer").unwrap();
        cache.users().revoke_role("read-write").unwrap();
        let thread = thread::spawn(move || (session.get("k").map(drop), session));
        cache.users().set_roles("observer", Role::ReadWrite).unwrap();
        let (outcome, session) = thread.join().unwrap();
        assert_eq!((outcome, session.set("k", "5").map(drop)), (Ok(()), Ok(())));
    });
}

#[test]
fn no_verb_lands_after_its_session_was_ended() {
    a_verb_does_not_land_late(of_ada, SETS, revoke_session);
    a_verb_does_not_land_late(of_ada, |session| session.delete("k").map(drop), revoke_session);
    a_verb_does_not_land_late(of_ada, |session| session.flush(), revoke_session);
}

#[test]
fn no_verb_lands_after_its_token_was_revoked() {
    a_verb_does_not_land_late(by_token, SETS, revoke_token);
    a_verb_does_not_land_late(by_token, SETS, revoke_user);
    a_verb_does_not_land_late(by_token, |session| session.incr("k", Delta::by(1)).map(drop), revoke_token);
}

#[test]
fn a_session_that_goes_while_another_is_ended_leaves_that_one_ended() {
    explore(INTERRUPTIONS, || {
        let cache = cache();
        let (one, other) = (of_ada(&cache), of_ada(&cache));
        assert!(cache.users().revoke_session(one.id()));
        let thread = thread::spawn(move || drop(one));
        assert!(cache.users().revoke_session(other.id()));
        assert_eq!(other.set("k", "late"), Err(Refusal::Revoked));
        thread.join().unwrap();
        assert_eq!(other.set("k", "late"), Err(Refusal::Revoked), "its account still asks");
    });
}

#[test]
fn a_token_is_used_no_more_often_than_it_may() {
    explore(INTERRUPTIONS, || {
        let cache = cache();
        let token = cache.users().mint("ada", TokenScope::all().for_uses(1)).unwrap();
        let (other, text) = (cache.clone(), token.reveal().to_owned());
        let thread = thread::spawn(move || other.login("ada", &text).is_ok());
        let mine = cache.login("ada", token.reveal()).is_ok();
        let theirs = thread.join().unwrap();
        assert!(mine != theirs, "exactly one of two logins takes the one use");
    });
}

#[test]
fn a_login_by_a_token_that_is_revoked_meanwhile_is_refused_or_dead() {
    explore(INTERRUPTIONS, || {
        let cache = cache();
        let token = cache.users().mint("ada", TokenScope::all()).unwrap();
        let (other, text) = (cache.clone(), token.reveal().to_owned());
        let thread = thread::spawn(move || other.login("ada", &text));
        cache.users().revoke_token(token.id()).unwrap();
        if let Ok(session) = thread.join().unwrap() {
            assert_eq!(session.set("k", "late"), Err(Refusal::Revoked));
        }
    });
}

#[test]
fn a_token_minted_while_its_maker_is_revoked_is_worth_nothing() {
    explore(INTERRUPTIONS, || {
        let cache = cache();
        let ada = of_ada(&cache);
        let thread = thread::spawn(move || ada.mint(TokenScope::all()));
        cache.users().revoke("ada").unwrap();
        if let Ok(token) = thread.join().unwrap() {
            assert!(cache.login("ada", token.reveal()).is_err());
        }
    });
}

#[test]
fn a_limit_is_not_passed_by_whoever_come_at_the_same_time() {
    explore(INTERRUPTIONS, || {
        let cache = cache();
        let mut limits = Limits::default();
        limits.operations_per_second = Some(3);
        cache.users().set_limits("ada", limits).unwrap();
        let (one, other) = (of_ada(&cache), of_ada(&cache));
        let reads = |session: &Session| (0..2).filter(|_| session.get("k").is_ok()).count();
        let thread = thread::spawn(move || reads(&other));
        let mine = reads(&one);
        assert_eq!(mine + thread.join().unwrap(), 3);
    });
}

#[test]
fn connections_are_counted_as_they_come_and_go() {
    explore(INTERRUPTIONS, || {
        let cache = cache();
        let mut limits = Limits::default();
        limits.connections = Some(1);
        cache.users().set_limits("ada", limits).unwrap();
        let token = cache.users().mint("ada", TokenScope::all()).unwrap();
        let (other, text) = (cache.clone(), token.reveal().to_owned());
        let thread = thread::spawn(move || other.login("ada", &text).ok());
        let held = [cache.login("ada", token.reveal()).ok(), thread.join().unwrap()];
        assert_eq!(held.iter().flatten().count(), 1, "one of them finds the place free, and not both");
        drop(held);
        assert!(cache.login("ada", token.reveal()).is_ok(), "each place came back");
    });
}
