//! Logins of users whom a source knows, while it changes, under the orders of their steps.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom`

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{
    Cache, Clock, Config, Refusal, Role, Rounds, SourceError, SourceTerms, SourcedUser, UserSource, Users,
    Verifier,
};
use loom::{
    sync::{Arc, Mutex},
    thread,
};
use loom_tests::explore;

fn config() -> Config {
    let mut config = Config::new(1 << 16);
    config.stripes = 1;
    config.clock = Clock::manual();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    config
}

/// A source that knows ada until she is removed from it.
#[derive(Clone, Debug)]
struct Source {
    knows: Arc<Mutex<bool>>,
    verifier: Verifier,
}

impl UserSource for Source {
    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        let found = *self.knows.lock().unwrap() && name == "ada";
        Ok(found.then(|| SourcedUser::stored(Role::ReadWrite, [self.verifier.clone().into()])))
    }
}

/// One logs in while ada is removed from the source and looked up again. Whatever the order: after one more look, which the
/// answer to that login cannot overtake any more, nothing of hers can write.
#[test]
fn whoever_the_source_does_not_know_has_no_session_after_the_next_look() {
    let verifier = Verifier::derive("pencil", Rounds::MIN).unwrap();
    explore(2, move || {
        let knows = Arc::new(Mutex::new(true));
        let users = Users::with_mock_key([7; 32]);
        users.draw_from(Source { knows: knows.clone(), verifier: verifier.clone() }, SourceTerms::default());
        let cache = Cache::new(config(), users).unwrap();
        let looking = cache.clone();
        let thread = thread::spawn(move || {
            *knows.lock().unwrap() = false;
            looking.users().look_again().unwrap();
        });
        let login = cache.login("ada", "pencil");
        thread.join().unwrap();
        cache.users().look_again().unwrap();
        if let Ok(session) = login {
            assert_eq!(session.set("k", "v"), Err(Refusal::Revoked));
        }
    });
}
