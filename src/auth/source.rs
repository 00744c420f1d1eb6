//! Users whom something outside of this process knows: a database, a directory.

use super::{role::Role, verifier::Verifier};
use std::{error::Error, fmt, time::Duration};

/// Where users come from who are not added by code: a database with what is stored of their passwords, or a directory
/// that verifies passwords itself.
///
/// Each method may block, for a second or two at most. They are called from several threads at once.
///
/// Names are prepared by SASLprep (RFC 4013) and hold no control character. How a source compares them is its own affair,
/// but each spelling that it answers to is a user of its own here.
///
/// ```
/// use keyway::{Role, Rounds, SourceError, SourcedPassword, SourcedUser, UserSource, Verifier};
///
/// /// Knows one user.
/// #[derive(Debug)]
/// struct OnlyAda(Verifier);
///
/// impl UserSource for OnlyAda {
///     fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
///         let stored = SourcedPassword::Stored(self.0.clone());
///         Ok((name == "ada").then(|| SourcedUser::new(Role::ReadWrite, stored)))
///     }
/// }
///
/// let source = OnlyAda(Verifier::derive("pencil", Rounds::MIN)?);
/// assert!(source.find("ada")?.is_some() && source.find("eve")?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait UserSource: fmt::Debug + Send + Sync {
    /// The user of this name; `None` if there is none. It should take as long for a name that is unknown as for one that is
    /// not, or strangers can tell them apart with a stopwatch.
    ///
    /// # Errors
    /// [`SourceError`] if that cannot be told now. Users who were found within [`SourceTerms::grace`] go on then.
    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError>;

    /// Whether it has users whose passwords it verifies itself ([`SourcedPassword::VerifiedThere`]); by default not. If so,
    /// [`verify`](Self::verify) is also called for names that it does not know.
    fn verifies_passwords(&self) -> bool {
        false
    }

    /// Whether this is the password of a user whom [`find`](Self::find) said it verifies
    /// ([`SourcedPassword::VerifiedThere`]). The password is prepared by SASLprep and never empty. It should take as long for an
    /// unknown name as for a wrong password.
    ///
    /// # Errors
    /// [`SourceError`] if that cannot be told now; by default always, for sources that store verifiers.
    fn verify(&self, name: &str, password: &str) -> Result<Judgement, SourceError> {
        let _unused = (name, password);
        Err(SourceError::Unusable("this source verifies no passwords".to_owned()))
    }
}

/// What a source says of a user.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourcedUser {
    /// What the user may do.
    pub role: Role,
    /// How its password is verified.
    pub password: SourcedPassword,
}

impl SourcedUser {
    /// A user with this role, whose password is verified like this.
    #[must_use]
    pub fn new(role: Role, password: SourcedPassword) -> Self {
        Self { role, password }
    }
}

/// How the password of a user of a source is verified.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a third way would need code wherever users log in")]
pub enum SourcedPassword {
    /// By what the source stores of it; by every mechanism.
    Stored(Verifier),
    /// By the source itself ([`UserSource::verify`]), which must see the password: by PLAIN alone.
    VerifiedThere,
}

/// What a source says to a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a password is right or wrong")]
pub enum Judgement {
    /// It is the user's.
    Right,
    /// It is not, or there is no such user.
    Wrong,
}

/// How long what a source says counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceTerms {
    /// So long a password that was verified is remembered without another look at the source. By default a minute: then a
    /// storm of reconnecting clients asks once for each user. Zero: each login asks.
    pub fresh: Duration,
    /// So long users go on logging in with what the source last said of them while it does not answer. By default an hour.
    /// Sessions that are open stay open however long it lasts.
    pub grace: Duration,
}

impl Default for SourceTerms {
    fn default() -> Self {
        Self { fresh: Duration::from_secs(60), grace: Duration::from_secs(60 * 60) }
    }
}

/// Why a source could not tell. The text is for the operator's log and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// It cannot be reached, or did not answer in time. It may later.
    Unavailable(String),
    /// It answered what cannot be used, and will again until somebody sees to it.
    Unusable(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the source of users does not answer: {why}"),
            Self::Unusable(why) => write!(f, "the source of users answers what cannot be used: {why}"),
        }
    }
}

impl Error for SourceError {}

impl<S: UserSource + ?Sized> UserSource for Box<S> {
    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        (**self).find(name)
    }

    fn verifies_passwords(&self) -> bool {
        (**self).verifies_passwords()
    }

    fn verify(&self, name: &str, password: &str) -> Result<Judgement, SourceError> {
        (**self).verify(name, password)
    }
}
