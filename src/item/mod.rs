//! One stored item: header, key and value in one counted allocation.

mod header;

use crate::{
    Version,
    core::{Deadline, Entry, Ordinal},
    key::Key,
};
use arrayvec::ArrayVec;
use header::{Flags, Header};
use std::{alloc::Layout, fmt};
use triomphe::ThinArc;

/// An item of the cache: a counted handle, cheap to clone, that keeps the value alive and unchanged for as long as it
/// is held, also after the cache has replaced or evicted the item.
///
/// It stands for its value: it derefs to the value's bytes.
#[derive(Clone)]
pub struct Item(ThinArc<Header, u8>);

/// Items up to this size are put together on the stack, larger ones in a buffer of the heap.
const ASSEMBLED_INLINE: usize = 512;
const FLAGS_LEN: usize = size_of::<u32>();

impl Item {
    /// What an item costs beyond key and value, before the allocator's rounding to eight bytes: the count, the length
    /// and the header. Flags other than 0 cost four bytes more.
    pub const OVERHEAD: usize = size_of::<usize>() * 2 + size_of::<Header>();

    /// Puts an item together, its value from two parts. `None` if the allocator gives nothing.
    pub(crate) fn assemble(
        key: Key<'_>,
        [value, rest]: [&[u8]; 2],
        flags: u32,
        deadline: Deadline,
    ) -> Option<Self> {
        let (key_len, key) = (key.len_byte(), key.bytes());
        let stored = if flags == 0 { Flags::Zero } else { Flags::Stored };
        let header = Header::new(key_len, stored, deadline);
        let mut bytes = Assembly::with_room_for(FLAGS_LEN + key.len() + value.len() + rest.len())?;
        if stored == Flags::Stored {
            bytes.extend(&flags.to_ne_bytes());
        }
        bytes.extend(key);
        bytes.extend(value);
        if !rest.is_empty() {
            bytes.extend(rest);
        }
        ThinArc::try_from_header_and_slice(header, bytes.as_slice()).ok().map(Self)
    }

    #[inline]
    fn header(&self) -> &Header {
        &self.0.header.header
    }

    /// Key and value.
    #[inline]
    fn body(&self) -> &[u8] {
        let from = if self.header().flags() == Flags::Stored { FLAGS_LEN } else { 0 };
        self.0.slice.get(from..).unwrap_or_default()
    }

    /// Its key.
    #[must_use]
    #[inline]
    pub fn key(&self) -> &[u8] {
        self.body().get(..self.header().key_len()).unwrap_or_default()
    }

    /// Its value.
    #[must_use]
    #[inline]
    pub fn value(&self) -> &[u8] {
        self.body().get(self.header().key_len()..).unwrap_or_default()
    }

    /// The 32 bits that its writer stored beside it.
    #[must_use]
    #[inline]
    pub fn flags(&self) -> u32 {
        match (self.header().flags(), self.0.slice.first_chunk()) {
            (Flags::Stored, Some(bytes)) => u32::from_ne_bytes(*bytes),
            _ => 0,
        }
    }

    /// Its version: the number of the write that stored it.
    #[must_use]
    #[inline]
    pub fn version(&self) -> Version {
        Version::from_number(self.header().version()).unwrap_or(Version::FIRST)
    }

    #[inline]
    pub(crate) fn is_for(&self, key: &[u8]) -> bool {
        self.key() == key
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.header().deadline()
    }

    /// Gives it its version, before it is published.
    pub(crate) fn number(&self, ordinal: Ordinal) -> Version {
        self.header().number(ordinal);
        self.version()
    }
}

/// Where an item's bytes come together before they move into its allocation.
#[expect(clippy::large_enum_variant, reason = "the large one is what spares small items the heap")]
enum Assembly {
    Inline(ArrayVec<u8, ASSEMBLED_INLINE>),
    Heap(Vec<u8>),
}

impl Assembly {
    #[inline]
    fn with_room_for(len: usize) -> Option<Self> {
        if len <= ASSEMBLED_INLINE {
            return Some(Self::Inline(ArrayVec::new()));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).ok()?;
        Some(Self::Heap(bytes))
    }

    /// Within the room that was asked for.
    #[inline]
    fn extend(&mut self, part: &[u8]) {
        match self {
            Self::Inline(bytes) => {
                let fits = bytes.try_extend_from_slice(part);
                debug_assert!(fits.is_ok(), "room was asked for");
            }
            Self::Heap(bytes) => bytes.extend_from_slice(part),
        }
    }

    #[inline]
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Inline(bytes) => bytes,
            Self::Heap(bytes) => bytes,
        }
    }
}

impl Entry for Item {
    #[inline]
    fn charge(&self) -> usize {
        (Self::OVERHEAD + self.0.slice.len()).next_multiple_of(Layout::new::<Header>().align())
    }

    #[inline]
    fn address(&self) -> *const u8 {
        ThinArc::as_ptr(&self.0).cast()
    }

    #[inline]
    fn slot(&self) -> u32 {
        self.header().slot()
    }

    #[inline]
    fn settle_in(&self, slot: u32) {
        self.header().settle_in(slot);
    }

    #[inline]
    fn deadline(&self) -> Deadline {
        self.header().deadline()
    }

    fn redate(&self, deadline: Deadline) {
        self.header().redate(deadline);
    }

    #[inline]
    fn uses(&self) -> u8 {
        self.header().uses()
    }

    #[inline]
    fn count_uses(&self, uses: u8) {
        self.header().count_uses(uses);
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

    fn item(key: &[u8], parts: [&[u8]; 2]) -> Item {
        let key = Key::new(key).unwrap();
        Item::assemble(key, parts, 7, Deadline::NONE).unwrap()
    }

    #[test]
    fn an_item_gives_back_what_it_was_made_of() {
        let long = vec![9; 100_000];
        for (key, parts) in
            [(&b"k"[..], [&b""[..], b""]), (&[0xff; 250], [b"value", b""]), (b"a\0b", [&long, b"tail"])]
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
        assert_eq!(size_of::<Header>(), 16);
        assert_eq!(Item::OVERHEAD, 32);
        assert_eq!(item(b"12345678901234567890", [&[0; 100], &[]]).charge(), 152 + 8, "with flags");
        let key = Key::new(b"12345678901234567890").unwrap();
        assert_eq!(Item::assemble(key, [&[0; 100], &[]], 0, Deadline::NONE).unwrap().charge(), 152);
    }

    #[test]
    fn debug_does_not_show_the_value() {
        let shown = format!("{:?}", item(b"k\n", [b"s3cret", b""]));
        assert!(shown.contains(r"k\n") && !shown.contains("s3cret"), "{shown}");
    }
}
