//! Entries that are to be stored: made before the lock, or under it in the memory of one that leaves.
//!
//! The latter is for keys and values that are all there is of them, as numbers and arrays. Where they own memory elsewhere, which is
//! given back with them, the allocator has a piece of the right size that was just read, and a new entry is there sooner in that than
//! in one that nobody looked at for long. So no key and no value is dropped under a lock either.

use super::{Held, held::Span};
use crate::core::{Ordinal, Recipe};
use std::cell::RefCell;

/// An entry that is to be stored, once at most.
///
/// What it is made of is in a cell: the key is compared with others' until it goes, in the middle of a write.
pub(super) trait Candidate<K, V> {
    /// What is to be known of its key, as long as it is not stored.
    fn ask_key<T>(&self, ask: impl FnOnce(&K) -> T) -> Option<T>;
}

/// One that has its own memory: the way of all that may be handed to somebody, or owns more than itself.
pub(super) struct Made<K, V> {
    weight: usize,
    held: RefCell<Option<Held<K, V>>>,
}

impl<K, V> Made<K, V> {
    #[inline]
    pub(super) fn new(held: Held<K, V>) -> Self {
        Self { weight: held.weight(), held: RefCell::new(Some(held)) }
    }
}

impl<K, V> Candidate<K, V> for Made<K, V> {
    #[inline]
    fn ask_key<T>(&self, ask: impl FnOnce(&K) -> T) -> Option<T> {
        self.held.borrow().as_ref().map(|held| ask(held.key()))
    }
}

impl<K, V> Recipe<Held<K, V>> for &Made<K, V> {
    #[inline]
    fn charge(&self) -> usize {
        self.weight
    }

    #[inline]
    fn remake(&self, _: &mut Held<K, V>, _: Ordinal) -> bool {
        false
    }

    #[inline]
    fn make(&self, _: Ordinal) -> Option<Held<K, V>> {
        self.held.take()
    }
}

/// One for which memory is found under the lock.
pub(super) struct Plain<K, V> {
    weight: usize,
    span: Span,
    parts: RefCell<Option<(K, V)>>,
}

impl<K, V> Plain<K, V> {
    #[inline]
    pub(super) fn new(key: K, value: V, weight: usize, span: Span) -> Self {
        Self { weight, span, parts: RefCell::new(Some((key, value))) }
    }
}

impl<K, V> Candidate<K, V> for Plain<K, V> {
    #[inline]
    fn ask_key<T>(&self, ask: impl FnOnce(&K) -> T) -> Option<T> {
        self.parts.borrow().as_ref().map(|(key, _)| ask(key))
    }
}

impl<K, V> Recipe<Held<K, V>> for &Plain<K, V> {
    #[inline]
    fn charge(&self) -> usize {
        self.weight
    }

    #[inline]
    fn remake(&self, older: &mut Held<K, V>, ordinal: Ordinal) -> bool {
        older.weight() == self.weight && self.remake_paid(older, ordinal)
    }

    #[inline]
    fn remake_paid(&self, older: &mut Held<K, V>, _: Ordinal) -> bool {
        older.remake(&mut self.parts.borrow_mut(), self.weight, self.span)
    }

    #[inline]
    fn make(&self, _: Ordinal) -> Option<Held<K, V>> {
        self.parts.take().map(|(key, value)| Held::new(key, value, self.weight, self.span))
    }
}
