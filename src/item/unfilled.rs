//! An item that nobody else has yet, so that its value can still be written.

use super::{FLAGS_LEN, Flags, Header, Item, NoMemory, Shape, unwritten::Unwritten};
use crate::{core::Deadline, key::Key};
use std::{fmt, mem::MaybeUninit};

/// An item that nobody else has yet: its key is in its place, and as much of its value as has come. What does not come is zeros.
pub(crate) struct Unfilled {
    bytes: Unwritten<Header>,
    key_len: usize,
    value_len: usize,
    /// Those of flags that are stored.
    tail: Option<[u8; FLAGS_LEN]>,
}

impl Unfilled {
    /// # Errors
    /// If the allocator gives nothing.
    pub(crate) fn new(key: Key<'_>, flags: u32, value_len: usize) -> Result<Self, NoMemory> {
        let tail = (flags != 0).then_some(flags.to_ne_bytes());
        let (stored, tail_len) = if tail.is_some() { (Flags::Stored, FLAGS_LEN) } else { (Flags::Zero, 0) };
        let key_len = key.bytes().len();
        let len = value_len.checked_add(key_len + tail_len).ok_or(NoMemory)?;
        let shape = Shape::of(len).ok_or(NoMemory)?.dated();
        let header = Header::new(key.len_byte(), stored, 0);
        let mut bytes = Unwritten::new(shape, header, Deadline::NONE.to_bits()).ok_or(NoMemory)?;
        bytes.append(key.bytes());
        Ok(Self { bytes, key_len, value_len, tail })
    }

    /// Bytes of the value that have not come.
    pub(crate) fn missing(&self) -> usize {
        self.key_len + self.value_len - self.bytes.written()
    }

    /// The value's next bytes; what is more than are missing is left.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.bytes.append(bytes.get(..self.missing()).unwrap_or(bytes));
    }

    /// See `Blank::read`.
    pub(crate) fn read<E>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8], E>,
    ) -> Result<usize, E> {
        self.bytes.read(most.min(self.missing()), read)
    }

    /// The whole value.
    pub(crate) fn value_mut(&mut self) -> &mut [u8] {
        self.bytes.zero_up_to(self.key_len + self.value_len);
        self.bytes.so_far().get_mut(self.key_len..).unwrap_or_default()
    }

    pub(crate) fn value_len(&self) -> usize {
        self.value_len
    }

    /// The item as it is now. `Mould` completes it.
    pub(crate) fn done(mut self) -> Item {
        if let Some(tail) = self.tail {
            self.bytes.zero_up_to(self.key_len + self.value_len);
            self.bytes.append(&tail);
        }
        Item(self.bytes.done())
    }
}

impl fmt::Debug for Unfilled {
    /// The value stays out: it may be secret, and long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfilled").field("len", &self.value_len).finish_non_exhaustive()
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
    fn a_value_that_comes_in_pieces_is_put_together_and_what_does_not_come_is_zeros() {
        for flags in [0, 7] {
            let mut unfilled = Unfilled::new(Key::new(b"key").unwrap(), flags, 10).unwrap();
            unfilled.append(b"abc");
            let came = unfilled.read(4, |room| Ok::<_, ()>(room[..2].write_copy_of_slice(b"de")));
            assert_eq!((came, unfilled.missing()), (Ok(2), 5));
            let item = unfilled.done();
            assert_eq!(
                (item.key(), item.value(), item.flags()),
                (&b"key"[..], &b"abcde\0\0\0\0\0"[..], flags)
            );

            let mut unfilled = Unfilled::new(Key::new(b"key").unwrap(), flags, 4).unwrap();
            unfilled.append(b"abcdef");
            assert_eq!((unfilled.missing(), &*unfilled.value_mut()), (0, &b"abcd"[..]));
            assert_eq!(unfilled.read(4, |room| Err(room.len())), Err(0), "flags are not the value's");
            let item = unfilled.done();
            assert_eq!((item.value(), item.flags()), (&b"abcd"[..], flags));
        }
    }

    #[test]
    fn a_length_that_no_memory_has_is_an_error() {
        for len in [usize::MAX, usize::MAX / 2] {
            assert!(Unfilled::new(Key::new(b"key").unwrap(), 1, len).is_err());
        }
    }
}
