//! bcrypt, as Apache's `htpasswd -B` writes it.

use crate::auth::{likeness::Work, password::Password, verifier::SALT_LEN};
use base64::Engine;
use bcrypt::BASE_64;
use std::{fmt, ops::RangeInclusive};
use zeroize::Zeroizing;

/// Three names of one algorithm, each the end of the mistakes of another library.
pub(super) const PREFIXES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];

/// Powers of two. 14 takes a second, and whoever waits behind it a second longer.
const COSTS: RangeInclusive<u8> = 4..=14;
/// In bytes: it does not see more of a password, the zero at its end included.
const SEEN: usize = 72;
/// In characters.
const SALT_TEXT: usize = 22;
/// In bytes: the last of 24 is not kept.
const HASH_LEN: usize = 23;

#[derive(Clone)]
pub(super) struct Bcrypt {
    prefix: &'static str,
    cost: u8,
    salt: [u8; SALT_LEN],
    hash: Zeroizing<[u8; HASH_LEN]>,
}

impl Bcrypt {
    pub(super) fn mock(cost: u8, salt: [u8; SALT_LEN], hash: &[u8; 32]) -> Self {
        let mut kept = Zeroizing::new([0; HASH_LEN]);
        kept.copy_from_slice(&hash[..HASH_LEN]);
        Self { prefix: PREFIXES[1], cost, salt, hash: kept }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let prefix = PREFIXES.into_iter().find(|prefix| text.starts_with(prefix))?;
        let (cost_text, rest) = text.strip_prefix(prefix)?.split_once('$')?;
        let cost: u8 = cost_text.parse().ok()?;
        if !COSTS.contains(&cost) || format!("{cost:02}") != cost_text {
            return None;
        }
        let (salt, hash) = rest.split_at_checked(SALT_TEXT)?;
        let bytes = Zeroizing::new(BASE_64.decode(hash).ok()?);
        let hash: &[u8; HASH_LEN] = bytes.as_slice().try_into().ok()?;
        let salt = BASE_64.decode(salt).ok()?.try_into().ok()?;
        Some(Self { prefix, cost, salt, hash: Zeroizing::new(*hash) })
    }

    pub(super) fn work(&self) -> Work {
        Work::Bcrypt { cost: self.cost }
    }

    pub(super) fn shares_derivation_with(&self, other: &Self) -> bool {
        self.cost == other.cost && self.salt == other.salt
    }

    pub(super) fn hash(&self, password: &Password) -> Zeroizing<Vec<u8>> {
        // A zero follows the password, as in C.
        let mut seen = Zeroizing::new([0; SEEN]);
        let password = password.as_bytes();
        let len = password.len().min(SEEN);
        seen[..len].copy_from_slice(&password[..len]);
        let hash =
            Zeroizing::new(bcrypt::bcrypt(u32::from(self.cost), self.salt, &seen[..(len + 1).min(SEEN)]));
        Zeroizing::new(hash[..HASH_LEN].to_vec())
    }

    pub(super) fn stored(&self) -> &[u8] {
        &*self.hash
    }
}

impl fmt::Display for Bcrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = Zeroizing::new(BASE_64.encode(*self.hash));
        write!(f, "{}{:02}${}{}", self.prefix, self.cost, BASE_64.encode(self.salt), *hash)
    }
}
