//! A cache of Keyway's whose upkeep puts its memory on large pages of the system.

use super::Peer;
use crate::engine::expiring::Expiring;
use keyway::LargePages;
use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

pub(in crate::engine) struct OnLargePages<C> {
    cache: C,
    pages: Mutex<LargePages>,
}

/// A cache that can do so.
pub(in crate::engine) trait Promotes {
    fn maintain_large_pages(&self, pages: &mut LargePages);
}

impl<C: Promotes> OnLargePages<C> {
    pub(in crate::engine) fn of(cache: C) -> Self {
        Self { cache, pages: Mutex::new(LargePages::new()) }
    }

    /// All that can be had now, as if nothing had been done before.
    fn promote_all(&self) {
        let mut pages = LargePages::new();
        while !pages.is_settled() {
            self.cache.maintain_large_pages(&mut pages);
        }
    }

    fn promote_some(&self) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        self.cache.maintain_large_pages(&mut pages);
    }
}

impl<const KEY: usize, C: Peer<KEY> + Promotes> Peer<KEY> for OnLargePages<C> {
    fn holds(&self, key: &[u8; KEY], number: u64) -> Option<bool> {
        self.cache.holds(key, number)
    }

    fn set(&self, key: &[u8; KEY], value: &[u8]) {
        self.cache.set(key, value);
    }

    fn maintain(&self) {
        self.cache.maintain();
        self.promote_all();
    }

    fn wants_upkeep(&self) -> bool {
        true
    }

    fn keep_up(&self) {
        self.cache.maintain();
        self.promote_some();
    }
}

impl<C: Expiring + Promotes> Expiring for OnLargePages<C> {
    fn store(&self, number: u64, ends: Instant) {
        self.cache.store(number, ends);
    }

    fn holds(&self, number: u64) -> Option<bool> {
        self.cache.holds(number)
    }

    fn maintain(&self) {
        self.cache.maintain();
        self.promote_some();
    }

    fn settle(&self) {
        self.promote_all();
    }

    fn entries(&self) -> u64 {
        self.cache.entries()
    }
}
