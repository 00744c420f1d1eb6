//! Changes of what is allowed, against verbs in flight.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom --test roles`

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{Cache, Clock, Config, Refusal, Role, Rule, Rules, Session, Users, Verb};
use loom::thread;
use loom_tests::explore;

/// See `explore`: a change of users is many steps.
const INTERRUPTIONS: usize = 5;

/// A cache with one user `ada`, whose role is `hers`, a clock that stands still and the same hash each time, as loom requires.
fn cache(rules: Rules) -> Cache {
    let mut config = Config::new(1 << 20);
    config.stripes = 1;
    config.clock = Clock::manual();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let users = Users::with_mock_key([7; 32]);
    users.define_role("hers", rules).unwrap();
    users.add_trusted("ada", ["hers"]).unwrap();
    users.add_trusted("observer", Role::ReadOnly).unwrap();
    Cache::new(config, users).unwrap()
}

fn of(cache: &Cache, name: &str) -> Session {
    cache.session_for(name).unwrap()
}

/// A write that is under way while `change` takes away what allows it is there when `change` has returned, or never.
fn no_write_lands_after(
    rules: fn() -> Rules,
    session: fn(&Session) -> Session,
    change: fn(&Users),
    refusal: Refusal,
) {
    explore(INTERRUPTIONS, move || {
        let cache = cache(rules());
        let writer = session(&of(&cache, "ada"));
        let thread = thread::spawn(move || writer.set("k", "late"));
        change(cache.users());
        let then = of(&cache, "observer").get("k").unwrap();
        let outcome = thread.join().unwrap();
        assert_eq!(outcome.is_ok(), then.is_some(), "a write after the change, or a lost one before it");
        assert!(outcome.is_ok() || outcome == Err(refusal));
    });
}

fn writes_below_k() -> Rules {
    Rules::from([Rule::allow(Verb::Write).under("k")])
}

fn writes() -> Rules {
    Rules::from([Rule::allow(Verb::Write)])
}

#[test]
fn no_write_lands_that_a_redefined_role_denies() {
    let change = |users: &Users| {
        let denied = Rules::from([Rule::allow(Verb::Write), Rule::deny(Verb::Write).under("k")]);
        users.define_role("hers", denied).unwrap();
    };
    no_write_lands_after(writes, Session::clone, change, Refusal::Forbidden);
}

#[test]
fn no_write_lands_by_a_prefix_that_a_redefined_role_lacks() {
    let change = |users: &Users| users.define_role("hers", Rules::default()).unwrap();
    no_write_lands_after(writes_below_k, Session::clone, change, Refusal::Forbidden);
}

#[test]
fn no_write_lands_after_its_user_got_other_roles() {
    let change = |users: &Users| users.set_roles("ada", ["read-only"]).unwrap();
    no_write_lands_after(writes_below_k, Session::clone, change, Refusal::Forbidden);
}

#[test]
fn no_write_lands_after_its_role_was_removed() {
    let change = |users: &Users| users.remove_role("hers").unwrap();
    no_write_lands_after(writes_below_k, Session::clone, change, Refusal::Forbidden);
}

#[test]
fn no_write_of_a_narrowed_session_lands_after_its_maker_lost_the_right() {
    let narrow = |session: &Session| session.narrow(writes_below_k()).unwrap();
    let change = |users: &Users| users.define_role("hers", Rules::from(Role::ReadOnly)).unwrap();
    no_write_lands_after(writes, narrow, change, Refusal::Forbidden);
}

#[test]
fn no_write_of_a_narrowed_session_lands_after_its_maker_was_revoked() {
    let narrow = |session: &Session| session.narrow(writes_below_k()).unwrap();
    no_write_lands_after(writes, narrow, |users| users.revoke("ada").unwrap(), Refusal::Revoked);
}

/// While `old` becomes `new`: who has been allowed `gained` by the new ones is not allowed `lost` by the old ones any more.
fn the_old_rules_are_not_seen_after_the_new_ones(
    old: fn() -> Rules,
    new: fn() -> Rules,
    gained: Verb,
    lost: Verb,
) {
    explore(INTERRUPTIONS, move || {
        let cache = cache(old());
        let ada = of(&cache, "ada");
        let thread = thread::spawn(move || {
            let gained = ada.may(gained, Some(b"k"));
            (gained, ada.may(lost, Some(b"k")))
        });
        cache.users().define_role("hers", new()).unwrap();
        let (gained, lost) = thread.join().unwrap();
        assert!(gained.is_err() || lost.is_err(), "what no single set of rules allows");
    });
}

#[test]
fn a_verb_is_decided_by_the_old_rules_or_by_the_new_ones_and_never_back() {
    let reads = || Rules::from([Rule::allow(Verb::Read)]);
    the_old_rules_are_not_seen_after_the_new_ones(reads, writes_below_k, Verb::Write, Verb::Read);
    the_old_rules_are_not_seen_after_the_new_ones(writes_below_k, reads, Verb::Read, Verb::Write);
    the_old_rules_are_not_seen_after_the_new_ones(reads, writes, Verb::Write, Verb::Read);
    // With rules by prefix before, too, these are asked while the word is still the old one.
    let both = || Rules::from([Rule::allow(Verb::Read), Rule::allow(Verb::Delete).under("x")]);
    the_old_rules_are_not_seen_after_the_new_ones(both, writes_below_k, Verb::Write, Verb::Read);
}
