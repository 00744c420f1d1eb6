//! What an item is made of, and how it is made: best of all in the memory of an older one.

use super::{Counted, FLAGS_LEN, Flags, Header, Item, Shape, registers};
use crate::{
    core::{Deadline, Entry, Ordinal, Recipe},
    key::Key,
    sync::Ordering,
};
use std::cell::Cell;

/// What an item is made of: its value from two parts, of which one is mostly empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    key: Key<'a>,
    value: [&'a [u8]; 2],
    flags: [u8; FLAGS_LEN],
    stored: Flags,
}

/// Items of up to so many bytes are put together under the lock, where the memory of one that leaves can be taken for them: a
/// copy takes a fraction of a microsecond then. They have room for a deadline only if they are made with one; to others, four
/// bytes are nothing.
const SMALL: usize = 512;

impl<'a> Parts<'a> {
    #[inline]
    pub(crate) fn new(key: Key<'a>, value: [&'a [u8]; 2], flags: u32) -> Self {
        let stored = if flags == 0 { Flags::Zero } else { Flags::Stored };
        Self { key, value, flags: flags.to_ne_bytes(), stored }
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
        Header::new(self.key.len_byte(), self.stored, version)
    }

    /// Ahead of the lock, if it is too large for a `Mould`; but for its version and deadline.
    ///
    /// # Errors
    /// If the allocator gives nothing.
    pub(crate) fn whole(&self) -> Result<Item, NoMemory> {
        let shape = Shape::of(self.len()).ok_or(NoMemory)?;
        self.made(shape.dated(), 0, Deadline::NONE).ok_or(NoMemory)
    }

    fn made(&self, shape: Shape, version: u64, deadline: Deadline) -> Option<Item> {
        let parts = [self.key.bytes(), self.value[0], self.value[1], self.tail()];
        Counted::of_parts(shape, self.header(version), deadline.to_bits(), parts).map(Item)
    }

    /// Writes itself over the bytes of another item, which are as many.
    #[inline]
    fn write_over(&self, bytes: &mut [u8]) {
        let [first, second] = self.value;
        let Some((key, rest)) = bytes.split_at_mut_checked(self.key.bytes().len()) else { return };
        registers::copy(self.key.bytes(), key);
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
#[derive(Debug)]
pub(crate) struct Mould<'a> {
    parts: Parts<'a>,
    large: Option<&'a Item>,
    /// As it is without a deadline.
    shape: Shape,
    deadline: Cell<Deadline>,
}

impl<'a> Mould<'a> {
    /// `None` if what is made of them is large: see [`around`](Self::around).
    #[inline]
    pub(crate) fn of(parts: Parts<'a>) -> Option<Self> {
        let shape = Shape::of(parts.len()).filter(|shape| shape.len() <= SMALL)?;
        Some(Self { parts, large: None, shape, deadline: Cell::new(Deadline::NONE) })
    }

    /// With what was made of these parts, has room for a deadline, and is nobody else's yet.
    #[inline]
    pub(crate) fn around(parts: Parts<'a>, large: &'a Item) -> Self {
        Self { parts, large: Some(large), shape: large.0.shape(), deadline: Cell::new(Deadline::NONE) }
    }

    /// From now on, what is made ends then.
    #[inline]
    pub(crate) fn end_at(&self, deadline: Deadline) {
        self.deadline.set(deadline);
    }

    #[inline]
    fn shape(&self) -> Shape {
        if self.deadline.get().is_none() { self.shape } else { self.shape.dated() }
    }

    /// The item with its version. `None` if the allocator gives nothing.
    pub(crate) fn item(&self, ordinal: Ordinal) -> Option<Item> {
        let (version, deadline) = (ordinal.number(), self.deadline.get());
        let Some(large) = self.large else { return self.parts.made(self.shape(), version, deadline) };
        large.header().number(version);
        large.redate(deadline).ok()?;
        Some(large.clone())
    }
}

impl Recipe<Item> for &Mould<'_> {
    #[inline]
    fn charge(&self) -> usize {
        Counted::<Header>::size(self.shape())
    }

    #[inline]
    fn remake(&self, older: &mut Item, ordinal: Ordinal) -> bool {
        if self.large.is_some() || self.shape() != older.0.shape() {
            return false;
        }
        let Some(older) = older.0.only() else { return false };
        *older.header = self.parts.header(ordinal.number());
        if let Some(bits) = older.deadline {
            // Relaxed: nobody else has the item.
            bits.store(self.deadline.get().to_bits(), Ordering::Relaxed);
        }
        self.parts.write_over(older.bytes);
        true
    }

    #[inline]
    fn make(&self, ordinal: Ordinal) -> Option<Item> {
        self.item(ordinal)
    }
}
