//! One thing that is stored of a password, and how a password is held against it.

use super::{
    likeness::Work,
    password::Password,
    password_hash::{Hashed, PasswordHash},
    user_error::UserError,
    verifier::Verifier,
};
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
/// | [`Password`](Self::Password) | one that begins with `$`, `#` or `{`; see [`PasswordHash`] | PLAIN |
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
    /// A hash that only a whole password can be held against.
    Password(PasswordHash),
}

/// What comes of a password by one derivation: to be held against each form that takes the same one.
pub(super) enum Derived {
    Scram(Verifier),
    Password(Hashed),
}

impl StoredForm {
    /// Whether both are of one kind, so that a credential needs no more than one of them.
    pub(super) fn is_of_the_kind_of(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Scram(_), Self::Scram(_)) | (Self::Password(_), Self::Password(_)))
    }

    /// Whether both are the same, made from the same password with the same salt.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scram(one), Self::Scram(other)) => one.is_same_as(other),
            (Self::Password(one), Self::Password(other)) => one.is_same_as(other),
            _ => false,
        }
    }

    /// Whether a password can be held against it.
    pub(super) fn takes_passwords(&self) -> bool {
        match self {
            Self::Scram(_) | Self::Password(_) => true,
        }
    }

    /// Whether a verifier is to take its place.
    pub(super) fn is_weak(&self) -> bool {
        matches!(self, Self::Password(hash) if hash.is_weak())
    }

    /// The verifier, if it is one of SCRAM.
    pub(super) fn verifier(&self) -> Option<&Verifier> {
        match self {
            Self::Scram(verifier) => Some(verifier),
            Self::Password(_) => None,
        }
    }

    /// What strangers can see of it.
    pub(super) fn work(&self) -> Work {
        match self {
            Self::Scram(verifier) => Work::Scram(verifier.rounds()),
            Self::Password(hash) => hash.work(),
        }
    }

    /// Whether what is derived for one can be held against the other.
    pub(super) fn shares_derivation_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scram(one), Self::Scram(other)) => one.shares_derivation_with(other),
            (Self::Password(one), Self::Password(other)) => one.shares_derivation_with(other),
            _ => false,
        }
    }

    /// The work of a login by password: milliseconds of CPU. `beside` is another verifier of the user, if there is one.
    pub(super) fn derive(&self, password: &Password, beside: Option<&Verifier>) -> Derived {
        match self {
            Self::Scram(verifier) => Derived::Scram(verifier.derive_again(password)),
            Self::Password(hash) => Derived::Password(hash.hash(password, beside)),
        }
    }

    /// Whether this is stored of the password that `derived` came from, by a form that shares the derivation.
    pub(super) fn matches(&self, derived: &Derived) -> Choice {
        match (self, derived) {
            (Self::Scram(verifier), Derived::Scram(derived)) => verifier.has_stored_key_of(derived),
            (Self::Password(hash), Derived::Password(hashed)) => hash.matches(hashed),
            _ => Choice::from(0),
        }
    }

    /// The same kind of form of another password of the same user; `None` where the kind is one that is not made anew.
    pub(super) fn derive_beside(&self, password: &Password) -> Result<Option<Self>, UserError> {
        match self {
            Self::Scram(verifier) => Ok(Some(verifier.derive_again(password).into())),
            Self::Password(hash) => Ok(hash.derive_beside(password)?.map(Self::from)),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Scram(_) => "Scram",
            Self::Password(_) => "Password",
        }
    }
}

impl From<Verifier> for StoredForm {
    fn from(verifier: Verifier) -> Self {
        Self::Scram(verifier)
    }
}

impl From<PasswordHash> for StoredForm {
    fn from(hash: PasswordHash) -> Self {
        Self::Password(hash)
    }
}

impl Derived {
    /// What is to take the place of a weak form that it matched.
    pub(super) fn upgrade(&self) -> Option<&Verifier> {
        match self {
            Self::Password(hashed) => hashed.upgrade(),
            Self::Scram(_) => None,
        }
    }
}

impl FromStr for StoredForm {
    type Err = UserError;

    /// # Errors
    ///
    /// [`UserError::BadRounds`] if only the count of iterations is out of range, [`UserError::BadPasswordHash`] if it begins as a
    /// password hash does, else [`UserError::BadVerifier`].
    fn from_str(text: &str) -> Result<Self, UserError> {
        if text.starts_with(['$', '#', '{']) {
            text.parse().map(Self::Password)
        } else {
            text.parse().map(Self::Scram)
        }
    }
}

impl fmt::Display for StoredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scram(verifier) => verifier.fmt(f),
            Self::Password(hash) => hash.fmt(f),
        }
    }
}

impl fmt::Debug for StoredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(..)", self.kind())
    }
}
