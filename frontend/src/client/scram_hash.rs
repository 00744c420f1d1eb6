//! The hash functions that SCRAM is spoken with.

use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// A key, a proof or a signature: as long as the hash function's output.
pub(super) type Output = Zeroizing<Vec<u8>>;

/// Which hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScramHash {
    Sha256,
    Sha512,
}

impl ScramHash {
    pub(super) fn hash(self, data: &[u8]) -> Output {
        Zeroizing::new(match self {
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        })
    }

    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> Output {
        Zeroizing::new(match self {
            Self::Sha256 => finish(Hmac::<Sha256>::new_from_slice(key), data),
            Self::Sha512 => finish(Hmac::<Sha512>::new_from_slice(key), data),
        })
    }

    /// `Hi` of RFC 5802: milliseconds of CPU.
    pub(super) fn salted(self, password: &[u8], salt: &[u8], rounds: u32) -> Output {
        let mut salted = self.hash(b"");
        match self {
            Self::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, rounds, &mut salted),
            Self::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, rounds, &mut salted),
        }
        salted
    }
}

#[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn finish<M: Mac>(mac: Result<M, hmac::digest::InvalidLength>, data: &[u8]) -> Vec<u8> {
    let mut mac = mac.expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}
