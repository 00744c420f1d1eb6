//! What is stored of a password for CRAM-MD5: HMAC-MD5 as far as the password takes it.

use crate::auth::{password::Password, user_error::UserError};
use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5, digest::common::hazmat::SerializableState};
use std::{fmt, str::FromStr};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

/// MD5 works on blocks of so many bytes, and HMAC fills a shorter key up with zeros (RFC 2104).
const BLOCK_LEN: usize = 64;

/// The state of MD5 between two blocks, in bytes.
const STATE_LEN: usize = 16;

/// What MD5 yields, in bytes, and what an answer of CRAM-MD5 has in hexadecimal.
pub(in crate::auth) const DIGEST_LEN: usize = 16;

/// What is stored of a password for CRAM-MD5 (RFC 2195): the two states of HMAC-MD5 under it, as that RFC advises.
///
/// **It is as good as the password to whoever reads it**: it logs in by CRAM-MD5 as it is, and passwords can be tried against
/// it at two hashes each. So no user has one unless it is asked for, and a file that holds one must be kept like clear
/// passwords. `Debug` shows nothing of it, and it is overwritten when dropped.
///
/// Its text form is `CRAM-MD5$<base64>`, of the inner state and then the outer one, each as MD5 writes its output.
///
/// ```
/// use keyway::CramMd5Secret;
///
/// let secret = CramMd5Secret::derive("tanstaaftanstaaf")?;
/// assert_eq!(secret.to_string(), "CRAM-MD5$VLIRUnEftgTKPgNecBURa9BtThsm/MqksLYYARMjQKM=");
/// let read_back: CramMd5Secret = secret.to_string().parse()?;
/// assert_eq!(read_back.to_string(), secret.to_string());
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone)]
pub struct CramMd5Secret {
    inner: Md5,
    outer: Md5,
}

impl CramMd5Secret {
    /// What its text form begins with.
    pub(in crate::auth) const SCHEME: &str = "CRAM-MD5$";

    /// What is to be stored of this password: microseconds of CPU.
    ///
    /// ```
    /// use keyway::{CramMd5Secret, UserError};
    ///
    /// // The password is prepared (RFC 4013) before it is hashed, so two spellings of it are one.
    /// let secret = CramMd5Secret::derive("pIX")?;
    /// assert_eq!(CramMd5Secret::derive("p\u{2168}")?.to_string(), secret.to_string());
    /// assert_eq!(CramMd5Secret::derive("").err(), Some(UserError::BadPassword));
    /// # Ok::<(), UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadPassword`].
    pub fn derive(password: &str) -> Result<Self, UserError> {
        Ok(Self::from_key(Password::new(password)?.as_bytes()))
    }

    /// HMAC's own key set-up (RFC 2104, section 2).
    pub(in crate::auth) fn from_key(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK_LEN]);
        if key.len() > BLOCK_LEN {
            let mut digest = Md5::digest(key);
            block[..DIGEST_LEN].copy_from_slice(&digest);
            digest.as_mut_slice().zeroize();
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let padded = |pad: u8| {
            let block = Zeroizing::new(block.map(|byte| byte ^ pad));
            Md5::new_with_prefix(*block)
        };
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// Whether this is the answer to `challenge` of whoever knows the password.
    pub(in crate::auth) fn is_proven_by(&self, digest: &[u8; DIGEST_LEN], challenge: &[u8]) -> Choice {
        self.answer(challenge).ct_eq(digest)
    }

    fn answer(&self, challenge: &[u8]) -> Zeroizing<[u8; DIGEST_LEN]> {
        let inner: [u8; DIGEST_LEN] = self.inner.clone().chain_update(challenge).finalize().into();
        Zeroizing::new(self.outer.clone().chain_update(inner).finalize().into())
    }

    /// Whether both were made of the same password.
    pub(in crate::auth) fn is_same_as(&self, other: &Self) -> bool {
        self.states().ct_eq(&*other.states()).into()
    }

    fn states(&self) -> Zeroizing<[u8; 2 * STATE_LEN]> {
        let mut states = Zeroizing::new([0; 2 * STATE_LEN]);
        for (md5, half) in [&self.inner, &self.outer].into_iter().zip(states.chunks_exact_mut(STATE_LEN)) {
            let mut serialized = md5.serialize();
            half.copy_from_slice(&serialized[..STATE_LEN]);
            serialized.as_mut_slice().zeroize();
        }
        states
    }

    /// `None` if MD5 cannot be taken up there, which any state allows.
    fn from_states(states: &[u8; 2 * STATE_LEN]) -> Option<Self> {
        let (inner, outer) = states.split_at(STATE_LEN);
        Some(Self { inner: behind_one_block(inner)?, outer: behind_one_block(outer)? })
    }
}

/// MD5 that has taken one block, and come to this state.
fn behind_one_block(state: &[u8]) -> Option<Md5> {
    let mut serialized = Md5::new_with_prefix([0; BLOCK_LEN]).serialize();
    serialized[..STATE_LEN].copy_from_slice(state);
    let md5 = Md5::deserialize(&serialized).ok();
    serialized.as_mut_slice().zeroize();
    md5
}

impl FromStr for CramMd5Secret {
    type Err = UserError;

    /// # Errors
    ///
    /// [`UserError::BadCramMd5Secret`].
    fn from_str(text: &str) -> Result<Self, UserError> {
        let encoded = text.strip_prefix(Self::SCHEME).ok_or(UserError::BadCramMd5Secret)?;
        let states = STANDARD.decode(encoded).map(Zeroizing::new).map_err(|_| UserError::BadCramMd5Secret)?;
        let states = states.as_slice().try_into().map_err(|_| UserError::BadCramMd5Secret)?;
        Self::from_states(states).ok_or(UserError::BadCramMd5Secret)
    }
}

impl fmt::Display for CramMd5Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = Zeroizing::new(STANDARD.encode(*self.states()));
        write!(f, "{}{}", Self::SCHEME, *encoded)
    }
}

impl fmt::Debug for CramMd5Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CramMd5Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user of RFC 2195's example, password "tanstaaftanstaaf". The states were computed by another implementation.
    const RFC_2195: &str = "CRAM-MD5$VLIRUnEftgTKPgNecBURa9BtThsm/MqksLYYARMjQKM=";
    const CHALLENGE: &[u8] = b"<1896.697170952@postoffice.reston.mci.net>";
    const ANSWER: u128 = 0xb913_a602_c7ed_a7a4_95b4_e6e7_334d_3890;

    #[test]
    fn the_answer_of_rfc_2195_is_the_answer_and_no_other_is() {
        let derived = CramMd5Secret::derive("tanstaaftanstaaf").unwrap();
        assert_eq!(derived.to_string(), RFC_2195);
        for secret in [derived, RFC_2195.parse().unwrap()] {
            assert!(bool::from(secret.is_proven_by(&ANSWER.to_be_bytes(), CHALLENGE)));
            assert!(!bool::from(secret.is_proven_by(&ANSWER.to_be_bytes(), b"<another@challenge>")));
            for bit in 0..128 {
                let wrong = ANSWER ^ (1 << bit);
                assert!(!bool::from(secret.is_proven_by(&wrong.to_be_bytes(), CHALLENGE)), "bit {bit}");
            }
        }
    }

    /// Also computed by another implementation.
    #[test]
    fn a_password_longer_than_a_block_is_hashed_first() {
        let secret = CramMd5Secret::derive(&"x".repeat(70)).unwrap();
        assert_eq!(secret.to_string(), "CRAM-MD5$6+cWPf90Aa+1qhbU7c+fH4EDuzoqS5apypzOTv7MjSI=");
        let answer = 0x664a_05bd_1b65_1ad9_dcc2_e64d_690e_805c_u128;
        assert!(bool::from(secret.is_proven_by(&answer.to_be_bytes(), CHALLENGE)));
    }

    #[test]
    fn a_password_is_prepared_and_its_secret_is_its_own() {
        let secret = |password| CramMd5Secret::derive(password).unwrap();
        assert!(secret("p\u{2168}").is_same_as(&secret("pIX")));
        assert!(!secret("pencil").is_same_as(&secret("Pencil")));
        assert_eq!(CramMd5Secret::derive("").err(), Some(UserError::BadPassword));
        // A key is filled up with zeros; SASLprep sees to it that no password ends in one.
        assert_eq!(CramMd5Secret::derive("pencil\0").err(), Some(UserError::BadPassword));
    }

    #[test]
    fn what_is_nearly_a_secret_is_refused() {
        let nearly = [
            RFC_2195.replacen("CRAM", "cram", 1),
            RFC_2195.replacen("MD5", "SHA1", 1),
            RFC_2195.replacen('=', "", 1),
            RFC_2195.replacen("QKM=", "QKN=", 1),
            RFC_2195.replacen("VLIR", "", 1),
            format!("{RFC_2195}\n"),
            format!(" {RFC_2195}"),
            format!("{RFC_2195}$"),
            "CRAM-MD5$".to_owned(),
            String::new(),
        ];
        for text in nearly {
            assert_eq!(text.parse::<CramMd5Secret>().err(), Some(UserError::BadCramMd5Secret), "{text:?}");
        }
    }

    #[test]
    fn row_69_debug_of_a_secret_shows_nothing() {
        assert_eq!(format!("{:?}", CramMd5Secret::derive("pencil").unwrap()), "CramMd5Secret(..)");
    }
}
