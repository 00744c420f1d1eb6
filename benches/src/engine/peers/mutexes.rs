//! What a user writes himself in an hour: an exact LRU behind a mutex, 64 times.

use super::Peer;
use crate::sample;
use bytes::Bytes;
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;

const PARTS: usize = 64;

type Part = Mutex<LruCache<[u8; sample::KEY], Bytes, ahash::RandomState>>;

pub(super) struct Mutexes {
    hasher: ahash::RandomState,
    parts: Vec<Part>,
}

impl Mutexes {
    pub(super) fn with_room_for(items: usize) -> Self {
        let each = NonZeroUsize::new(items.div_ceil(PARTS)).unwrap_or(NonZeroUsize::MIN);
        let part = |_| Mutex::new(LruCache::with_hasher(each, ahash::RandomState::new()));
        Self { hasher: ahash::RandomState::new(), parts: (0..PARTS).map(part).collect() }
    }

    fn part(&self, key: &[u8; sample::KEY]) -> &Part {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default();
        &self.parts[hash % PARTS]
    }
}

impl Peer for Mutexes {
    fn name(&self) -> &'static str {
        "64 mutexes"
    }

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
