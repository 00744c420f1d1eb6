//! Passwords made by chance.

use crate::cli::failure::Failure;
use zeroize::Zeroizing;

/// 160 bits: nobody guesses that, whatever a guess costs, and it makes 32 characters without a rest.
const RANDOM_BYTES: usize = 20;
const BITS_PER_CHARACTER: u32 = 5;
const CHARACTER_MASK: u32 = (1 << BITS_PER_CHARACTER) - 1;
/// Lower-case letters and digits that are safe in every shell, URL and configuration file, without 0, 1, 8
/// and 9.
const ALPHABET: &[u8; 1 << BITS_PER_CHARACTER] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A new random password.
pub(crate) fn generate() -> Result<Zeroizing<String>, Failure> {
    let mut random = Zeroizing::new([0; RANDOM_BYTES]);
    getrandom::fill(&mut *random)
        .map_err(|error| Failure::refused(format_args!("the system gives no random numbers: {error}")))?;
    Ok(spell(&random))
}

fn spell(random: &[u8; RANDOM_BYTES]) -> Zeroizing<String> {
    let mut password = Zeroizing::new(String::with_capacity(RANDOM_BYTES * 8 / BITS_PER_CHARACTER as usize));
    let (mut pending, mut bits) = (0_u32, 0);
    for byte in random {
        pending = (pending << 8) | u32::from(*byte);
        bits += 8;
        while bits >= BITS_PER_CHARACTER {
            bits -= BITS_PER_CHARACTER;
            let index = (pending >> bits) & (CHARACTER_MASK);
            password.push(char::from(ALPHABET[index as usize]));
        }
        pending &= (1 << bits) - 1;
    }
    password
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bits_are_in_the_password() {
        // Base32 of RFC 4648 in lower case.
        assert_eq!(*spell(b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
        assert_eq!(*spell(b"foobafoobafoobafooba"), "mzxw6ytbmzxw6ytbmzxw6ytbmzxw6ytb");
        assert_eq!(*spell(&[0xff; RANDOM_BYTES]), "7".repeat(32));
    }

    #[test]
    fn no_two_are_the_same() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(*one, *other);
    }
}
