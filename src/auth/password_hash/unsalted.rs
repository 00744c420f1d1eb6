//! One round of a hash function, without a salt: taken for the sake of whoever moves here, and replaced at the first login.

use crate::auth::password::Password;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

const SHA256_PREFIX: &str = "#";
const SHA1_PREFIX: &str = "{SHA}";

#[derive(Clone)]
pub(super) enum Digest {
    Sha256(Zeroizing<[u8; 32]>),
    Sha1(Zeroizing<[u8; 20]>),
}

/// All that a password's digests are.
pub(in crate::auth) struct Digests {
    sha256: Zeroizing<[u8; 32]>,
    sha1: Zeroizing<[u8; 20]>,
}

impl Digest {
    pub(super) fn mock(hash: [u8; 32]) -> Self {
        Self::Sha256(Zeroizing::new(hash))
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        if let Some(hexadecimal) = text.strip_prefix(SHA256_PREFIX) {
            let mut digest = Zeroizing::new([0; 32]);
            let digits = hexadecimal.as_bytes();
            // One way only to write it, which is Redis'.
            if digits.len() != 64 || !digits.iter().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')) {
                return None;
            }
            for (byte, pair) in digest.iter_mut().zip(digits.chunks(2)) {
                *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
            }
            return Some(Self::Sha256(digest));
        }
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix(SHA1_PREFIX)?).ok()?);
        let digest: &[u8; 20] = bytes.as_slice().try_into().ok()?;
        Some(Self::Sha1(Zeroizing::new(*digest)))
    }

    pub(super) fn is_among(&self, digests: &Digests) -> Choice {
        match self {
            Self::Sha256(digest) => digest.ct_eq(&*digests.sha256),
            Self::Sha1(digest) => digest.ct_eq(&*digests.sha1),
        }
    }

    pub(super) fn stored(&self) -> &[u8] {
        match self {
            Self::Sha256(digest) => &**digest,
            Self::Sha1(digest) => &**digest,
        }
    }
}

impl Digests {
    pub(super) fn of(password: &Password) -> Self {
        Self {
            sha256: Zeroizing::new(Sha256::digest(password.as_bytes()).into()),
            sha1: Zeroizing::new(Sha1::digest(password.as_bytes()).into()),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digest) => {
                f.write_str(SHA256_PREFIX)?;
                digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Sha1(digest) => {
                let text = Zeroizing::new(STANDARD.encode(digest.as_slice()));
                write!(f, "{SHA1_PREFIX}{}", *text)
            }
        }
    }
}
