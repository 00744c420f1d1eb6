//! HMAC-SHA-256 under 32-byte keys: all that SCRAM and the mock credentials need of it, with nothing to fail.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What SHA-256 yields, in bytes; each key of SCRAM-SHA-256 is one such output.
pub(super) const HASH_LEN: usize = 32;

/// SHA-256 works on blocks of so many bytes, and HMAC fills a shorter key up with zeros.
const BLOCK_LEN: usize = 64;

pub(super) fn keyed_hash(key: &[u8; HASH_LEN], parts: &[&[u8]]) -> [u8; HASH_LEN] {
    // A key of exactly one block goes through the constructor that cannot fail.
    let mut block = Zeroizing::new([0; BLOCK_LEN]);
    block[..HASH_LEN].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_hmac_under_the_short_key() {
        let mut usual = Hmac::<Sha256>::new_from_slice(&[7; HASH_LEN]).unwrap();
        usual.update(b"one two");
        let usual: [u8; HASH_LEN] = usual.finalize().into_bytes().into();
        assert_eq!(keyed_hash(&[7; HASH_LEN], &[b"one", b" two"]), usual);
        assert_ne!(keyed_hash(&[8; HASH_LEN], &[b"one", b" two"]), usual);
    }
}
