//! One stored item: header, key and value in one counted allocation.

mod counted;
mod header;
mod parts;
mod registers;
mod shape;
mod unfilled;
mod unwritten;

use crate::{
    Version,
    core::{CACHE_LINE, Deadline, Entry, NoPlace},
    sync::Ordering,
};
use counted::Counted;
use header::{Flags, Header};
pub(crate) use parts::{Mould, NoMemory, Parts};
use shape::Shape;
use std::fmt;
pub(crate) use unfilled::Unfilled;

/// An item of the cache: a counted handle, cheap to clone, that keeps the value alive and unchanged for as long as it
/// is held, also after the cache has replaced or evicted the item.
///
/// It stands for its value: it derefs to the value's bytes.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// session.set("greeting", "hello")?;
/// let item = session.get("greeting")?.expect("it was stored");
/// session.delete("greeting")?;
/// // What is held stays what it was.
/// assert_eq!(&*item, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Item(Counted<Header>);

const FLAGS_LEN: usize = size_of::<u32>();

impl Item {
    /// What an item costs beyond key and value: the count, the length and the header. Flags other than 0 cost four bytes
    /// more, and so does an expiry; items of more than 512 bytes always have room for one.
    ///
    /// ```
    /// assert!(keyway::Item::OVERHEAD > 0 && keyway::Item::OVERHEAD <= 64); // bytes beside key and value
    /// ```
    pub const OVERHEAD: usize = Counted::<Header>::size(Shape::EMPTY);

    /// The longest value in bytes that an item can have, whatever the key: 512 bytes less than 2 GiB.
    ///
    /// ```
    /// assert!(keyway::Item::MAX_VALUE > 1 << 20);
    /// ```
    pub const MAX_VALUE: usize = shape::LEN_MAX - 511;

    #[inline]
    fn header(&self) -> &Header {
        self.0.header()
    }

    /// Its key.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", "hello")?;
    /// assert_eq!(session.get("greeting")?.ok_or("it was just stored")?.key(), b"greeting");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn key(&self) -> &[u8] {
        self.0.bytes().get(..self.header().key_len()).unwrap_or_default()
    }

    /// Its value.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", "hello")?;
    /// assert_eq!(session.get("greeting")?.ok_or("it was just stored")?.value(), b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn value(&self) -> &[u8] {
        let (key_len, flags) = self.header().key_len_and_flags();
        let Some((_, behind_key)) = self.0.bytes().split_at_checked(key_len) else { return nothing() };
        match flags {
            Flags::Zero => behind_key,
            Flags::Stored => behind_key.split_last_chunk::<FLAGS_LEN>().map_or(&[], |(value, _)| value),
        }
    }

    /// The 32 bits that its writer stored beside it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Draft, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", Draft::new("hello").flags(7))?;
    /// assert_eq!(session.get("greeting")?.ok_or("it was just stored")?.flags(), 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn flags(&self) -> u32 {
        match (self.header().flags(), self.0.bytes().last_chunk()) {
            (Flags::Stored, Some(bytes)) => u32::from_ne_bytes(*bytes),
            _ => 0,
        }
    }

    /// Its version: the number of the write that stored it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let stored = session.set("greeting", "hello")?;
    /// assert_eq!(session.get("greeting")?.ok_or("it was just stored")?.version(), stored);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn version(&self) -> Version {
        Version::from_number(self.header().version()).unwrap_or(Version::FIRST)
    }

    /// The same in memory of its own, counted by itself. `None` if the allocator gives nothing.
    #[cold]
    pub(crate) fn copied(&self) -> Option<Self> {
        self.copied_as(self.0.shape(), self.deadline())
    }

    fn copied_as(&self, shape: Shape, deadline: Deadline) -> Option<Self> {
        Counted::of_parts(shape, self.header().copied(), deadline.to_bits(), [self.0.bytes()]).map(Self)
    }

    #[inline]
    pub(crate) fn is_for(&self, key: &[u8]) -> bool {
        let key_len = self.header().key_len();
        key_len == key.len() && self.0.bytes().get(..key_len).is_some_and(|own| registers::are_same(own, key))
    }

    #[inline]
    pub(crate) fn deadline(&self) -> Deadline {
        // Relaxed: it is written under the stripe's lock, for readers under it; who reads it elsewhere asks again there.
        self.0.deadline().map_or(Deadline::NONE, |bits| Deadline::from_bits(bits.load(Ordering::Relaxed)))
    }
}

/// Of an item that is shorter than its key, which none is.
#[cold]
#[inline(never)]
fn nothing() -> &'static [u8] {
    &[]
}

impl Entry for Item {
    const SPARED: bool = true;
    /// All of a small one is in three lines.
    const REMADE: usize = 2 * CACHE_LINE + 1;

    #[inline]
    fn charge(&self) -> usize {
        Counted::<Header>::size(self.0.shape())
    }

    #[inline]
    fn address(&self) -> *const u8 {
        self.0.address()
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
        self.deadline()
    }

    fn redate(&self, deadline: Deadline) -> Result<(), NoPlace> {
        match self.0.deadline() {
            // Relaxed: see `deadline`.
            Some(bits) => bits.store(deadline.to_bits(), Ordering::Relaxed),
            None if deadline.is_none() => {}
            None => return Err(NoPlace),
        }
        Ok(())
    }

    fn redated_charge(&self) -> usize {
        Counted::<Header>::size(self.0.shape().dated())
    }

    fn redated(&self, deadline: Deadline) -> Option<Self> {
        self.copied_as(self.0.shape().dated(), deadline)
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
        let parts = Parts::new(key, parts, flags);
        let whole = parts.whole().unwrap();
        let mould = Mould::of(parts).unwrap_or_else(|| Mould::around(parts, &whole));
        mould.item(Ordinal::with_number(1)).unwrap()
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
    fn keys_of_any_length_are_told_apart_by_each_byte() {
        for len in [1, 2, 15, 16, 17, 24, 31, 32, 33, 250] {
            let key: Vec<u8> = (1..=len).collect();
            let item = item(&key, [b"value", b""], 0);
            assert!(item.is_for(&key) && !item.is_for(&key[1..]) && !item.is_for(&[&key[..], &[0]].concat()));
            for at in 0..key.len() {
                let mut other = key.clone();
                other[at] ^= 0x80;
                assert!(!item.is_for(&other), "{len}, {at}");
            }
        }
    }

    #[test]
    fn the_header_stays_small() {
        assert_eq!((size_of::<Header>(), size_of::<Item>(), Item::OVERHEAD), (12, size_of::<usize>(), 20));
        let item = |flags| item(b"1234567890123456", [&[0; 100], &[]], flags);
        assert_eq!((Entry::charge(&item(7)), Entry::charge(&item(0))), (136 + 4, 136));
    }

    #[test]
    fn debug_does_not_show_the_value() {
        let shown = format!("{:?}", item(b"k\n", [b"s3cret", b""], 7));
        assert!(shown.contains(r"k\n") && !shown.contains("s3cret"), "{shown}");
    }
}
