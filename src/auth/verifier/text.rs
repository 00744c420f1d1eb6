//! The text form of a verifier: what is written is read back, and nothing else is read.

use super::{HASH_LEN, Key, Rounds, SALT_LENS, UserError, Verifier};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

const SCHEME: &str = "SCRAM-SHA-256";

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
        let stored_key = key(parts.stored_key)?;
        let server_key = key(parts.server_key)?;
        let rounds = rounds(parts.rounds)?;
        Ok(Self { rounds, salt: salt.into(), stored_key, server_key })
    }
}

struct Parts<'a> {
    rounds: &'a str,
    salt: &'a str,
    stored_key: &'a str,
    server_key: &'a str,
}

/// No part can hold a separator too many: neither digits nor base64 have `$` or `:`.
fn parts(text: &str) -> Option<Parts<'_>> {
    let (rounds_and_salt, keys) = text.strip_prefix(SCHEME)?.strip_prefix('$')?.split_once('$')?;
    let (rounds, salt) = rounds_and_salt.split_once(':')?;
    let (stored_key, server_key) = keys.split_once(':')?;
    Some(Parts { rounds, salt, stored_key, server_key })
}

fn rounds(text: &str) -> Result<Rounds, UserError> {
    let count: u32 = text.parse().map_err(|_| UserError::BadVerifier)?;
    // One way only to write a number: no sign, no leading zero.
    if count.to_string() != text {
        return Err(UserError::BadVerifier);
    }
    Rounds::new(count).ok_or(UserError::BadRounds)
}

fn key(text: &str) -> Result<Key, UserError> {
    let bytes = STANDARD.decode(text).map(Zeroizing::new).map_err(|_| UserError::BadVerifier)?;
    let key: &[u8; HASH_LEN] = bytes.as_slice().try_into().map_err(|_| UserError::BadVerifier)?;
    Ok(Zeroizing::new(*key))
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let salt = STANDARD.encode(&self.salt);
        let stored_key = Zeroizing::new(STANDARD.encode(self.stored_key.as_slice()));
        let server_key = Zeroizing::new(STANDARD.encode(self.server_key.as_slice()));
        write!(f, "{SCHEME}${}:{salt}${}:{}", self.rounds, *stored_key, *server_key)
    }
}
