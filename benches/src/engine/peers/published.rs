//! More caches that others have published.

use super::Peer;
use crate::sample;
use bytes::Bytes;
use dashmap::DashMap;
use foyer_memory::{Cache, CacheBuilder, EvictionConfig, LruConfig, S3FifoConfig};
use tinyufo::TinyUfo;

type Key = [u8; sample::KEY];

pub(super) struct Foyer {
    name: &'static str,
    cache: Cache<Key, Bytes>,
}

impl Foyer {
    pub(super) fn lru(items: usize) -> Self {
        Self::with("foyer lru", items, LruConfig::default().into())
    }

    pub(super) fn s3fifo(items: usize) -> Self {
        Self::with("foyer s3fifo", items, S3FifoConfig::default().into())
    }

    fn with(name: &'static str, items: usize, policy: EvictionConfig) -> Self {
        let builder = CacheBuilder::new(items).with_shards(64).with_eviction_config(policy);
        Self { name, cache: builder.build() }
    }
}

impl Peer for Foyer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn holds(&self, key: &Key, number: u64) -> Option<bool> {
        let entry = self.cache.get(key)?;
        Some(sample::belongs(entry.value(), number))
    }

    fn set(&self, key: &Key, value: &[u8]) {
        self.cache.insert(*key, Bytes::copy_from_slice(value));
    }
}

pub(super) struct Ufo(TinyUfo<Key, Bytes>);

impl Ufo {
    pub(super) fn with_room_for(items: usize) -> Self {
        Self(TinyUfo::new(items, items))
    }
}

impl Peer for Ufo {
    fn name(&self) -> &'static str {
        "tinyufo"
    }

    fn holds(&self, key: &Key, number: u64) -> Option<bool> {
        let value = self.0.get(key)?;
        Some(sample::belongs(&value, number))
    }

    fn set(&self, key: &Key, value: &[u8]) {
        self.0.put(*key, Bytes::copy_from_slice(value), 1);
    }
}

/// No cache: it evicts nothing. What a map alone would do, where everything is resident.
pub(super) struct Dash(DashMap<Key, Bytes, ahash::RandomState>);

impl Dash {
    pub(super) fn new() -> Self {
        Self(DashMap::with_hasher(ahash::RandomState::new()))
    }
}

impl Peer for Dash {
    fn name(&self) -> &'static str {
        "dashmap"
    }

    fn holds(&self, key: &Key, number: u64) -> Option<bool> {
        let value = self.0.get(key)?.clone();
        Some(sample::belongs(&value, number))
    }

    fn set(&self, key: &Key, value: &[u8]) {
        self.0.insert(*key, Bytes::copy_from_slice(value));
    }

    fn evicts(&self) -> bool {
        false
    }
}
