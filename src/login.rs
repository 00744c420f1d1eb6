//! From a name to a session: the exchanges of a mechanism, or a password to verify.

use crate::{
    LoginError, Session,
    auth::{self, Claim},
    store::Store,
    sync::Arc,
};

/// A login by a SASL mechanism under way. Sans-IO: the caller carries the messages, and decides which thread pays for
/// a derivation.
///
/// ```
/// # use keyway::{Cache, Config, Mechanism, Role, Rounds, Step, Users, Verifier};
/// # let users = Users::new();
/// # users.add_verifier("ada", Verifier::derive("s3cret", Rounds::new(4096).ok_or("in range")?)?, Role::ReadWrite)?;
/// let cache = Cache::new(Config::new(1 << 20), users)?;
/// match cache.exchange(Mechanism::Plain).step(b"\0ada\0s3cret") {
///     Step::Verify(attempt) => assert_eq!(attempt.verify()?.user(), "ada"),
///     other => panic!("PLAIN says all in one message: {other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Exchange {
    inner: auth::Exchange,
    store: Arc<Store>,
}

/// What comes after a client's message.
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "whoever drives an exchange must handle each outcome")]
pub enum Step {
    /// Send these bytes (there may be none) and feed the answer to the exchange.
    Challenge(Vec<u8>, Exchange),
    /// A password to verify, which takes milliseconds of CPU: call [`Attempt::verify`] where that hurts nobody.
    Verify(Attempt),
    /// Logged in.
    Open(Session),
    /// Refused. Tell the client nothing of the reason.
    Refused(LoginError),
}

impl Exchange {
    pub(crate) fn new(inner: auth::Exchange, store: Arc<Store>) -> Self {
        Self { inner, store }
    }

    /// Feeds the client's next message; empty where it sent none.
    pub fn step(self, message: &[u8]) -> Step {
        let store = self.store;
        match self.inner.step(message) {
            auth::Step::Challenge(bytes, inner) => Step::Challenge(bytes, Self { inner, store }),
            auth::Step::Verify(claim) => Step::Verify(Attempt { claim, store }),
            auth::Step::Proven(grant) => Step::Open(Session::new(grant, store)),
            auth::Step::Refused(error) => Step::Refused(error),
        }
    }
}

/// A name and a password that somebody claims, not yet verified. Consumed by the verification, and the only way from a
/// password to a [`Session`].
#[derive(Debug)]
pub struct Attempt {
    claim: Claim,
    store: Arc<Store>,
}

impl Attempt {
    pub(crate) fn new(claim: Claim, store: Arc<Store>) -> Self {
        Self { claim, store }
    }

    /// The name that was claimed, as it was sent.
    #[must_use]
    pub fn claimed_name(&self) -> &str {
        self.claim.claimed_name()
    }

    /// The outcome at once if this password of this user was verified before: microseconds of CPU. Otherwise the
    /// attempt as it was. [`Exchange::step`] has asked this already; ask again after the attempt has waited.
    ///
    /// # Errors
    ///
    /// The attempt, if it needs [`Attempt::verify`].
    pub fn recall(self) -> Result<Result<Session, LoginError>, Self> {
        let Self { claim, store } = self;
        match claim.recall() {
            Ok(outcome) => Ok(outcome.map(|grant| Session::new(grant, store))),
            Err(claim) => Err(Self { claim, store }),
        }
    }

    /// Derives and compares: milliseconds of CPU, as many for a name that does not exist. Microseconds if the user has
    /// logged in with this password meanwhile; see `Users::stop_remembering`.
    ///
    /// # Errors
    ///
    /// [`LoginError`], which tells the operator why.
    pub fn verify(self) -> Result<Session, LoginError> {
        self.claim.verify().map(|grant| Session::new(grant, self.store))
    }
}
