//! What a user writes himself in an hour: an exact LRU behind a mutex, 64 times.

use super::Peer;
use crate::sample;
use bytes::Bytes;
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;

const PARTS: usize = 64;

type Part = Mutex<LruCache<[u8; sample::KEY], Bytes, ahash::RandomState>>;

pub(in crate::engine) struct Mutexes {
    hasher: ahash::RandomState,
    parts: Vec<Part>,
}

impl Mutexes {
    pub(super) fn with_room_for(items: usize) -> Self {
        Self::hashed_by(items, &ahash::RandomState::new())
    }

    /// With hashes that are the same on each run.
    pub(in crate::engine) fn repeatable(items: usize) -> Self {
        Self::hashed_by(items, &super::fixed_hasher())
    }

    fn hashed_by(items: usize, hasher: &ahash::RandomState) -> Self {
        let each = NonZeroUsize::new(items.div_ceil(PARTS)).unwrap_or(NonZeroUsize::MIN);
        let part = |_| Mutex::new(LruCache::with_hasher(each, hasher.clone()));
        Self { hasher: hasher.clone(), parts: (0..PARTS).map(part).collect() }
    }

    fn part(&self, key: &[u8; sample::KEY]) -> &Part {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default();
        &self.parts[hash % PARTS]
    }
}

impl Peer for Mutexes {
    fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
        // Taken out of the lock as a user of the value would.
        let value = self.part(key).lock().get(key).cloned()?;
        Some(sample::belongs(&value, number))
    }

    fn set(&self, key: &[u8; sample::KEY], value: &[u8]) {
        let value = Bytes::copy_from_slice(value);
        // What is evicted dies outside the lock.
        let evicted = self.part(key).lock().push(*key, value);
        drop(evicted);
    }
}
