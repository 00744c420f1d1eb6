//! Logins while the users change, under the orders of their steps.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom`

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{Cache, Clock, Config, Refusal, Role, Rounds, UserRecord, Users, Verifier};
use loom::thread;

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
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(INTERRUPTIONS);
    model.check(move || {
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
