//! One thing that is stored of a password, and how a password is held against it.

use super::{
    cram_md5::CramMd5Secret,
    likeness::Work,
    mechanism::Mechanism,
    password::Password,
    password_hash::{Hashed, PasswordHash},
    rounds::Rounds,
    scram_hash::ScramHash,
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
/// | the same with SHA-512 | `SCRAM-SHA-512$<iterations>:<salt>$<StoredKey>:<ServerKey>` | SCRAM-SHA-512, PLAIN |
/// | [`CramMd5`](Self::CramMd5) | `CRAM-MD5$<states>` | CRAM-MD5; **as good as the password** |
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
    /// HMAC-MD5 as far as the password takes it. Only where it is asked for: whoever reads it can log in.
    CramMd5(CramMd5Secret),
    /// A hash that only a whole password can be held against.
    Password(PasswordHash),
}

/// What comes of a password by one derivation: to be held against each form that takes the same one.
pub(super) enum Derived {
    Scram(Verifier),
    Password(Hashed),
}

impl StoredForm {
    /// Whether the mechanism can be judged by it.
    ///
    /// ```
    /// use keyway::{CramMd5Secret, Mechanism, Rounds, StoredForm, Verifier};
    ///
    /// let form = StoredForm::from(Verifier::derive("correct horse", Rounds::MIN)?);
    /// assert!(form.serves(Mechanism::ScramSha256) && form.serves(Mechanism::Plain));
    /// assert!(!form.serves(Mechanism::ScramSha512) && !form.serves(Mechanism::CramMd5));
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn serves(&self, mechanism: Mechanism) -> bool {
        self.work().serves(mechanism)
    }

    /// Whether both are of one kind, so that a credential needs no more than one of them.
    pub(super) fn is_of_the_kind_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scram(one), Self::Scram(other)) => one.hash() == other.hash(),
            (Self::CramMd5(_), Self::CramMd5(_)) | (Self::Password(_), Self::Password(_)) => true,
            _ => false,
        }
    }

    /// Whether both are the same, made from the same password with the same salt.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scram(one), Self::Scram(other)) => one.is_same_as(other),
            (Self::CramMd5(one), Self::CramMd5(other)) => one.is_same_as(other),
            (Self::Password(one), Self::Password(other)) => one.is_same_as(other),
            _ => false,
        }
    }

    /// Whether a password can be held against it.
    pub(super) fn takes_passwords(&self) -> bool {
        self.serves(Mechanism::Plain)
    }

    /// The verifier, if it is one of SCRAM with this hash function.
    pub(super) fn verifier(&self, hash: ScramHash) -> Option<&Verifier> {
        match self {
            Self::Scram(verifier) => Some(verifier).filter(|verifier| verifier.hash() == hash),
            Self::Password(_) | Self::CramMd5(_) => None,
        }
    }

    /// Whether a verifier is to take its place.
    pub(super) fn is_weak(&self) -> bool {
        matches!(self, Self::Password(hash) if hash.is_weak())
    }

    /// The secret, if it is one of CRAM-MD5.
    pub(super) fn cram_md5(&self) -> Option<&CramMd5Secret> {
        match self {
            Self::CramMd5(secret) => Some(secret),
            Self::Scram(_) | Self::Password(_) => None,
        }
    }

    /// What strangers can see of it.
    pub(super) fn work(&self) -> Work {
        match self {
            Self::Scram(verifier) => Work::Scram(verifier.hash(), verifier.rounds()),
            Self::CramMd5(_) => Work::CramMd5,
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

    /// The work of a login by password: milliseconds of CPU. `beside` is another verifier of the user, if there is one. `None` if
    /// this takes no passwords.
    pub(super) fn derive(&self, password: &Password, beside: Option<&Verifier>) -> Option<Derived> {
        match self {
            Self::Scram(verifier) => Some(Derived::Scram(verifier.derive_again(password))),
            Self::Password(hash) => Some(Derived::Password(hash.hash(password, beside))),
            Self::CramMd5(_) => None,
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

    /// The same kind of form of another password, with a salt of its own; `None` where the kind is one that is not made anew.
    pub(super) fn derive_afresh(&self, password: &str) -> Result<Option<Self>, UserError> {
        match self {
            Self::Scram(verifier) => {
                Verifier::derive_for(verifier.hash(), password, Rounds::default()).map(|it| Some(it.into()))
            }
            Self::CramMd5(_) | Self::Password(_) => self.derive_beside(&Password::new(password)?),
        }
    }

    /// The same kind of form of another password of the same user; `None` where the kind is one that is not made anew.
    pub(super) fn derive_beside(&self, password: &Password) -> Result<Option<Self>, UserError> {
        match self {
            Self::Scram(verifier) => Ok(Some(verifier.derive_again(password).into())),
            Self::CramMd5(_) => Ok(Some(CramMd5Secret::from_key(password.as_bytes()).into())),
            Self::Password(hash) => Ok(hash.derive_beside(password)?.map(Self::from)),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Scram(_) => "Scram",
            Self::CramMd5(_) => "CramMd5",
            Self::Password(_) => "Password",
        }
    }
}

impl From<Verifier> for StoredForm {
    fn from(verifier: Verifier) -> Self {
        Self::Scram(verifier)
    }
}

impl From<CramMd5Secret> for StoredForm {
    fn from(secret: CramMd5Secret) -> Self {
        Self::CramMd5(secret)
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
    /// password hash does, [`UserError::BadCramMd5Secret`] likewise, else [`UserError::BadVerifier`].
    fn from_str(text: &str) -> Result<Self, UserError> {
        if text.starts_with(['$', '#', '{']) {
            text.parse().map(Self::Password)
        } else if text.starts_with(CramMd5Secret::SCHEME) {
            text.parse().map(Self::CramMd5)
        } else {
            text.parse().map(Self::Scram)
        }
    }
}

impl fmt::Display for StoredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scram(verifier) => verifier.fmt(f),
            Self::CramMd5(secret) => secret.fmt(f),
            Self::Password(hash) => hash.fmt(f),
        }
    }
}

impl fmt::Debug for StoredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(..)", self.kind())
    }
}
