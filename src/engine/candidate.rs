//! An entry that is to be stored: made under its stripe's lock, best of all in the memory of one that leaves.

use super::{
    Held,
    held::{Span, allocation},
};
use crate::core::{Ordinal, Recipe};
use std::cell::RefCell;

/// A key and a value that are to become an entry. It is stored once: then it has, until it is dropped, what was in the memory that it
/// took, so that no key or value is dropped under a lock.
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
    /// A larger one would be moved under the lock for too long.
    pub(super) const IS_SMALL: bool = allocation::<K, V>() <= 512;

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
