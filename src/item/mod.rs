//! One stored item: header, key and value in one counted allocation.

mod header;
mod parts;
mod unfilled;

use crate::{
    Version,
    core::{Deadline, Entry},
};
use header::{Flags, Header};
pub(crate) use parts::{Mould, NoMemory, Parts};
use std::fmt;
use triomphe::ThinArc;
pub(crate) use unfilled::Unfilled;

/// An item of the cache: a counted handle, cheap to clone, that keeps the value alive and unchanged for as long as it
/// is held, also after the cache has replaced or evicted the item.
///
/// It stands for its value: it derefs to the value's bytes.
#[derive(Clone)]
pub struct Item(ThinArc<Header, u8>);

const FLAGS_LEN: usize = size_of::<u32>();

impl Item {
    /// What an item costs beyond key and value, before the allocator's rounding to eight bytes: the count, the length
    /// and the header. Flags other than 0 cost four bytes more.
    pub const OVERHEAD: usize = size_of::<usize>() * 2 + size_of::<Header>();

    #[inline]
    fn header(&self) -> &Header {
        &self.0.header.header
    }

    /// Its key.
    #[must_use]
    #[inline]
    pub fn key(&self) -> &[u8] {
        self.0.slice.get(..self.header().key_len()).unwrap_or_default()
    }

    /// Its value.
    #[must_use]
    #[inline]
    pub fn value(&self) -> &[u8] {
        let tail = if self.header().flags() == Flags::Stored { FLAGS_LEN } else { 0 };
        let end = self.0.slice.len().saturating_sub(tail);
        self.0.slice.get(self.header().key_len()..end).unwrap_or_default()
    }

    /// The 32 bits that its writer stored beside it.
    #[must_use]
    #[inline]
    pub fn flags(&self) -> u32 {
        match (self.header().flags(), self.0.slice.last_chunk()) {
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

    /// The same in memory of its own, counted by itself. `None` if the allocator gives nothing.
    #[cold]
    pub(crate) fn copied(&self) -> Option<Self> {
        ThinArc::try_from_header_and_slice(self.header().copied(), &self.0.slice).ok().map(Self)
    }

    #[inline]
    pub(crate) fn is_for(&self, key: &[u8]) -> bool {
        self.key() == key
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.header().deadline()
    }
}

/// What the allocator is asked for, for an item with so many bytes behind its header.
fn charge_of(len: usize) -> usize {
    (Item::OVERHEAD + len).next_multiple_of(align_of::<usize>())
}

impl Entry for Item {
    const REMADE: bool = true;

    #[inline]
    fn charge(&self) -> usize {
        charge_of(self.0.slice.len())
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
    use crate::{core::Ordinal, key::Key};

    fn item(key: &[u8], parts: [&[u8]; 2], flags: u32) -> Item {
        let key = Key::new(key).unwrap();
        let parts = Parts::new(key, parts, flags, Deadline::NONE);
        let large = parts.make_large().unwrap();
        Mould::new(parts, large.as_ref()).item(Ordinal::with_number(1)).unwrap()
    }

    #[test]
    fn an_item_gives_back_what_it_was_made_of() {
        let long = vec![9; 100_000];
        for (key, parts) in
            [(&b"k"[..], [&b""[..], b""]), (&[0xff; 250], [b"value", b""]), (b"a\0b", [&long, b"tail"])]
        {
            let item = item(key, parts, 7);
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
        let item = |flags| item(b"12345678901234567890", [&[0; 100], &[]], flags);
        assert_eq!((Entry::charge(&item(7)), Entry::charge(&item(0))), (152 + 8, 152));
    }

    #[test]
    fn debug_does_not_show_the_value() {
        let shown = format!("{:?}", item(b"k\n", [b"s3cret", b""], 7));
        assert!(shown.contains(r"k\n") && !shown.contains("s3cret"), "{shown}");
    }
}
