//! The engine on its own: for any keys and values, within a number of entries as its rivals, with a time to live.

use super::{FAR, Peer, kept::Kept, large::Promotes};
use crate::sample;
use bytes::Bytes;
use keyway::{
    Clock, LargePages,
    engine::{Builder, Cache, RandomState},
};
use std::hash::BuildHasher;

pub(in crate::engine) struct Engine<const KEY: usize, V = Bytes, S = RandomState>(
    pub(in crate::engine) Cache<[u8; KEY], V, S>,
);

impl<const KEY: usize, V> Engine<KEY, V> {
    pub(in crate::engine) fn with_room_for(items: usize) -> Self {
        Self::built(Builder::with_entries(items))
    }
}

impl<const KEY: usize, V> Engine<KEY, V, ahash::RandomState> {
    /// With hashes that are the same on each run.
    pub(in crate::engine) fn repeatable(items: usize, clock: Clock) -> Self {
        Self::built(Builder::with_entries(items).hasher(super::fixed_hasher()).clock(clock))
    }
}

impl<const KEY: usize, V, S: BuildHasher> Engine<KEY, V, S> {
    /// # Panics
    /// If the cache cannot be made: then there is nothing to measure.
    #[allow(clippy::expect_used, reason = "without a cache there is nothing to measure")]
    fn built(builder: Builder<[u8; KEY], V, S>) -> Self {
        Self(builder.time_to_live(FAR).build().expect("there is room for an entry"))
    }
}

impl<const KEY: usize, V: Kept, S: BuildHasher + Send + Sync> Peer<KEY> for Engine<KEY, V, S> {
    fn holds(&self, key: &[u8; KEY], number: u64) -> Option<bool> {
        self.0.get(key).map(|held| sample::belongs(held.value().as_ref(), number))
    }

    #[allow(clippy::expect_used, reason = "a refusal would be measured as speed")]
    fn set(&self, key: &[u8; KEY], value: &[u8]) {
        self.0.set(*key, V::copy_of(value)).expect("an entry fits");
    }

    fn maintain(&self) {
        self.0.maintain();
    }
}

impl<const KEY: usize, V, S: BuildHasher> Promotes for Engine<KEY, V, S> {
    fn maintain_large_pages(&self, pages: &mut LargePages) {
        self.0.maintain_large_pages(pages);
    }
}
