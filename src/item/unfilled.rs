//! An item that nobody else has yet, so that its value can still be written.

use super::{FLAGS_LEN, Flags, Header, Item, NoMemory};
use crate::{core::Deadline, key::Key};
use std::{fmt, ops::Range};
use triomphe::{Arc, HeaderSlice, HeaderWithLength, UniqueArc};

/// An item that nobody else has yet: key and flags are in their places, the value is zeros.
pub(crate) struct Unfilled {
    whole: UniqueArc<HeaderSlice<HeaderWithLength<Header>, [u8]>>,
    value: Range<usize>,
}

/// From where most are zeroed: a copy in one go takes a third of what one byte after the other does. Nobody writes them, so
/// the system has one page for all of them.
static ZEROS: [u8; (1 << 20) + 512] = [0; (1 << 20) + 512];

impl Unfilled {
    /// # Errors
    /// If the allocator gives nothing.
    pub(crate) fn new(key: Key<'_>, flags: u32, value_len: usize) -> Result<Self, NoMemory> {
        let stored = if flags == 0 { Flags::Zero } else { Flags::Stored };
        let flags = flags.to_ne_bytes();
        let tail = if stored == Flags::Stored { &flags[..] } else { &[] };
        let value = key.bytes().len()..key.bytes().len().checked_add(value_len).ok_or(NoMemory)?;
        let len = value.end.checked_add(FLAGS_LEN).ok_or(NoMemory)? - FLAGS_LEN + tail.len();
        let header = HeaderWithLength::new(Header::new(key.len_byte(), stored, Deadline::NONE, 0), len);
        let made = match ZEROS.get(..len) {
            Some(zeros) => Arc::try_from_header_and_slice(header, zeros),
            None => Arc::try_from_header_and_iter(header, std::iter::repeat_n(0, len)),
        };
        let mut whole = UniqueArc::try_from(made.map_err(|_| NoMemory)?).map_err(|_| NoMemory)?;
        for (part, bytes) in [(0..value.start, key.bytes()), (value.end..len, tail)] {
            if let Some(place) = whole.slice.get_mut(part) {
                place.copy_from_slice(bytes);
            }
        }
        Ok(Self { whole, value })
    }

    pub(crate) fn value_mut(&mut self) -> &mut [u8] {
        self.whole.slice.get_mut(self.value.clone()).unwrap_or_default()
    }

    pub(crate) fn value_len(&self) -> usize {
        self.value.len()
    }

    /// The item as it is now. `Mould` completes it.
    pub(crate) fn done(self) -> Item {
        Item(Arc::into_thin(self.whole.shareable()))
    }
}

impl fmt::Debug for Unfilled {
    /// The value stays out: it may be secret, and long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfilled").field("len", &self.value.len()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn what_is_filled_in_is_the_value_and_nothing_else() {
        for (flags, len) in [(0, 0), (0, 3), (7, 0), (7, 100_000)] {
            let mut unfilled = Unfilled::new(Key::new(b"key").unwrap(), flags, len).unwrap();
            assert_eq!((unfilled.value_mut().len(), unfilled.value_len()), (len, len));
            assert!(unfilled.value_mut().iter().all(|byte| *byte == 0));
            unfilled.value_mut().fill(0xff);
            let item = unfilled.done();
            assert_eq!((item.key(), item.flags()), (&b"key"[..], flags));
            assert_eq!(item.value(), vec![0xff; len]);
        }
    }

    #[test]
    fn a_length_that_no_memory_has_is_an_error() {
        for len in [usize::MAX, usize::MAX / 2] {
            assert!(Unfilled::new(Key::new(b"key").unwrap(), 1, len).is_err());
        }
    }
}
