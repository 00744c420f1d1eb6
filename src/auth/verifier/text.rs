//! The text form of a verifier: what is written is read back, and nothing else is read.

use super::{HashOutput, Rounds, SALT_LENS, ScramHash, UserError, Verifier};
use crate::auth::mechanism::Mechanism;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// What the text begins with: the name of the mechanism.
fn scheme(hash: ScramHash) -> &'static str {
    Mechanism::from(hash).name()
}

impl FromStr for Verifier {
    type Err = UserError;

    /// # Errors
    ///
    /// [`UserError::BadRounds`] if only the count of iterations is out of range, else [`UserError::BadVerifier`].
    fn from_str(text: &str) -> Result<Self, UserError> {
        let parts = parts(text).ok_or(UserError::BadVerifier)?;
        let salt = STANDARD.decode(parts.salt).map_err(|_| UserError::BadVerifier)?;
        if !SALT_LENS.contains(&salt.len()) {
            return Err(UserError::BadVerifier);
        }
        let stored_key = key(parts.hash, parts.stored_key)?;
        let server_key = key(parts.hash, parts.server_key)?;
        let rounds = rounds(parts.rounds)?;
        Ok(Self { hash: parts.hash, rounds, salt: salt.into(), stored_key, server_key })
    }
}

struct Parts<'a> {
    hash: ScramHash,
    rounds: &'a str,
    salt: &'a str,
    stored_key: &'a str,
    server_key: &'a str,
}

/// No part can hold a separator too many: neither digits nor base64 have `$` or `:`.
fn parts(text: &str) -> Option<Parts<'_>> {
    let (name, parameters) = text.split_once('$')?;
    let hash = ScramHash::ALL.into_iter().find(|hash| scheme(*hash) == name)?;
    let (rounds_and_salt, keys) = parameters.split_once('$')?;
    let (rounds, salt) = rounds_and_salt.split_once(':')?;
    let (stored_key, server_key) = keys.split_once(':')?;
    Some(Parts { hash, rounds, salt, stored_key, server_key })
}

fn rounds(text: &str) -> Result<Rounds, UserError> {
    let count: u32 = text.parse().map_err(|_| UserError::BadVerifier)?;
    // One way only to write a number: no sign, no leading zero.
    if count.to_string() != text {
        return Err(UserError::BadVerifier);
    }
    Rounds::new(count).ok_or(UserError::BadRounds)
}

fn key(hash: ScramHash, text: &str) -> Result<HashOutput, UserError> {
    let bytes = STANDARD.decode(text).map(Zeroizing::new).map_err(|_| UserError::BadVerifier)?;
    HashOutput::read(hash, &bytes).ok_or(UserError::BadVerifier)
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let salt = STANDARD.encode(&self.salt);
        let stored_key = Zeroizing::new(STANDARD.encode(&*self.stored_key));
        let server_key = Zeroizing::new(STANDARD.encode(&*self.server_key));
        let scheme = scheme(self.hash);
        write!(f, "{scheme}${}:{salt}${}:{}", self.rounds, *stored_key, *server_key)
    }
}
