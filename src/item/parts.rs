//! What an item is made of, and how it is made: best of all in the memory of an older one.

use super::{FLAGS_LEN, Flags, Header, Item, charge_of};
use crate::{
    core::{Deadline, Ordinal, Recipe},
    key::Key,
};
use arrayvec::ArrayVec;
use triomphe::{Arc, ThinArc};

/// What an item is made of: its value from two parts, of which one is mostly empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    key: Key<'a>,
    value: [&'a [u8]; 2],
    flags: [u8; FLAGS_LEN],
    stored: Flags,
    deadline: Deadline,
}

/// Items of up to so many bytes are put together under the lock, where the memory of one that leaves can be taken for them: a
/// copy takes a fraction of a microsecond then.
const SMALL: usize = 512;

impl<'a> Parts<'a> {
    #[inline]
    pub(crate) fn new(key: Key<'a>, value: [&'a [u8]; 2], flags: u32, deadline: Deadline) -> Self {
        let stored = if flags == 0 { Flags::Zero } else { Flags::Stored };
        Self { key, value, flags: flags.to_ne_bytes(), stored, deadline }
    }

    /// The same with another deadline.
    pub(crate) fn ending(self, deadline: Deadline) -> Self {
        Self { deadline, ..self }
    }

    /// Those of flags that are stored.
    #[inline]
    fn tail(&self) -> &[u8] {
        if self.stored == Flags::Stored { &self.flags } else { &[] }
    }

    /// How many bytes stand behind the header.
    #[inline]
    fn len(&self) -> usize {
        self.key.bytes().len() + self.value[0].len() + self.value[1].len() + self.tail().len()
    }

    #[inline]
    fn header(&self, version: u64) -> Header {
        Header::new(self.key.len_byte(), self.stored, self.deadline, version)
    }

    /// The item, if it is too large to be made under a lock; `Mould` completes it.
    ///
    /// # Errors
    /// If the allocator gives nothing.
    #[inline]
    pub(crate) fn make_large(&self) -> Result<Option<Item>, NoMemory> {
        if self.len() <= SMALL { Ok(None) } else { self.assemble().map(Some).ok_or(NoMemory) }
    }

    #[cold]
    fn assemble(&self) -> Option<Item> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(self.len()).ok()?;
        for part in [self.key.bytes(), self.value[0], self.value[1], self.tail()] {
            bytes.extend_from_slice(part);
        }
        self.made(0, &bytes)
    }

    #[inline(never)]
    fn make_small(&self, version: u64) -> Option<Item> {
        let mut bytes = ArrayVec::<u8, SMALL>::new();
        for part in [self.key.bytes(), self.value[0], self.value[1], self.tail()] {
            bytes.try_extend_from_slice(part).ok()?;
        }
        self.made(version, &bytes)
    }

    #[inline]
    fn made(&self, version: u64, bytes: &[u8]) -> Option<Item> {
        ThinArc::try_from_header_and_slice(self.header(version), bytes).ok().map(Item)
    }

    /// Writes itself over the bytes of another item, which are as many.
    #[inline]
    fn write_over(&self, bytes: &mut [u8]) {
        let [first, second] = self.value;
        let rest = copied(bytes, self.key.bytes());
        let rest = copied(rest, first);
        if !rest.is_empty() {
            copied(copied(rest, second), self.tail());
        }
    }
}

/// What is left of `to` behind the part that was copied there.
#[inline]
fn copied<'b>(to: &'b mut [u8], part: &[u8]) -> &'b mut [u8] {
    let Some((to, behind)) = to.split_at_mut_checked(part.len()) else { return &mut [] };
    to.copy_from_slice(part);
    behind
}

/// The allocator gave nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoMemory;

/// An item to be: its parts, or if it is large, the item itself but for its version and deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mould<'a> {
    parts: Parts<'a>,
    large: Option<&'a Item>,
}

impl<'a> Mould<'a> {
    /// `large` is what `Parts::make_large` made of them.
    #[inline]
    pub(crate) fn new(parts: Parts<'a>, large: Option<&'a Item>) -> Self {
        Self { parts, large }
    }

    /// The item with its version. `None` if the allocator gives nothing.
    pub(crate) fn item(&self, ordinal: Ordinal) -> Option<Item> {
        let Some(large) = self.large else { return self.parts.make_small(ordinal.number()) };
        large.header().number(ordinal.number());
        large.header().redate(self.parts.deadline);
        Some(large.clone())
    }
}

impl Recipe<Item> for &Mould<'_> {
    #[inline]
    fn charge(&self) -> usize {
        charge_of(self.parts.len())
    }

    #[inline]
    fn remake(&self, older: &mut Item, ordinal: Ordinal) -> bool {
        if older.0.slice.len() != self.parts.len() || self.large.is_some() {
            return false;
        }
        older.0.with_arc_mut(|older| {
            let Some(older) = Arc::get_mut(older) else { return false };
            *older.header_mut() = self.parts.header(ordinal.number());
            self.parts.write_over(older.slice_mut());
            true
        })
    }

    #[inline]
    fn make(&self, ordinal: Ordinal) -> Option<Item> {
        self.item(ordinal)
    }
}
