//! No cache for use, but as little as one could think of: one line of the table for the key, one piece of memory for the item. It
//! has no order, expiry, budget, weight or statistics; the places of a full line are written over in turn.

use super::{Peer, kept::Kept};
use crate::sample;
use parking_lot::Mutex;
use std::sync::Arc;

/// As many as fit into a line of the processor's with their tags and the lock.
const WAYS: usize = 6;

type Item<V> = ([u8; sample::KEY], V);

struct Ways<V> {
    items: [Option<Arc<Item<V>>>; WAYS],
    tags: [u8; WAYS],
    /// Which place of a full line is written over next.
    next: u8,
}

#[repr(align(64))]
struct Line<V>(Mutex<Ways<V>>);

const _: () = assert!(size_of::<Line<()>>() == 64);

pub(super) struct Bare<V> {
    hasher: ahash::RandomState,
    lines: Vec<Line<V>>,
}

impl<V> Bare<V> {
    pub(super) fn with_room_for(items: usize) -> Self {
        let lines = (0..items.div_ceil(WAYS)).map(|_| Line(Mutex::new(Ways::EMPTY))).collect();
        Self { hasher: ahash::RandomState::new(), lines }
    }

    fn line(&self, key: &[u8; sample::KEY]) -> (&Line<V>, u8) {
        let hash = self.hasher.hash_one(key);
        let home = (u128::from(hash) * self.lines.len() as u128) >> 64;
        (&self.lines[usize::try_from(home).unwrap_or_default()], hash.to_le_bytes()[0])
    }
}

impl<V> Ways<V> {
    const EMPTY: Self = Self { items: [const { None }; WAYS], tags: [0; WAYS], next: 0 };

    fn find(&self, key: &[u8; sample::KEY], tag: u8) -> Option<usize> {
        let is_it = |way: &usize| {
            self.tags[*way] == tag && self.items[*way].as_ref().is_some_and(|item| item.0 == *key)
        };
        (0..WAYS).find(is_it)
    }

    /// What the new item takes the place of.
    fn set(&mut self, tag: u8, item: Arc<Item<V>>) -> Option<Arc<Item<V>>> {
        let way = self.find(&item.0, tag).or_else(|| self.items.iter().position(Option::is_none));
        let way = way.unwrap_or_else(|| {
            self.next = self.next.wrapping_add(1);
            usize::from(self.next) % WAYS
        });
        self.tags[way] = tag;
        self.items[way].replace(item)
    }
}

impl<V: Kept> Peer for Bare<V> {
    fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
        let (line, tag) = self.line(key);
        let item = {
            let ways = line.0.lock();
            ways.items[ways.find(key, tag)?].clone()?
        };
        Some(sample::belongs(item.1.as_ref(), number))
    }

    fn set(&self, key: &[u8; sample::KEY], value: &[u8]) {
        let (line, tag) = self.line(key);
        let item = Arc::new((*key, V::copy_of(value)));
        // What goes dies outside the lock.
        let gone = line.0.lock().set(tag, item);
        drop(gone);
    }
}
