//! An entry that is to be stored, best of all in the memory of one that leaves.
//!
//! That is for keys and values that are all there is of them, as numbers and arrays. Where they own memory elsewhere, which is given
//! back with them, the allocator has a piece of the right size that was just read, and a new entry in that is there sooner than one in
//! memory that was not looked at for long. So no key and no value is dropped under a lock either.

use super::{
    Held,
    held::{Span, allocation},
};
use crate::core::{Ordinal, Recipe};
use std::{cell::RefCell, mem::needs_drop};

/// A key and a value that are to become an entry. It is stored once at most.
pub(super) struct Candidate<K, V> {
    weight: usize,
    /// In a cell, since the key is compared with others' until it goes, in the middle of a write.
    matter: RefCell<Matter<K, V>>,
}

enum Matter<K, V> {
    /// Memory is found for it under the lock.
    Loose {
        key: K,
        value: V,
        span: Span,
    },
    /// It has memory already, and takes nobody else's.
    Held(Held<K, V>),
    Gone,
}

impl<K, V> Candidate<K, V> {
    /// Whether it is to be made in the memory of another. What is large would be moved under the lock for too long.
    pub(super) const IS_REMADE: bool =
        allocation::<K, V>() <= 512 && !needs_drop::<K>() && !needs_drop::<V>();

    #[inline]
    pub(super) fn loose(key: K, value: V, weight: usize, span: Span) -> Self {
        Self { weight, matter: RefCell::new(Matter::Loose { key, value, span }) }
    }

    #[inline]
    pub(super) fn held(held: Held<K, V>) -> Self {
        Self { weight: held.weight(), matter: RefCell::new(Matter::Held(held)) }
    }

    #[inline]
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// What is to be known of its key, as long as it is not stored.
    #[inline]
    pub(super) fn ask_key<T>(&self, ask: impl FnOnce(&K) -> T) -> Option<T> {
        match &*self.matter.borrow() {
            Matter::Loose { key, .. } => Some(ask(key)),
            Matter::Held(held) => Some(ask(held.key())),
            Matter::Gone => None,
        }
    }
}

impl<K, V> Recipe<Held<K, V>> for &Candidate<K, V> {
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
        match &mut *self.matter.borrow_mut() {
            Matter::Loose { key, value, span } => older.exchange(key, value, self.weight, *span),
            Matter::Held(_) | Matter::Gone => false,
        }
    }

    #[inline]
    fn make(&self, _: Ordinal) -> Option<Held<K, V>> {
        match self.matter.replace(Matter::Gone) {
            Matter::Loose { key, value, span } => Some(Held::new(key, value, self.weight, span)),
            Matter::Held(held) => Some(held),
            Matter::Gone => None,
        }
    }
}
