//! quick_cache: the yardstick, as the fastest one known.

use super::{Peer, kept::Kept};
use crate::sample;
use bytes::Bytes;
use foldhash::fast::FixedState;
use quick_cache::{DefaultHashBuilder, UnitWeighter, sync::Cache, sync::DefaultLifecycle};
use std::hash::BuildHasher;

type Unweighted<const KEY: usize, V, S> = Cache<[u8; KEY], V, UnitWeighter, S>;

pub(in crate::engine) struct Quick<const KEY: usize, V = Bytes, S = DefaultHashBuilder>(
    Unweighted<KEY, V, S>,
);

impl<const KEY: usize, V: Clone> Quick<KEY, V> {
    pub(super) fn with_room_for(items: usize) -> Self {
        Self(Cache::new(items))
    }

    /// Its table is not made for so many from the start, as it would be otherwise.
    pub(in crate::engine) fn growing_to(items: u64) -> Self {
        const AT_FIRST: usize = 1024;
        Self(Cache::with_weighter(AT_FIRST, items, UnitWeighter))
    }
}

impl<const KEY: usize> Quick<KEY, Bytes, FixedState> {
    /// With hashes that are the same on each run, by the hasher that it has otherwise too.
    pub(in crate::engine) fn repeatable(items: usize) -> Self {
        let (weigher, hasher) = (UnitWeighter, FixedState::with_seed(1));
        Self(Cache::with(items, items as u64, weigher, hasher, DefaultLifecycle::default()))
    }
}

impl<const KEY: usize, V: Kept, S: BuildHasher + Clone + Send + Sync> Peer<KEY> for Quick<KEY, V, S> {
    fn holds(&self, key: &[u8; KEY], number: u64) -> Option<bool> {
        self.0.get(key).map(|value| sample::belongs(value.as_ref(), number))
    }

    fn set(&self, key: &[u8; KEY], value: &[u8]) {
        self.0.insert(*key, V::copy_of(value));
    }
}
