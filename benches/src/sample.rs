//! Keys and values: made from a number, so that a read can be checked against the key that was asked for.

/// Bytes of a key.
pub(crate) const KEY: usize = 20;
/// Bytes of a value.
pub(crate) const VALUE: usize = 100;

/// The key of a number: text, as keys mostly are.
pub(crate) fn key(number: u64) -> [u8; KEY] {
    let mut key = *b"key:0000000000000000";
    for (place, digit) in key[4..].iter_mut().enumerate() {
        // Four bits each, so that making a key costs far less than looking it up.
        *digit = b'a' + u8::try_from((number >> (4 * place)) & 0xf).unwrap_or_default();
    }
    key
}

/// The value that belongs to the key of a number.
pub(crate) fn value(number: u64) -> [u8; VALUE] {
    let mut value = [0x5a; VALUE];
    value[..8].copy_from_slice(&number.to_le_bytes());
    value
}

/// Whether this is the value that belongs to the key of the number.
pub(crate) fn belongs(value: &[u8], number: u64) -> bool {
    value.len() == VALUE && value[..8] == number.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_have_keys_and_values_of_their_own() {
        let mut numbers = (0..5000_u64).chain([u64::MAX, 1 << 40]);
        assert_eq!(numbers.clone().map(key).collect::<HashSet<_>>().len(), 5002);
        assert!(numbers.all(|it| belongs(&value(it), it) && !belongs(&value(it), it ^ 1)));
    }
}
