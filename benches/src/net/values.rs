//! Keys and values: made from a number, so that whoever reads one knows what must be in it, to the last byte.

/// Bytes of a key.
pub(super) const KEY: usize = 16;

/// The key of a number: text, as keys mostly are.
pub(super) fn key(number: u32) -> [u8; KEY] {
    let mut key = *b"key:bench:aaaaaa";
    let mut key_of_eight = [0; 8];
    for (place, digit) in key_of_eight.iter_mut().enumerate() {
        // Four bits each: making a key must cost far less than looking it up.
        *digit = b'a' + u8::try_from((number >> (4 * place)) & 0xf).unwrap_or_default();
    }
    key[KEY - 8..].copy_from_slice(&key_of_eight);
    key
}

/// A value: which key it belongs to, which time it was written, how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) number: u32,
    /// 0 for what was filled in before anything is measured.
    pub(super) round: u32,
    pub(super) len: usize,
}

const WORD: usize = 8;
/// Words of a value are this far apart: a value that is shifted, or cut and joined, is another one.
const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

impl Value {
    /// The value that is there before anything is measured.
    pub(super) fn filled(number: u32, len: usize) -> Self {
        Self { number, round: 0, len }
    }

    pub(super) fn append(self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.len, 0);
        let (words, rest) = out[start..].as_chunks_mut::<WORD>();
        let mut word = self.first();
        for place in words {
            *place = word.to_le_bytes();
            word = word.wrapping_add(STRIDE);
        }
        rest.copy_from_slice(&word.to_le_bytes()[..rest.len()]);
    }

    /// Whether these bytes are it.
    pub(super) fn is(self, bytes: &[u8]) -> bool {
        if bytes.len() != self.len {
            return false;
        }
        let (words, rest) = bytes.as_chunks::<WORD>();
        let mut word = self.first();
        // All are compared, without a way out at the first that differs: that can be done for several at once.
        let mut differing = 0;
        for found in words {
            differing |= u64::from_le_bytes(*found) ^ word;
            word = word.wrapping_add(STRIDE);
        }
        differing == 0 && rest == &word.to_le_bytes()[..rest.len()]
    }

    fn first(self) -> u64 {
        let mixed =
            (u64::from(self.round) << 32 | u64::from(self.number)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn bytes(value: Value) -> Vec<u8> {
        let mut out = vec![1, 2, 3];
        value.append(&mut out);
        out.split_off(3)
    }

    #[test]
    fn keys_are_text_and_no_two_numbers_share_one() {
        let numbers = (0..5000_u32).chain([u32::MAX, 1 << 31, 1 << 20]);
        let keys: HashSet<_> = numbers.map(key).collect();
        assert_eq!(keys.len(), 5003);
        assert!(keys.iter().flatten().all(u8::is_ascii_graphic));
    }

    #[test]
    fn a_value_is_itself_at_every_length() {
        for len in (0..40).chain([100, 1024, 100 << 10]) {
            let value = Value { number: 7, round: 3, len };
            assert_eq!(bytes(value).len(), len);
            assert!(value.is(&bytes(value)), "{len}");
        }
    }

    #[test]
    fn any_single_byte_that_is_wrong_shows() {
        let value = Value::filled(70_000, 100);
        let right = bytes(value);
        for at in 0..right.len() {
            let mut wrong = right.clone();
            wrong[at] ^= 0x40;
            assert!(!value.is(&wrong), "{at}");
        }
    }

    #[test]
    fn another_key_another_round_another_length_or_a_shifted_value_shows() {
        let value = Value { number: 7, round: 1, len: 104 };
        let mut others = vec![
            bytes(Value { number: 8, ..value }),
            bytes(Value { round: 2, ..value }),
            bytes(Value { number: 7 + (1 << 16), ..value }),
            bytes(Value { len: 103, ..value }),
            Vec::new(),
        ];
        let mut shifted = bytes(value);
        shifted.rotate_left(WORD);
        others.push(shifted);
        assert!(others.iter().all(|other| !value.is(other)));
    }

    #[test]
    fn what_differs_in_two_words_does_not_cancel_out() {
        let value = Value::filled(1, 64);
        let mut wrong = bytes(value);
        wrong[3] ^= 1;
        wrong[11] ^= 1;
        assert!(!value.is(&wrong));
    }
}
