//! HMAC under keys that fit a block: all that SCRAM, mock credentials and remembered passwords need of it, with nothing to
//! fail.

use hmac::{EagerHash, Hmac, KeyInit, Mac, digest};
use sha2::Sha256;
use zeroize::Zeroize;

/// What SHA-256 yields, in bytes, and the length of each key of this process.
pub(super) const HASH_LEN: usize = 32;

/// HMAC-SHA-256.
pub(super) fn keyed_hash(key: &[u8; HASH_LEN], parts: &[&[u8]]) -> [u8; HASH_LEN] {
    hmac::<Sha256>(key, parts).into()
}

/// HMAC under a key of at most one block of the hash function.
pub(super) fn hmac<D: EagerHash>(key: &[u8], parts: &[&[u8]]) -> digest::Output<Hmac<D>> {
    // A key of exactly one block goes through the constructor that cannot fail; HMAC itself fills a shorter one up with
    // zeros.
    let mut block = digest::Key::<Hmac<D>>::default();
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<D>::new(&block);
    block.as_mut_slice().zeroize();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Sha512;

    #[test]
    fn it_is_hmac_under_the_short_key() {
        let mut usual = Hmac::<Sha256>::new_from_slice(&[7; HASH_LEN]).unwrap();
        usual.update(b"one two");
        let usual: [u8; HASH_LEN] = usual.finalize().into_bytes().into();
        assert_eq!(keyed_hash(&[7; HASH_LEN], &[b"one", b" two"]), usual);
        assert_ne!(keyed_hash(&[8; HASH_LEN], &[b"one", b" two"]), usual);
    }

    #[test]
    fn it_is_hmac_of_a_wider_hash_function_too() {
        for len in [0, 1, 64, 128] {
            let mut usual = Hmac::<Sha512>::new_from_slice(&vec![7; len]).unwrap();
            usual.update(b"one two");
            assert_eq!(hmac::<Sha512>(&vec![7; len], &[b"one", b" two"]), usual.finalize().into_bytes());
        }
    }
}
