//! moka: the most widely used one.

use super::Peer;
use crate::sample;
use bytes::Bytes;

pub(super) struct Moka(moka::sync::Cache<[u8; sample::KEY], Bytes, ahash::RandomState>);

impl Moka {
    /// With the hasher that the others have as well.
    pub(super) fn with_room_for(items: usize) -> Self {
        let builder = moka::sync::Cache::builder().max_capacity(items as u64);
        Self(builder.build_with_hasher(ahash::RandomState::new()))
    }
}

impl Peer for Moka {
    fn name(&self) -> &'static str {
        "moka"
    }

    fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
        self.0.get(key).map(|value| sample::belongs(&value, number))
    }

    fn set(&self, key: &[u8; sample::KEY], value: &[u8]) {
        self.0.insert(*key, Bytes::copy_from_slice(value));
    }
}
