//! One stored item: header, key and value in one counted allocation.

use crate::{
    Version,
    engine::{Deadline, Entry, Mark, Ordinal},
    key::Key,
    sync::{AtomicU64, Ordering},
};
use smallvec::SmallVec;
use std::{alloc::Layout, fmt};
use triomphe::ThinArc;

/// An item of the cache: a counted handle, cheap to clone, that keeps the value alive and unchanged for as long as it
/// is held, also after the cache has replaced or evicted the item.
///
/// It stands for its value: it derefs to the value's bytes.
#[derive(Clone)]
pub struct Item(ThinArc<Header, u8>);

/// What stands before the bytes. The bytes are the key's length (one byte), the key, the value: a byte there instead
/// of a field here keeps the header at 24.
struct Header {
    /// Written once, before the item is published under its stripe's lock.
    version: AtomicU64,
    mark: Mark,
    flags: u32,
}

/// Items up to this size are put together on the stack, larger ones in a buffer of the heap.
const ASSEMBLED_INLINE: usize = 512;

impl Item {
    /// What an item costs beyond key and value, before the allocator's rounding to eight bytes: the count, the header,
    /// the length and the key's length.
    pub const OVERHEAD: usize = size_of::<usize>() * 2 + size_of::<Header>() + 1;

    /// Puts an item together; the parts of the value follow each other. `None` if the allocator gives nothing.
    pub(crate) fn assemble(key: Key<'_>, parts: &[&[u8]], flags: u32, deadline: Deadline) -> Option<Self> {
        let len = 1 + key.bytes().len() + parts.iter().map(|part| part.len()).sum::<usize>();
        let mut bytes = SmallVec::<[u8; ASSEMBLED_INLINE]>::new();
        bytes.try_reserve_exact(len).ok()?;
        bytes.push(key.len_byte());
        bytes.extend_from_slice(key.bytes());
        for part in parts {
            bytes.extend_from_slice(part);
        }
        let header = Header { version: AtomicU64::new(0), mark: Mark::new(deadline), flags };
        ThinArc::try_from_header_and_slice(header, &bytes).ok().map(Self)
    }

    /// Its key.
    #[must_use]
    #[inline]
    pub fn key(&self) -> &[u8] {
        let [len, rest @ ..] = &self.0.slice else {
            return &[];
        };
        &rest[..usize::from(*len)]
    }

    /// Its value.
    #[must_use]
    #[inline]
    pub fn value(&self) -> &[u8] {
        let [len, rest @ ..] = &self.0.slice else {
            return &[];
        };
        &rest[usize::from(*len)..]
    }

    /// The 32 bits that its writer stored beside it.
    #[must_use]
    #[inline]
    pub fn flags(&self) -> u32 {
        self.0.header.header.flags
    }

    /// Its version: the number of the write that stored it.
    #[must_use]
    #[inline]
    pub fn version(&self) -> Version {
        // Relaxed: partner is `number`; the stripe's lock lies between the two.
        let number = self.0.header.header.version.load(Ordering::Relaxed);
        Version::from_number(number).unwrap_or(Version::FIRST)
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.mark().deadline()
    }

    /// Gives it its version, before it is published.
    pub(crate) fn number(&self, ordinal: Ordinal) -> Version {
        // Relaxed: partner is `version`; the stripe's lock lies between the two.
        self.0.header.header.version.store(ordinal.number(), Ordering::Relaxed);
        self.version()
    }
}

impl Entry for Item {
    type Key = [u8];

    #[inline]
    fn is_for(&self, key: &[u8]) -> bool {
        self.key() == key
    }

    fn charge(&self) -> usize {
        let unrounded = Self::OVERHEAD - 1 + self.0.slice.len();
        unrounded.next_multiple_of(Layout::new::<Header>().align())
    }

    #[inline]
    fn mark(&self) -> &Mark {
        &self.0.header.header.mark
    }
}

impl AsRef<[u8]> for Item {
    fn as_ref(&self) -> &[u8] {
        self.value()
    }
}

impl std::ops::Deref for Item {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.value()
    }
}

impl fmt::Debug for Item {
    /// The value stays out: it may be secret, and long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("key", &format_args!("{}", self.key().escape_ascii()))
            .field("len", &self.value().len())
            .field("flags", &self.flags())
            .field("version", &self.version())
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn item(key: &[u8], parts: &[&[u8]]) -> Item {
        let key = Key::new(key).unwrap();
        Item::assemble(key, parts, 7, Deadline::NONE).unwrap()
    }

    #[test]
    fn an_item_gives_back_what_it_was_made_of() {
        let long = vec![9; 100_000];
        for (key, parts) in
            [(&b"k"[..], &[&b""[..]][..]), (&[0xff; 250], &[b"value"]), (b"a\0b", &[&long, b"tail"])]
        {
            let item = item(key, parts);
            assert_eq!(item.key(), key);
            assert_eq!(item.value(), parts.concat());
            assert_eq!(item.flags(), 7);
            assert!(item.is_for(key) && !item.is_for(b"other"));
        }
    }

    #[test]
    fn the_header_stays_small() {
        assert_eq!(size_of::<Header>(), 24);
        assert_eq!(Item::OVERHEAD, 41);
        assert_eq!(item(b"12345678901234567890", &[&[0; 100]]).charge(), 168);
    }

    #[test]
    fn debug_does_not_show_the_value() {
        let shown = format!("{:?}", item(b"k\n", &[b"s3cret"]));
        assert!(shown.contains(r"k\n") && !shown.contains("s3cret"), "{shown}");
    }
}
