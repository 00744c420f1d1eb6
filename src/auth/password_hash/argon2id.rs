//! argon2id (RFC 9106), as a PHC string.

use crate::auth::{
    likeness::Work, password::Password, randomness::random_bytes, user_error::UserError, verifier::SALT_LEN,
};
use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc::PasswordHash as Phc};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use std::{fmt, ops::RangeInclusive};
use zeroize::Zeroizing;

pub(super) const PREFIX: &str = "$argon2id$";

/// What a hash that is made here takes: the first choice of OWASP's cheat sheet, in KiB, passes and lanes.
const MADE_HERE: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Of a hash that is made here, in bytes.
const HASH_LEN: usize = 32;

/// What is taken from elsewhere. Each verifier thread needs the memory at the same time.
const MEMORY: RangeInclusive<u32> = 7 * 1024..=64 * 1024;
const PASSES: RangeInclusive<u32> = 1..=10;
const LANES: RangeInclusive<u32> = 1..=4;
const SALT_LENS: RangeInclusive<usize> = 8..=48;
const HASH_LENS: RangeInclusive<usize> = 16..=64;
/// 1.3.
const VERSION: u32 = 19;

#[derive(Clone)]
pub(super) struct Argon2id {
    params: Params,
    salt: Box<[u8]>,
    hash: Zeroizing<Vec<u8>>,
}

impl Argon2id {
    pub(super) fn derive(password: &Password) -> Result<Self, UserError> {
        let (memory, passes, lanes) = MADE_HERE;
        // These are within what the algorithm takes; were they not, the test of this file fails.
        let params =
            Params::new(memory, passes, lanes, Some(HASH_LEN)).map_err(|_| UserError::BadPasswordHash)?;
        let salt = random_bytes::<SALT_LEN>()?.into();
        let mut made = Self { params, salt, hash: Zeroizing::new(vec![0; HASH_LEN]) };
        made.hash = made.hash(password);
        Ok(made)
    }

    pub(super) fn mock(memory: u32, passes: u32, lanes: u32, salt: &[u8], hash: &[u8]) -> Option<Self> {
        let params = Params::new(memory, passes, lanes, Some(hash.len())).ok()?;
        Some(Self { params, salt: salt.into(), hash: Zeroizing::new(hash.to_vec()) })
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let phc = Phc::new(text).ok()?;
        if phc.version != Some(VERSION) {
            return None;
        }
        let params = Params::try_from(&phc).ok()?;
        let (salt, hash) = (phc.salt?, phc.hash?);
        let known = params.keyid().is_empty()
            && params.data().is_empty()
            && MEMORY.contains(&params.m_cost())
            && PASSES.contains(&params.t_cost())
            && LANES.contains(&params.p_cost())
            && SALT_LENS.contains(&salt.as_ref().len())
            && HASH_LENS.contains(&hash.len());
        known.then(|| Self {
            params,
            salt: salt.as_ref().into(),
            hash: Zeroizing::new(hash.as_bytes().to_vec()),
        })
    }

    pub(super) fn work(&self) -> Work {
        let Self { params, .. } = self;
        Work::Argon2id { memory: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() }
    }

    pub(super) fn shares_derivation_with(&self, other: &Self) -> bool {
        self.work() == other.work() && self.salt == other.salt && self.hash.len() == other.hash.len()
    }

    pub(super) fn hash(&self, password: &Password) -> Zeroizing<Vec<u8>> {
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        let algorithm = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        match algorithm.hash_password_into(password.as_bytes(), &self.salt, &mut hash) {
            Ok(()) => hash,
            // Lengths were checked when it was read. Nothing is equal to nothing of another length.
            Err(_) => Zeroizing::new(Vec::new()),
        }
    }

    pub(super) fn stored(&self) -> &[u8] {
        &self.hash
    }
}

impl fmt::Display for Argon2id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { params, salt, hash } = self;
        let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        let hash = Zeroizing::new(STANDARD_NO_PAD.encode(hash.as_slice()));
        let salt = STANDARD_NO_PAD.encode(salt);
        write!(f, "{PREFIX}v={VERSION}$m={memory},t={passes},p={lanes}${salt}${}", *hash)
    }
}
