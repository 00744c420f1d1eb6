//! The hash functions that SCRAM is spoken with, chosen while the program runs. What SCRAM does with them is written once.

use super::{keyed_hash::hmac, rounds::Rounds};
use sha2::{Digest, Sha256, Sha512};
use std::ops::{BitXorAssign, Deref};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// A hash function of SCRAM (RFC 5802, section 4), and so the name of its mechanism.
///
/// ```
/// use keyway::{Mechanism, ScramHash};
///
/// assert_eq!(Mechanism::from(ScramHash::Sha512), Mechanism::ScramSha512);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ScramHash {
    /// SHA-256 (RFC 7677): every client with SCRAM has it, and processors have instructions for it.
    Sha256,
    /// SHA-512: what libsasl2 takes first where it is offered.
    Sha512,
}

/// The widest output of a hash function here, in bytes.
const WIDEST: usize = 64;

/// What a hash function yields: a key, a proof or a signature. Overwritten when dropped, compared in constant time.
#[derive(Clone)]
pub(super) struct HashOutput {
    bytes: Zeroizing<[u8; WIDEST]>,
    len: usize,
}

impl ScramHash {
    /// All of them, strongest first.
    ///
    /// ```
    /// use keyway::{Mechanism, ScramHash};
    ///
    /// let offered = ScramHash::ALL.map(Mechanism::from);
    /// assert_eq!(offered, [Mechanism::ScramSha512, Mechanism::ScramSha256]);
    /// ```
    pub const ALL: [Self; 2] = [Self::Sha512, Self::Sha256];

    /// What it yields, in bytes; each key of SCRAM is one such output.
    pub(super) fn output_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    pub(super) fn hash(self, text: &[u8]) -> HashOutput {
        match self {
            Self::Sha256 => HashOutput::of(&Sha256::digest(text)),
            Self::Sha512 => HashOutput::of(&Sha512::digest(text)),
        }
    }

    /// HMAC under an output of the same function, or a shorter key.
    pub(super) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> HashOutput {
        match self {
            Self::Sha256 => HashOutput::of(&hmac::<Sha256>(key, parts)),
            Self::Sha512 => HashOutput::of(&hmac::<Sha512>(key, parts)),
        }
    }

    /// `Hi` of RFC 5802, section 2.2: PBKDF2 with one block of output.
    pub(super) fn salted_password(self, password: &[u8], salt: &[u8], rounds: Rounds) -> HashOutput {
        let mut salted = HashOutput { bytes: Zeroizing::new([0; WIDEST]), len: self.output_len() };
        let out = &mut salted.bytes[..salted.len];
        match self {
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds.count(), out),
            Self::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, rounds.count(), out),
        }
        salted
    }
}

impl HashOutput {
    /// At most [`WIDEST`] bytes.
    fn of(output: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; WIDEST]);
        bytes[..output.len()].copy_from_slice(output);
        Self { bytes, len: output.len() }
    }

    /// Bytes that are said to be an output of this function; `None` if they have another length.
    pub(super) fn read(hash: ScramHash, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == hash.output_len()).then(|| Self::of(bytes))
    }
}

impl Deref for HashOutput {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Both of one length, or nothing is equal: a length is no secret.
impl ConstantTimeEq for HashOutput {
    fn ct_eq(&self, other: &Self) -> Choice {
        (**self).ct_eq(&**other)
    }
}

/// Of two outputs of one function.
impl BitXorAssign<&Self> for HashOutput {
    fn bitxor_assign(&mut self, other: &Self) {
        for (byte, mask) in self.bytes.iter_mut().zip(&**other) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        hint::black_box,
        time::{Duration, Instant},
    };

    #[test]
    fn outputs_are_as_long_as_they_are_said_to_be() {
        for hash in ScramHash::ALL {
            let len = hash.output_len();
            assert_eq!(hash.hash(b"").len(), len);
            assert_eq!(hash.hmac(&[1; 64], &[b"text"]).len(), len);
            assert_eq!(hash.salted_password(b"pencil", &[1; 16], Rounds::MIN).len(), len);
            assert!(HashOutput::read(hash, &vec![0; len]).is_some());
            for wrong in [0, len - 1, len + 1, 96 - len] {
                assert!(HashOutput::read(hash, &vec![0; wrong]).is_none(), "{hash:?} {wrong}");
            }
        }
    }

    #[test]
    fn each_byte_counts_in_a_comparison_and_another_length_is_another_output() {
        for hash in ScramHash::ALL {
            let output = hash.hash(b"text");
            assert!(bool::from(output.ct_eq(&hash.hash(b"text"))));
            for place in 0..output.len() {
                let mut other = output.clone();
                other.bytes[place] ^= 0x80;
                assert!(!bool::from(output.ct_eq(&other)), "{hash:?} {place}");
            }
        }
        let (short, long) = (HashOutput::of(&[0; 32]), HashOutput::of(&[0; 64]));
        assert!(!bool::from(short.ct_eq(&long)));
    }

    /// How long so many comparisons take that fail at these places, by the medians of many turns each.
    fn medians(places: [usize; 2]) -> [Duration; 2] {
        let one = HashOutput::of(&[7; WIDEST]);
        let others = places.map(|place| {
            let mut other = one.clone();
            other.bytes[place] ^= 1;
            other
        });
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..101 {
            for (other, times) in others.iter().zip(&mut times) {
                let start = Instant::now();
                for _ in 0..1000 {
                    assert!(!bool::from(black_box(&one).ct_eq(black_box(other))));
                }
                times.push(start.elapsed());
            }
        }
        times.map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2]
        })
    }

    /// A comparison that ends at the first byte that differs takes a small part of the time there: this fails by a factor or
    /// not at all, and only if it does in each of some tries.
    #[test]
    fn row_26_a_comparison_takes_as_long_wherever_it_fails() {
        let alike = (0..8).any(|_| {
            let [first, last] = medians([0, WIDEST - 1]);
            first < 2 * last && last < 2 * first
        });
        assert!(alike, "{:?}", medians([0, WIDEST - 1]));
    }
}
