//! An item that nobody else has yet, so that its value can still be written.

use super::{Counted, Flags, Header, Item, NoMemory, Shape};
use crate::{core::Deadline, key::Key};
use std::{fmt, ops::Range};

/// An item that nobody else has yet: key and flags are in their places, the value is zeros.
pub(crate) struct Unfilled {
    whole: Counted<Header>,
    value: Range<usize>,
}

impl Unfilled {
    /// # Errors
    /// If the allocator gives nothing.
    pub(crate) fn new(key: Key<'_>, flags: u32, value_len: usize) -> Result<Self, NoMemory> {
        let stored = if flags == 0 { Flags::Zero } else { Flags::Stored };
        let flags = flags.to_ne_bytes();
        let tail = if stored == Flags::Stored { &flags[..] } else { &[] };
        let value = key.bytes().len()..key.bytes().len().checked_add(value_len).ok_or(NoMemory)?;
        let len = value.end.checked_add(tail.len()).ok_or(NoMemory)?;
        let shape = Shape::of(len).ok_or(NoMemory)?.dated();
        let header = Header::new(key.len_byte(), stored, 0);
        let mut whole = Counted::zeroed(shape, header, Deadline::NONE.to_bits()).ok_or(NoMemory)?;
        let bytes = whole.only().map(|whole| whole.bytes).unwrap_or_default();
        for (part, from) in [(0..value.start, key.bytes()), (value.end..len, tail)] {
            if let Some(place) = bytes.get_mut(part) {
                place.copy_from_slice(from);
            }
        }
        Ok(Self { whole, value })
    }

    pub(crate) fn value_mut(&mut self) -> &mut [u8] {
        let bytes = self.whole.only().map(|whole| whole.bytes);
        bytes.and_then(|bytes| bytes.get_mut(self.value.clone())).unwrap_or_default()
    }

    pub(crate) fn value_len(&self) -> usize {
        self.value.len()
    }

    /// The item as it is now. `Mould` completes it.
    pub(crate) fn done(self) -> Item {
        Item(self.whole)
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
