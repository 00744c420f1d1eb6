//! foyer's cache in memory, with two of its policies.

use super::Peer;
use crate::sample;
use bytes::Bytes;
use foyer_memory::{Cache, CacheBuilder, EvictionConfig, LruConfig, S3FifoConfig};

/// As many parts as the others have.
const PARTS: usize = 64;

/// With the hasher that most others have.
pub(super) struct Foyer(Cache<[u8; sample::KEY], Bytes, ahash::RandomState>);

impl Foyer {
    pub(super) fn lru(items: usize) -> Self {
        Self::with(items, LruConfig::default().into())
    }

    pub(super) fn s3fifo(items: usize) -> Self {
        Self::with(items, S3FifoConfig::default().into())
    }

    fn with(items: usize, policy: EvictionConfig) -> Self {
        let builder = CacheBuilder::new(items).with_shards(PARTS).with_eviction_config(policy);
        Self(builder.with_hash_builder(ahash::RandomState::new()).build())
    }
}

impl Peer for Foyer {
    fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
        let entry = self.0.get(key)?;
        Some(sample::belongs(entry.value(), number))
    }

    fn set(&self, key: &[u8; sample::KEY], value: &[u8]) {
        self.0.insert(*key, Bytes::copy_from_slice(value));
    }
}
