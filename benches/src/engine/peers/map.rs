//! dashmap: no cache, it evicts nothing.

use super::Peer;
use crate::sample;
use bytes::Bytes;
use dashmap::DashMap;

pub(in crate::engine) struct Map<const KEY: usize>(DashMap<[u8; KEY], Bytes, ahash::RandomState>);

impl<const KEY: usize> Map<KEY> {
    pub(in crate::engine) fn new() -> Self {
        Self(DashMap::with_hasher(ahash::RandomState::new()))
    }
}

impl<const KEY: usize> Peer<KEY> for Map<KEY> {
    fn holds(&self, key: &[u8; KEY], number: u64) -> Option<bool> {
        let value = self.0.get(key)?.clone();
        Some(sample::belongs(&value, number))
    }

    fn set(&self, key: &[u8; KEY], value: &[u8]) {
        self.0.insert(*key, Bytes::copy_from_slice(value));
    }
}
