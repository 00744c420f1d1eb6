//! moka: the most widely used one.

use super::Peer;
use crate::sample;
use bytes::Bytes;
use moka::{Expiry, sync::Cache};
use std::time::{Duration, Instant};

pub(super) struct Moka(Cache<[u8; sample::KEY], Bytes, ahash::RandomState>);

impl Moka {
    /// With the hasher that the others have as well.
    pub(super) fn with_room_for(items: usize) -> Self {
        let builder = Cache::builder().max_capacity(items as u64);
        Self(builder.build_with_hasher(ahash::RandomState::new()))
    }
}

impl Peer for Moka {
    fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
        self.0.get(key).map(|value| sample::belongs(&value, number))
    }

    fn set(&self, key: &[u8; sample::KEY], value: &[u8]) {
        self.0.insert(*key, Bytes::copy_from_slice(value));
    }

    fn maintain(&self) {
        self.0.run_pending_tasks();
    }
}

/// With an end for each entry. It asks the value for it.
pub(in crate::engine) struct ExpiringMoka(
    pub(in crate::engine) Cache<[u8; sample::KEY], (Bytes, Instant), ahash::RandomState>,
);

struct AsItSays;

impl Expiry<[u8; sample::KEY], (Bytes, Instant)> for AsItSays {
    fn expire_after_create(
        &self,
        _key: &[u8; sample::KEY],
        (_, ends): &(Bytes, Instant),
        created: Instant,
    ) -> Option<Duration> {
        Some(ends.saturating_duration_since(created))
    }

    fn expire_after_update(
        &self,
        key: &[u8; sample::KEY],
        value: &(Bytes, Instant),
        updated: Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, value, updated)
    }
}

impl ExpiringMoka {
    pub(in crate::engine) fn with_room_for(items: u64) -> Self {
        let builder = Cache::builder().max_capacity(items).expire_after(AsItSays);
        Self(builder.build_with_hasher(ahash::RandomState::new()))
    }

    pub(in crate::engine) fn insert(&self, key: [u8; sample::KEY], value: &[u8], ends: Instant) {
        self.0.insert(key, (Bytes::copy_from_slice(value), ends));
    }

    pub(in crate::engine) fn get(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
        self.0.get(key).map(|(value, _)| sample::belongs(&value, number))
    }
}
