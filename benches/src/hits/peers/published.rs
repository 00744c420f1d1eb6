//! Caches that others have published, each as its own documentation would have it.

use super::Peer;
use foyer_memory::{Cache as FoyerCache, CacheBuilder, S3FifoConfig};

pub(super) struct Quick(quick_cache::unsync::Cache<u32, ()>);

impl Quick {
    pub(super) fn with_room_for(room: usize) -> Self {
        Self(quick_cache::unsync::Cache::new(room))
    }
}

impl Peer for Quick {
    fn name(&self) -> &'static str {
        "quick_cache"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.0.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.0.insert(key, ());
    }
}

/// How often moka's upkeep runs, so that its policy sees what happens: after so many accesses.
pub(super) const MOKA_UPKEEP: u32 = 64;

pub(super) struct Moka {
    cache: moka::sync::Cache<u32, ()>,
    since: u32,
}

impl Moka {
    pub(super) fn with_room_for(room: usize) -> Self {
        Self { cache: moka::sync::Cache::new(room as u64), since: 0 }
    }
}

impl Peer for Moka {
    fn name(&self) -> &'static str {
        "moka"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.since += 1;
        if self.since == MOKA_UPKEEP {
            self.since = 0;
            self.cache.run_pending_tasks();
        }
        self.cache.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.cache.insert(key, ());
    }
}

pub(super) struct Foyer(FoyerCache<u32, ()>);

impl Foyer {
    pub(super) fn with_room_for(room: usize) -> Self {
        let shards = if room < 1024 { 1 } else { 8 };
        let builder = CacheBuilder::new(room).with_shards(shards);
        Self(builder.with_eviction_config(S3FifoConfig::default()).build())
    }
}

impl Peer for Foyer {
    fn name(&self) -> &'static str {
        "foyer s3fifo"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.0.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.0.insert(key, ());
    }
}

pub(super) struct TinyUfo(tinyufo::TinyUfo<u32, ()>);

impl TinyUfo {
    pub(super) fn with_room_for(room: usize) -> Self {
        Self(tinyufo::TinyUfo::new(room, room))
    }
}

impl Peer for TinyUfo {
    fn name(&self) -> &'static str {
        "tinyufo"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.0.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.0.put(key, (), 1);
    }
}
