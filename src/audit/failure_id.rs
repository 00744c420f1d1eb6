//! What a refused login is called in the log, so that an operator can ask why.

use crate::sync::{AtomicU64, Ordering, global};
use std::{
    error::Error,
    fmt,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

/// Characters of an id.
const LEN: u32 = 10;
const BITS_PER_CHARACTER: u32 = 5;
const BITS: u32 = LEN * BITS_PER_CHARACTER;
const MASK: u64 = (1 << BITS) - 1;
const ALPHABET: &[u8; 1 << BITS_PER_CHARACTER] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Numbers that the clock is ahead of a count of failures, each second. A process that starts now begins behind all that
/// an earlier one can have given away, unless that had more failures than this in each second of its life. With 50 bits
/// it lasts for 136 years.
const NUMBERS_PER_SECOND: u64 = 1 << 18;

/// Odd, so that the product has an inverse: neighbours look unlike, and a slip of the pen is hardly another's id.
const SPREAD: u64 = 0x2_6a1b_57c3_9e35;

global! {
    static NEXT: AtomicU64 = AtomicU64::new(first_number(SystemTime::now()));
}

/// What one refused login is called in the log: ten letters and digits, of which no two are the same in one process nor,
/// as long as the clock is not set back, in those after it. It is no secret and tells nothing. The client is never told.
///
/// ```
/// use keyway::audit::FailureId;
///
/// let id: FailureId = "bq3kzv7nja".parse()?;
/// assert_eq!("BQ3KZV7NJA".parse(), Ok(id));
/// assert_eq!(id.to_string(), "bq3kzv7nja");
/// # Ok::<(), keyway::audit::BadFailureId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureId(u64);

/// Text that is no [`FailureId`].
///
/// ```
/// use keyway::audit::{BadFailureId, FailureId};
///
/// assert_eq!("0000000000".parse::<FailureId>(), Err(BadFailureId)); // there is no 0 among its letters
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFailureId;

impl FailureId {
    /// Another one than all before: for whoever refuses a login without asking the library.
    ///
    /// ```
    /// use keyway::audit::FailureId;
    ///
    /// let (one, other) = (FailureId::next(), FailureId::next());
    /// assert_ne!(one, other);
    /// assert_eq!(one.to_string().parse(), Ok(one)); // as an operator copies it from the log
    /// ```
    #[must_use]
    pub fn next() -> Self {
        // Relaxed: a counter only.
        Self::numbered(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn numbered(number: u64) -> Self {
        Self(number.wrapping_mul(SPREAD) & MASK)
    }
}

fn first_number(now: SystemTime) -> u64 {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let parts = u64::from(since.subsec_nanos()) * NUMBERS_PER_SECOND / 1_000_000_000;
    since.as_secs().wrapping_mul(NUMBERS_PER_SECOND).wrapping_add(parts)
}

impl fmt::Display for FailureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..LEN).rev().try_for_each(|place| {
            let [low, ..] = (self.0 >> (place * BITS_PER_CHARACTER)).to_le_bytes();
            fmt::Write::write_char(f, char::from(ALPHABET[usize::from(low) % ALPHABET.len()]))
        })
    }
}

impl fmt::Debug for FailureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FailureId {
    type Err = BadFailureId;

    /// In upper or lower case.
    fn from_str(text: &str) -> Result<Self, BadFailureId> {
        if text.len() != LEN as usize {
            return Err(BadFailureId);
        }
        let value = |byte: u8| ALPHABET.iter().position(|known| *known == byte.to_ascii_lowercase());
        let mut id = 0;
        for byte in text.bytes() {
            id = id << BITS_PER_CHARACTER | value(byte).ok_or(BadFailureId)? as u64;
        }
        Ok(Self(id))
    }
}

impl fmt::Display for BadFailureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the id of a refused login is {LEN} letters and digits from 2 to 7, as the log has it behind `id=`"
        )
    }
}

impl Error for BadFailureId {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, time::Duration};

    #[test]
    fn no_two_are_the_same_and_each_is_read_back() {
        let ids: Vec<FailureId> = (0..10_000).map(|_| FailureId::next()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        for id in &ids[..100] {
            let text = id.to_string();
            assert_eq!((text.len(), text.parse(), text.to_uppercase().parse()), (10, Ok(*id), Ok(*id)));
        }
    }

    #[test]
    fn a_process_that_starts_later_begins_behind_what_an_earlier_one_gave_away() {
        let start = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let second = start + Duration::from_millis(1);
        // A quarter of a million a second.
        assert!(first_number(second) > first_number(start) + 250);
        // For 136 years none comes again.
        let last = start + Duration::from_secs(136 * 365 * 24 * 3600);
        assert!(first_number(last) - first_number(start) < 1 << BITS);
    }

    #[test]
    fn neighbours_differ_in_many_characters() {
        for number in 0..1000 {
            let [one, next] = [number, number + 1].map(|number| FailureId::numbered(number).to_string());
            let differ = one.bytes().zip(next.bytes()).filter(|(a, b)| a != b).count();
            assert!(differ >= 5, "{one} {next}");
        }
    }

    #[test]
    fn other_text_is_no_id() {
        for text in ["", "bq3kzv7nj", "bq3kzv7njaa", "bq3kzv7nj1", "bq3kzv7nj ", "bq3kzv7n\u{e4}"] {
            assert_eq!(text.parse::<FailureId>(), Err(BadFailureId), "{text:?}");
        }
    }
}
