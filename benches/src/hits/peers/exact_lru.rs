//! The yardstick: what was used last stays.

use super::Peer;
use lru::LruCache;
use std::num::NonZeroUsize;

pub(super) struct ExactLru(LruCache<u32, (), ahash::RandomState>);

impl ExactLru {
    pub(super) fn with_room_for(room: usize) -> Self {
        let room = NonZeroUsize::new(room).unwrap_or(NonZeroUsize::MIN);
        Self(LruCache::with_hasher(room, ahash::RandomState::new()))
    }
}

impl Peer for ExactLru {
    fn name(&self) -> &'static str {
        "exact LRU"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.0.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.0.put(key, ());
    }
}
