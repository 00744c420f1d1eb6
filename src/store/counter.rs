//! `incr` and `decr`: numbers kept as decimal text.

use super::{Store, version_of};
use crate::{
    Delta, Refusal, Version,
    core::Change,
    item::{Mould, Parts},
    key::Key,
};

/// Which way a counter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Wraps at 2^64.
    Up,
    /// Stops at 0.
    Down,
}

/// The digits of 2^64 - 1; a longer value is no number.
const DIGITS_MAX: usize = 20;

impl Store {
    /// The new value with its version. The new text is put together under the lock: it is at most twenty bytes, and
    /// a hot counter would otherwise be tried again and again.
    pub(crate) fn count(
        &self,
        key: &[u8],
        delta: Delta,
        direction: Direction,
        admit: impl Fn() -> Result<(), Refusal>,
    ) -> Result<(u64, Version), Refusal> {
        let key = Key::new(key)?;
        let now = self.glance();
        self.write(key, &now, admit, |present, ordinal| {
            let (value, flags, deadline) = match (present, delta.given, delta.initial) {
                (Some(item), given, _) => {
                    if given.is_some_and(|version| version != item.version()) {
                        return Err(Refusal::Exists);
                    }
                    let stepped = direction.step(number(item.value())?, delta.amount);
                    (stepped, item.flags(), item.deadline())
                }
                (None, _, Some((initial, expiry))) => (initial, 0, now.deadline(expiry)),
                (None, _, None) => return Err(Refusal::NotFound),
            };
            let mut digits = itoa::Buffer::new();
            let text = digits.format(value).as_bytes();
            let mould = Mould::of(Parts::new(key, [text, &[]], flags)).ok_or(Refusal::NoRoom)?;
            mould.end_at(deadline);
            let item = mould.item(ordinal).ok_or(Refusal::NoRoom)?;
            Ok((Change::Put(item), (value, version_of(ordinal))))
        })
    }
}

impl Direction {
    fn step(self, value: u64, amount: u64) -> u64 {
        match self {
            Self::Up => value.wrapping_add(amount),
            Self::Down => value.saturating_sub(amount),
        }
    }
}

/// Reads a counter as memcached does: blanks before it and a plus sign are fine, and what follows does not matter if
/// it begins with a blank or a NUL.
fn number(text: &[u8]) -> Result<u64, Refusal> {
    if text.len() > DIGITS_MAX {
        return Err(Refusal::NotNumeric);
    }
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    let ends_well = rest.first().is_none_or(|byte| byte.is_ascii_whitespace() || *byte == 0);
    let digits = str::from_utf8(digits).map_err(|_| Refusal::NotNumeric)?;
    match digits.parse() {
        Ok(value) if ends_well => Ok(value),
        _ => Err(Refusal::NotNumeric),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_a_number_is_what_memcached_takes() {
        let good: [(&[u8], u64); 9] = [
            (b"5", 5),
            (b"05", 5),
            (b"+5", 5),
            (b" 5", 5),
            (b"5 ", 5),
            (b"5\n", 5),
            (b"5\0", 5),
            (b"0", 0),
            (b"18446744073709551615", u64::MAX),
        ];
        for (text, value) in good {
            assert_eq!(number(text), Ok(value), "{}", text.escape_ascii());
        }
        let bad: [&[u8]; 9] = [
            b"",
            b" ",
            b"+",
            b"-1",
            b"5x",
            b"0x5",
            b"5.0",
            b"18446744073709551616",
            b"000000000000000000001",
        ];
        for text in bad {
            assert_eq!(number(text), Err(Refusal::NotNumeric), "{}", text.escape_ascii());
        }
    }
}
