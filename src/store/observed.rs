//! What is told to whoever watches: of verbs while no lock is held, of evictions as they happen.

use super::Store;
use crate::{
    Item,
    core::{Entry, Watch},
    key::Key,
    sync::{StdArc, Weak},
    watch::{Lookout, Observed, Post},
};

impl Store {
    #[inline]
    pub(super) fn lookout(&self) -> &Lookout {
        self.engine.watch()
    }

    /// As those know it who have stores look out.
    pub(crate) fn as_post(store: &StdArc<Self>) -> Weak<dyn Post> {
        let post: StdArc<dyn Post> = store.clone();
        StdArc::downgrade(&post)
    }

    /// Whether anybody wants to know of what is read, or anything is limited, in one look: then reads go by
    /// [`get_many`](Self::get_many), which tells, and are counted before.
    #[inline]
    pub(crate) fn is_watched_or_limited(&self) -> bool {
        self.lookout().is_busy()
    }

    #[cold]
    #[inline(never)]
    pub(super) fn observe_gets<K: AsRef<[u8]>>(&self, keys: &[K], found: &[Option<Item>]) {
        for (key, found) in keys.iter().zip(found) {
            let what = if found.is_some() { Observed::Used } else { Observed::Missed };
            self.lookout().observe(key.as_ref(), what);
        }
    }

    /// Before it is carried out, and so whatever becomes of it.
    #[cold]
    #[inline(never)]
    pub(super) fn observe_write(&self, key: Key<'_>) {
        self.lookout().observe(key.bytes(), Observed::Used);
    }
}

impl Post for Store {
    fn lookout(&self) -> &Lookout {
        self.engine.watch()
    }
}

/// Of what leaves, only evictions are told, and as they happen: the memory of what was evicted goes to the next item.
impl Watch<Item> for Lookout {
    #[inline]
    fn is_watching(&self) -> bool {
        false
    }

    fn note(&self, _: usize, _: Item, _: crate::core::Cause) {}

    #[inline]
    fn deliver(&self, _: usize) {}

    #[inline]
    fn wants_evictions(&self) -> bool {
        self.is_told_of_evictions()
    }

    fn evicted(&self, item: &Item) {
        Self::evicted(self, item.key(), item.charge());
    }
}
