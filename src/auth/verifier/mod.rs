//! What is stored of a password, and how a password or a SCRAM proof is held against it.

mod text;

#[cfg(test)]
mod tests;

use super::{
    password::Password,
    randomness::random_bytes,
    rounds::Rounds,
    scram_hash::{HashOutput, ScramHash},
    user_error::UserError,
};
use std::{fmt, ops::RangeInclusive};
use subtle::{Choice, ConstantTimeEq};

/// Of a salt that is made here, in bytes: two users, or two servers, will never have the same by chance.
pub(super) const SALT_LEN: usize = 16;

/// Of a salt that comes from elsewhere, in bytes. RFC 8018 asks for 8 at least; more than one block of SHA-256
/// gains nothing and only makes the challenge longer.
const SALT_LENS: RangeInclusive<usize> = 8..=64;

/// What is stored of a password: enough to verify PLAIN and SCRAM with one hash function, too little to log in with.
///
/// Its text form is PostgreSQL's, `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` with the last three in
/// base64, so users can come from there; with the other hash function it begins with `SCRAM-SHA-512`. Treat the text as a secret all the same: whoever reads it can try passwords
/// without asking the server, and can pose as the server. `Debug` shows none of it, and the keys are
/// overwritten when dropped.
///
/// ```
/// use keyway::{Rounds, Verifier};
///
/// let verifier = Verifier::derive("correct horse", Rounds::MIN)?;
/// let text = verifier.to_string();
/// assert!(text.starts_with("SCRAM-SHA-256$4096:"));
/// let read_back: Verifier = text.parse()?;
/// assert_eq!(read_back.to_string(), text);
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone)]
pub struct Verifier {
    hash: ScramHash,
    rounds: Rounds,
    salt: Box<[u8]>,
    stored_key: HashOutput,
    server_key: HashOutput,
}

impl Verifier {
    /// Derives a verifier for SCRAM-SHA-256 and PLAIN with a random salt: milliseconds of CPU at the default [`Rounds`].
    ///
    /// ```
    /// use keyway::{Rounds, UserError, Verifier};
    ///
    /// let (one, other) = (Verifier::derive("pencil", Rounds::MIN)?, Verifier::derive("pencil", Rounds::MIN)?);
    /// assert_ne!(one.to_string(), other.to_string()); // each has a salt of its own
    /// assert_eq!(Verifier::derive("", Rounds::MIN).err(), Some(UserError::BadPassword));
    /// # Ok::<(), UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadPassword`], and [`UserError::NoRandomness`] where the operating system gives no salt.
    pub fn derive(password: &str, rounds: Rounds) -> Result<Self, UserError> {
        Self::derive_for(ScramHash::Sha256, password, rounds)
    }

    /// The same for SCRAM with this hash function, and PLAIN. SHA-512 takes some four times as long where the processor has
    /// instructions for SHA-256.
    ///
    /// ```
    /// use keyway::{Rounds, ScramHash, Verifier};
    ///
    /// let verifier = Verifier::derive_for(ScramHash::Sha512, "pencil", Rounds::MIN)?;
    /// assert!(verifier.to_string().starts_with("SCRAM-SHA-512$4096:"));
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadPassword`], and [`UserError::NoRandomness`] where the operating system gives no salt.
    pub fn derive_for(hash: ScramHash, password: &str, rounds: Rounds) -> Result<Self, UserError> {
        let password = Password::new(password)?;
        Ok(Self::from_password(hash, &password, rounds, &random_bytes::<SALT_LEN>()?))
    }

    /// Which hash function it was made with, and so which SCRAM it serves.
    ///
    /// ```
    /// use keyway::{Mechanism, ScramHash, Verifier};
    ///
    /// let text = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    /// let from_postgres: Verifier = text.parse()?;
    /// assert_eq!(from_postgres.hash(), ScramHash::Sha256);
    /// assert_eq!(Mechanism::from(from_postgres.hash()), Mechanism::ScramSha256);
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn hash(&self) -> ScramHash {
        self.hash
    }

    /// Derives a verifier of another password with the hash function, the salt and the rounds of this one, so that both can be passwords of
    /// one user at the same time: one challenge of SCRAM serves both, and one derivation judges a password against both.
    /// It takes the rounds of this one too, so where those are few, let the password be long and random.
    ///
    /// ```
    /// use keyway::{Rounds, Verifier};
    ///
    /// let old = Verifier::derive("pencil", Rounds::MIN)?;
    /// let new = old.derive_beside("crayon")?;
    /// // Rounds and salt are shared, the keys are not.
    /// assert_eq!(old.to_string().split('$').nth(1), new.to_string().split('$').nth(1));
    /// assert_ne!(old.to_string(), new.to_string());
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadPassword`].
    pub fn derive_beside(&self, password: &str) -> Result<Self, UserError> {
        Ok(self.derive_again(&Password::new(password)?))
    }

    /// How many iterations it takes to verify a password.
    ///
    /// ```
    /// use keyway::{Rounds, Verifier};
    ///
    /// assert_eq!(Verifier::derive("pencil", Rounds::MIN)?.rounds(), Rounds::MIN);
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn rounds(&self) -> Rounds {
        self.rounds
    }

    pub(super) fn from_password(hash: ScramHash, password: &Password, rounds: Rounds, salt: &[u8]) -> Self {
        // The salted password is as good as the password, so it lives no longer than this function.
        let salted = hash.salted_password(password.as_bytes(), salt, rounds);
        let client_key = hash.hmac(&salted, &[b"Client Key"]);
        let stored_key = hash.hash(&client_key);
        let server_key = hash.hmac(&salted, &[b"Server Key"]);
        Self { hash, rounds, salt: salt.into(), stored_key, server_key }
    }

    /// From keys that no password derives.
    pub(super) fn from_keys(
        hash: ScramHash,
        rounds: Rounds,
        salt: &[u8],
        stored_key: HashOutput,
        server_key: HashOutput,
    ) -> Self {
        Self { hash, rounds, salt: salt.into(), stored_key, server_key }
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// What this password derives with the same hash function, salt and rounds: milliseconds of CPU.
    pub(super) fn derive_again(&self, password: &Password) -> Self {
        Self::from_password(self.hash, password, self.rounds, &self.salt)
    }

    /// Whether what [`derive_again`](Self::derive_again) makes for one can be held against the other.
    pub(super) fn shares_derivation_with(&self, other: &Self) -> bool {
        self.hash == other.hash && self.rounds == other.rounds && self.salt == other.salt
    }

    /// Whether `derived` came of this one's password.
    pub(super) fn has_stored_key_of(&self, derived: &Self) -> Choice {
        derived.stored_key.ct_eq(&self.stored_key)
    }

    /// Derives from `password` and compares: milliseconds of CPU.
    #[cfg(test)]
    pub(super) fn matches(&self, password: &Password) -> Choice {
        self.has_stored_key_of(&self.derive_again(password))
    }

    /// Whether `proof` shows that the client knows the password, for the dialogue in `auth_message`.
    pub(super) fn is_proven_by(&self, proof: &HashOutput, auth_message: &[&[u8]]) -> Choice {
        let mut client_key = self.hash.hmac(&self.stored_key, auth_message);
        client_key ^= proof;
        self.hash.hash(&client_key).ct_eq(&self.stored_key)
    }

    /// What shows the client that the server knows the user too.
    pub(super) fn signature(&self, auth_message: &[&[u8]]) -> HashOutput {
        self.hash.hmac(&self.server_key, auth_message)
    }

    /// Whether both were made from the same password, with the same salt.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let keys_equal = self.stored_key.ct_eq(&other.stored_key) & self.server_key.ct_eq(&other.server_key);
        self.shares_derivation_with(other) && bool::from(keys_equal)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}
