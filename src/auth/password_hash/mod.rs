//! What is stored of a password that is only ever sent whole, by PLAIN.

mod argon2id;
mod bcrypt;
mod unsalted;

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::{
    likeness::Work,
    password::Password,
    randomness::random_bytes,
    rounds::Rounds,
    scram_hash::ScramHash,
    user_error::UserError,
    verifier::{SALT_LEN, Verifier},
};
use argon2id::Argon2id;
use bcrypt::Bcrypt;
use std::{fmt, str::FromStr};
use subtle::{Choice, ConstantTimeEq};
use unsalted::{Digest, Digests};
use zeroize::Zeroizing;

/// What is stored of a password that is only ever sent whole: it serves PLAIN, and SCRAM cannot be answered with it.
///
/// | text form | from | |
/// |---|---|---|
/// | `$argon2id$v=19$m=..,t=..,p=..$<salt>$<hash>` (PHC) | [`derive`](Self::derive) | the dearest to guess at: each guess takes 19 MiB of memory |
/// | `$2y$<cost>$<salt and hash>`, also `2a` and `2b` | Apache's `htpasswd -B` | sees the first 72 bytes of a password |
/// | `#<SHA-256 in hexadecimal>` | Redis' ACL files | weak |
/// | `{SHA}<SHA-1 in base64>` | Apache's `htpasswd -s` | weak |
///
/// A weak one has no salt and costs nothing to guess at, so at the first login with it a [`Verifier`] takes its place: see
/// [`Users::take_upgrades`](crate::Users::take_upgrades).
///
/// ```
/// use keyway::PasswordHash;
///
/// let hash: PasswordHash = "#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse()?;
/// assert!(hash.is_weak());
/// assert!(!PasswordHash::derive("correct horse")?.is_weak());
/// assert!("$apr1$abc$xyz".parse::<PasswordHash>().is_err());
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone)]
pub struct PasswordHash(Kind);

#[derive(Clone)]
enum Kind {
    Argon2id(Argon2id),
    Bcrypt(Bcrypt),
    Weak(Digest),
}

/// What comes of a password by one derivation.
pub(super) enum Hashed {
    Slow(Zeroizing<Vec<u8>>),
    /// With what is to take the digest's place; made before it is known whether the password is right, so that each
    /// guess costs what it does at a verifier. `None` where there were no random bytes for a salt.
    Weak(Digests, Option<Verifier>),
}

impl PasswordHash {
    /// Derives argon2id (RFC 9106) with 19 MiB, two passes and one lane, and a random salt: some 20 milliseconds of CPU.
    ///
    /// ```
    /// use keyway::{PasswordHash, UserError};
    ///
    /// let (one, other) = (PasswordHash::derive("correct horse")?, PasswordHash::derive("correct horse")?);
    /// assert!(one.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    /// assert_ne!(one.to_string(), other.to_string()); // each has a salt of its own
    /// # Ok::<(), UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadPassword`], [`UserError::NoRandomness`].
    pub fn derive(password: &str) -> Result<Self, UserError> {
        let password = Password::new(password)?;
        Ok(Self(Kind::Argon2id(Argon2id::derive(&password)?)))
    }

    /// Whether it costs nothing to guess at, and is replaced at the first login.
    ///
    /// ```
    /// use keyway::PasswordHash;
    ///
    /// let htpasswd_s: PasswordHash = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".parse()?;
    /// let htpasswd_b: PasswordHash = "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.".parse()?;
    /// assert!(htpasswd_s.is_weak() && !htpasswd_b.is_weak());
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn is_weak(&self) -> bool {
        matches!(self.0, Kind::Weak(_))
    }

    /// Another password's hash of the same kind, if that is one to be made anew.
    pub(super) fn derive_beside(&self, password: &Password) -> Result<Option<Self>, UserError> {
        match &self.0 {
            Kind::Argon2id(_) => Ok(Some(Self(Kind::Argon2id(Argon2id::derive(password)?)))),
            Kind::Bcrypt(_) | Kind::Weak(_) => Ok(None),
        }
    }

    pub(super) fn work(&self) -> Work {
        match &self.0 {
            Kind::Argon2id(it) => it.work(),
            Kind::Bcrypt(it) => it.work(),
            Kind::Weak(_) => Work::Weak,
        }
    }

    /// What takes this work, and no password matches.
    pub(super) fn mock(work: Work, salt: &[u8; SALT_LEN], hash: [u8; 32]) -> Option<Self> {
        match work {
            Work::Scram(..) | Work::CramMd5 => None,
            Work::Argon2id { memory, passes, lanes } => {
                Argon2id::mock(memory, passes, lanes, salt, &hash).map(Kind::Argon2id)
            }
            Work::Bcrypt { cost } => Some(Kind::Bcrypt(Bcrypt::mock(cost, *salt, &hash))),
            Work::Weak => Some(Kind::Weak(Digest::mock(hash))),
        }
        .map(Self)
    }

    pub(super) fn shares_derivation_with(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Argon2id(one), Kind::Argon2id(other)) => one.shares_derivation_with(other),
            (Kind::Bcrypt(one), Kind::Bcrypt(other)) => one.shares_derivation_with(other),
            (Kind::Weak(_), Kind::Weak(_)) => true,
            _ => false,
        }
    }

    /// The work of a login: milliseconds of CPU. What is to take a weak one's place has the salt and rounds of `beside`, so that
    /// one derivation serves all passwords of a user in the end.
    pub(super) fn hash(&self, password: &Password, beside: Option<&Verifier>) -> Hashed {
        match &self.0 {
            Kind::Argon2id(it) => Hashed::Slow(it.hash(password)),
            Kind::Bcrypt(it) => Hashed::Slow(it.hash(password)),
            Kind::Weak(_) => Hashed::Weak(Digests::of(password), replacement(password, beside)),
        }
    }

    /// Whether `hashed`, of one that shares the derivation, came of this one's password.
    pub(super) fn matches(&self, hashed: &Hashed) -> Choice {
        match (&self.0, hashed) {
            (Kind::Argon2id(it), Hashed::Slow(hashed)) => it.stored().ct_eq(hashed),
            (Kind::Bcrypt(it), Hashed::Slow(hashed)) => it.stored().ct_eq(hashed),
            (Kind::Weak(it), Hashed::Weak(digests, _)) => it.is_among(digests),
            _ => Choice::from(0),
        }
    }

    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let stored = |it: &Self| match &it.0 {
            Kind::Argon2id(it) => it.stored().to_vec(),
            Kind::Bcrypt(it) => it.stored().to_vec(),
            Kind::Weak(it) => it.stored().to_vec(),
        };
        let equal = Zeroizing::new(stored(self)).ct_eq(&*Zeroizing::new(stored(other)));
        self.shares_derivation_with(other) && bool::from(equal)
    }
}

fn replacement(password: &Password, beside: Option<&Verifier>) -> Option<Verifier> {
    if let Some(beside) = beside {
        return Some(beside.derive_again(password));
    }
    let salt = random_bytes::<SALT_LEN>();
    let verifier =
        Verifier::from_password(ScramHash::Sha256, password, Rounds::default(), &salt.unwrap_or_default());
    salt.ok().map(|_| verifier)
}

impl Hashed {
    /// What is to take the place of a weak form that it matched.
    pub(super) fn upgrade(&self) -> Option<&Verifier> {
        match self {
            Self::Weak(_, verifier) => verifier.as_ref(),
            Self::Slow(_) => None,
        }
    }
}

impl FromStr for PasswordHash {
    type Err = UserError;

    /// # Errors
    ///
    /// [`UserError::BadPasswordHash`].
    fn from_str(text: &str) -> Result<Self, UserError> {
        let kind = if text.starts_with(argon2id::PREFIX) {
            Argon2id::read(text).map(Kind::Argon2id)
        } else if bcrypt::PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            Bcrypt::read(text).map(Kind::Bcrypt)
        } else {
            Digest::read(text).map(Kind::Weak)
        };
        kind.map(Self).ok_or(UserError::BadPasswordHash)
    }
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Argon2id(it) => it.fmt(f),
            Kind::Bcrypt(it) => it.fmt(f),
            Kind::Weak(it) => it.fmt(f),
        }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}
