//! How a token is written: `kwt_`, an id of 8 characters that may be shown, and a secret of 28 that may not.
//!
//! Both parts are base64url (RFC 4648, section 5) of whole groups, so that each token has one spelling and its id can be read
//! off it by eye. The prefix is there for scanners that look for secrets where none belong.

use super::super::randomness::{NoRandomness, random_bytes};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

const PREFIX: &str = "kwt_";
const ID_LEN: usize = 6;
/// 168 bits: nobody guesses one, so a guess need cost nothing and be counted by nobody.
const SECRET_LEN: usize = 21;
const ENCODED_ID: usize = ID_LEN / 3 * 4;
const ENCODED_LEN: usize = (ID_LEN + SECRET_LEN) / 3 * 4;
const HASH_LEN: usize = 32;

/// What a token is called where it is listed, revoked or logged: the eight characters behind its `kwt_`. It is no secret.
///
/// ```
/// use keyway::{Cache, Config, Role, TokenScope, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("fleet", Role::ReadWrite)?;
/// let token = cache.users().mint("fleet", TokenScope::all())?;
/// // It can be read off a token that was found somewhere.
/// assert_eq!(token.reveal()[4..12].parse(), Ok(token.id()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId([u8; ID_LEN]);

/// The text is no token's id.
///
/// ```
/// use keyway::{BadTokenId, TokenId};
///
/// assert_eq!("too short".parse::<TokenId>(), Err(BadTokenId));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTokenId;

/// A token's secret on its way from a client, or into one. Overwritten when dropped.
pub(in crate::auth) struct Secret(Zeroizing<[u8; SECRET_LEN]>);

/// What is stored of a secret: its SHA-256. Neither key nor salt nor rounds are needed where there are 168 random bits.
pub(in crate::auth) struct SecretHash([u8; HASH_LEN]);

impl TokenId {
    fn encoded(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl Secret {
    /// A new one with its id.
    pub(in crate::auth) fn random() -> Result<(TokenId, Self), NoRandomness> {
        Ok((TokenId(random_bytes()?), Self(Zeroizing::new(random_bytes()?))))
    }

    /// The whole token, to be shown once.
    pub(in crate::auth) fn token(&self, id: &TokenId) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; ID_LEN + SECRET_LEN]);
        bytes[..ID_LEN].copy_from_slice(&id.0);
        bytes[ID_LEN..].copy_from_slice(&*self.0);
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + ENCODED_LEN));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(*bytes, &mut text);
        text
    }

    /// The parts of what has the shape of a token. Whatever has that shape is one, and no password.
    pub(in crate::auth) fn read(text: &str) -> Option<(TokenId, Self)> {
        let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() == ENCODED_LEN)?;
        let mut bytes = Zeroizing::new([0; ID_LEN + SECRET_LEN]);
        URL_SAFE_NO_PAD.decode_slice(encoded, &mut *bytes).ok()?;
        let mut secret = Self(Zeroizing::new([0; SECRET_LEN]));
        secret.0.copy_from_slice(&bytes[ID_LEN..]);
        let mut id = TokenId([0; ID_LEN]);
        id.0.copy_from_slice(&bytes[..ID_LEN]);
        Some((id, secret))
    }

    pub(in crate::auth) fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(*self.0).into())
    }
}

impl SecretHash {
    /// Of no secret that anybody has: what is compared where there is no such token.
    pub(in crate::auth) const NOBODYS: Self = Self([0; HASH_LEN]);

    /// In the same time wherever they differ.
    pub(in crate::auth) fn matches(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl Drop for SecretHash {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encoded())
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

impl FromStr for TokenId {
    type Err = BadTokenId;

    /// The eight characters, with or without `kwt_`. A whole token is refused, so that nobody gets used to writing one where
    /// an id will do.
    fn from_str(text: &str) -> Result<Self, BadTokenId> {
        let encoded = text.strip_prefix(PREFIX).unwrap_or(text);
        let mut id = Self([0; ID_LEN]);
        if encoded.len() != ENCODED_ID || URL_SAFE_NO_PAD.decode_slice(encoded, &mut id.0).is_err() {
            return Err(BadTokenId);
        }
        Ok(id)
    }
}

impl fmt::Display for BadTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a token's id is the {ENCODED_ID} characters behind its {PREFIX}, and not the whole token")
    }
}

impl std::error::Error for BadTokenId {}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;

    fn matches(one: &Secret, other: &Secret) -> bool {
        one.hash().matches(&other.hash()).into()
    }

    #[test]
    fn a_token_is_read_as_it_was_written() {
        for _ in 0..100 {
            let (id, secret) = Secret::random().unwrap();
            let token = secret.token(&id);
            assert_eq!(token.len(), 40);
            assert!(token[4..].starts_with(&id.to_string()), "the id can be read off it");
            assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            let (again, known) = Secret::read(&token).unwrap();
            assert!(again == id && matches(&known, &secret));
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(format!("kwt_{id}").parse(), Ok(id));
            assert_eq!(token.parse::<TokenId>(), Err(BadTokenId), "a whole token is no id");
        }
    }

    #[test]
    fn each_character_counts() {
        let (id, secret) = Secret::random().unwrap();
        let token = secret.token(&id);
        for at in 4..token.len() {
            let mut other = token.as_bytes().to_vec();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let (other_id, other) = Secret::read(str::from_utf8(&other).unwrap()).unwrap();
            assert!(other_id != id || !matches(&other, &secret), "at {at}");
        }
    }

    #[test]
    fn what_has_another_shape_is_a_password() {
        let (id, secret) = Secret::random().unwrap();
        let token = secret.token(&id);
        let table = [
            "",
            "kwt_",
            "correct horse battery staple",
            &token[1..],
            &token[..39],
            &format!("{}A", &*token),
            &format!("{}=", &token[..39]),
            &format!("{}+", &token[..39]),
            &token.replace("kwt_", "KWT_"),
        ];
        for text in table {
            assert!(Secret::read(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn nothing_shows_a_secret() {
        let (id, secret) = Secret::random().unwrap();
        assert_eq!(format!("{secret:?} {:?}", secret.hash()), "Secret(..) SecretHash(..)");
        assert_eq!(format!("{id:?}"), format!("TokenId({id})"));
        assert!(!bool::from(SecretHash::NOBODYS.matches(&secret.hash())));
    }
}
