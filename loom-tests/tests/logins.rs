//! Logins while the users change, under the orders of their steps.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom`

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{
    Cache, Clock, Config, Credential, Mechanism, Refusal, Role, Rounds, Session, Step, UserRecord, Users,
    Verifier,
};
use loom::thread;
use loom_tests::explore;

/// So many times a thread is interrupted where it need not wait, at most. The fault that this is for shows with one.
const INTERRUPTIONS: usize = 3;

/// What a users file says: ada's password, and the role that comes with it.
#[derive(Clone)]
struct Listing {
    password: &'static str,
    role: Role,
    verifier: Verifier,
}

impl Listing {
    /// Derived once, outside of the models.
    fn new(password: &'static str, role: Role) -> Self {
        Self { password, role, verifier: Verifier::derive(password, Rounds::MIN).unwrap() }
    }

    fn apply_to(&self, users: &Users) {
        users.replace(vec![UserRecord::new("ada", self.role, self.verifier.clone())]).unwrap();
    }
}

fn cache(listing: &Listing) -> Cache {
    let mut config = Config::new(1 << 16);
    config.stripes = 1;
    config.clock = Clock::manual();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let users = Users::with_mock_key([7; 32]);
    listing.apply_to(&users);
    Cache::new(config, users).unwrap()
}

/// One logs in, by the old password or the new one, and writes, while the list is replaced. Who had only the role to read with
/// the password never writes, whichever list came first.
fn a_login_has_the_role_that_was_listed_with_its_password(old: &Listing, new: &Listing, tried: &Listing) {
    let (old, new, tried) = (old.clone(), new.clone(), tried.clone());
    // Each order costs a derivation, hence not quite all of them.
    explore(INTERRUPTIONS, move || {
        let cache = cache(&old);
        let replacing = cache.clone();
        let next = new.clone();
        let thread = thread::spawn(move || next.apply_to(replacing.users()));
        if let Ok(session) = cache.login("ada", tried.password) {
            match session.set("k", "v") {
                Ok(_) => assert_eq!(tried.role, Role::ReadWrite, "a role of the other list"),
                Err(Refusal::Forbidden) => assert_eq!(tried.role, Role::ReadOnly, "a role of the other list"),
                Err(refusal) => assert_eq!(refusal, Refusal::Revoked),
            }
        }
        thread.join().unwrap();
    });
}

#[test]
fn row_28_a_login_during_a_reload_has_the_role_that_was_listed_with_its_password() {
    let listings = [Listing::new("old", Role::ReadOnly), Listing::new("new", Role::ReadWrite)];
    for (old, new) in [(0, 1), (1, 0)] {
        for tried in &listings {
            a_login_has_the_role_that_was_listed_with_its_password(&listings[old], &listings[new], tried);
        }
    }
}

/// Ada with two passwords, one of which goes.
#[derive(Clone)]
struct Passwords {
    going: Verifier,
    staying: Verifier,
}

impl Passwords {
    /// Derived once, outside of the models.
    fn new() -> Self {
        let going = Verifier::derive("going", Rounds::MIN).unwrap();
        Self { staying: going.derive_beside("staying").unwrap(), going }
    }

    fn both(&self) -> UserRecord {
        let mut ada = UserRecord::new("ada", Role::ReadWrite, self.going.clone());
        ada.add_credential(Credential::new("2", self.staying.clone())).unwrap();
        ada
    }

    fn cache(&self) -> Cache {
        let mut config = Config::new(1 << 16);
        config.stripes = 1;
        config.clock = Clock::manual();
        config.fixed_hash_key = Some([1, 2, 3, 4]);
        let users = Users::with_mock_key([7; 32]);
        users.add_record(self.both()).unwrap();
        Cache::new(config, users).unwrap()
    }
}

/// By the password that was verified before, so without a derivation.
fn remembered(cache: &Cache, password: &str) -> Option<Session> {
    match cache.exchange(Mechanism::Plain).step(format!("\0ada\0{password}").as_bytes()) {
        Step::Open(session) => Some(session),
        Step::Verify(_) => None,
        other => panic!("PLAIN says all in one message: {other:?}"),
    }
}

/// Whoever logs in by what is remembered writes nothing once the removal of that password has returned: an observer who saw no
/// write then never sees one. The other password's session goes on.
#[test]
fn a_remembered_password_that_is_dropped_opens_nothing_any_more() {
    let passwords = Passwords::new();
    explore(INTERRUPTIONS, move || {
        let cache = passwords.cache();
        let observer = cache.login("ada", "staying").unwrap();
        cache.login("ada", "going").unwrap();
        let dropping = (cache.clone(), observer.clone());
        let thread = thread::spawn(move || {
            let (cache, observer) = dropping;
            cache.users().remove_credential("ada", "1").unwrap();
            observer.get("k").unwrap().is_some()
        });
        let written = remembered(&cache, "going").is_some_and(|session| session.set("k", "v").is_ok());
        let seen = thread.join().unwrap();
        assert!(seen || !written, "a write of a password that was gone");
        assert!(remembered(&cache, "going").is_none());
        assert!(remembered(&cache, "staying").is_some() && observer.get("k").is_ok());
    });
}

/// A verification that is under way while its password goes, and comes back as another credential of the same verifier, is
/// remembered for the one or the other: whoever is let in by memory is let in by a login that still counts.
#[test]
fn a_verification_that_outlives_its_credential_is_not_remembered_for_the_next_one() {
    let passwords = Passwords::new();
    explore(INTERRUPTIONS, move || {
        let cache = passwords.cache();
        let (changing, going) = (cache.clone(), passwords.going.clone());
        let thread = thread::spawn(move || {
            changing.users().remove_credential("ada", "1").unwrap();
            changing.users().add_credential("ada", Credential::new("3", going)).unwrap();
        });
        let session = cache.login("ada", "going");
        thread.join().unwrap();
        let counts = session.is_ok_and(|session| session.standing().is_ok());
        assert_eq!(remembered(&cache, "going").is_some(), counts);
    });
}

/// A reload that keeps one password and drops another: the one logs in throughout, the other's writes end with the reload.
#[test]
fn a_reload_that_keeps_a_password_shuts_out_only_the_others() {
    let passwords = Passwords::new();
    explore(INTERRUPTIONS, move || {
        let cache = passwords.cache();
        let held = cache.login("ada", "staying").unwrap();
        let (reloading, mut listed) = (cache.clone(), passwords.both());
        listed.remove_credential("1").unwrap();
        let thread = thread::spawn(move || {
            reloading.users().replace(vec![listed]).unwrap();
        });
        let staying = remembered(&cache, "staying").unwrap();
        staying.set("k", "v").unwrap();
        let going = cache.login("ada", "going");
        thread.join().unwrap();
        if let Ok(session) = going {
            assert_eq!(session.set("k", "v"), Err(Refusal::Revoked));
        }
        held.set("k", "v").unwrap();
        staying.set("k", "v").unwrap();
    });
}
