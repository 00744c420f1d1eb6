//! One thing that is stored of a password, and how a password is held against it.

use super::{likeness::Work, password::Password, user_error::UserError, verifier::Verifier};
use std::{fmt, str::FromStr};
use subtle::Choice;

/// One thing that is stored of a password: which kind it is decides by which mechanisms it can be proven.
///
/// Each kind has one text form, told from the others by how it begins. Treat it as a secret: whoever reads it can try
/// passwords without asking the server. `Debug` shows only the kind.
///
/// | kind | text form | proven by |
/// |---|---|---|
/// | [`Scram`](Self::Scram) | `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` | SCRAM-SHA-256, PLAIN |
///
/// ```
/// use keyway::{Rounds, StoredForm, Verifier};
///
/// let form = StoredForm::from(Verifier::derive("correct horse", Rounds::MIN)?);
/// let read_back: StoredForm = form.to_string().parse()?;
/// assert_eq!(read_back.to_string(), form.to_string());
/// assert_eq!(format!("{form:?}"), "Scram(..)");
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum StoredForm {
    /// The keys of SCRAM (RFC 5802, section 3), by which PLAIN can be judged too.
    Scram(Verifier),
}

/// What comes of a password by one derivation: to be held against each form that takes the same one.
pub(super) enum Derived {
    Scram(Verifier),
}

impl StoredForm {
    /// Whether both are of one kind, so that a credential needs no more than one of them.
    pub(super) fn is_of_the_kind_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scram(_), Self::Scram(_)) => true,
        }
    }

    /// Whether both are the same, made from the same password with the same salt.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scram(one), Self::Scram(other)) => one.is_same_as(other),
        }
    }

    /// Whether a password can be held against it.
    pub(super) fn takes_passwords(&self) -> bool {
        match self {
            Self::Scram(_) => true,
        }
    }

    /// The verifier, if it is one of SCRAM.
    pub(super) fn verifier(&self) -> Option<&Verifier> {
        match self {
            Self::Scram(verifier) => Some(verifier),
        }
    }

    /// What strangers can see of it.
    pub(super) fn work(&self) -> Work {
        match self {
            Self::Scram(verifier) => Work::Scram(verifier.rounds()),
        }
    }

    /// Whether what is derived for one can be held against the other.
    pub(super) fn shares_derivation_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scram(one), Self::Scram(other)) => one.shares_derivation_with(other),
        }
    }

    /// The work of a login by password: milliseconds of CPU.
    pub(super) fn derive(&self, password: &Password) -> Derived {
        match self {
            Self::Scram(verifier) => Derived::Scram(verifier.derive_again(password)),
        }
    }

    /// Whether this is stored of the password that `derived` came from, by a form that shares the derivation.
    pub(super) fn matches(&self, derived: &Derived) -> Choice {
        match (self, derived) {
            (Self::Scram(verifier), Derived::Scram(derived)) => verifier.has_stored_key_of(derived),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Scram(_) => "Scram",
        }
    }
}

impl From<Verifier> for StoredForm {
    fn from(verifier: Verifier) -> Self {
        Self::Scram(verifier)
    }
}

impl FromStr for StoredForm {
    type Err = UserError;

    /// # Errors
    ///
    /// [`UserError::BadRounds`] if only the count of iterations is out of range, else [`UserError::BadVerifier`].
    fn from_str(text: &str) -> Result<Self, UserError> {
        text.parse().map(Self::Scram)
    }
}

impl fmt::Display for StoredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scram(verifier) => verifier.fmt(f),
        }
    }
}

impl fmt::Debug for StoredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(..)", self.kind())
    }
}
