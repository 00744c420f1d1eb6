//! The caches, each by the face that its own users see.

mod keyway;
mod moka;
mod mutexes;
mod published;
mod quick;

use crate::{engine::workload, sample};
use std::sync::atomic::AtomicU64;

/// A cache in the race.
pub(crate) trait Peer: Sync {
    fn name(&self) -> &'static str;
    /// Whether the value found is the one of this number; `None` on a miss.
    fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool>;
    fn set(&self, key: &[u8; sample::KEY], value: &[u8]);
    /// Whether it makes room by itself.
    fn evicts(&self) -> bool {
        true
    }
    /// Makes the steps. Each cache has this compiled for itself, so that a step costs no call through a table.
    fn walk(&self, steps: &[u64], count: usize, next: &AtomicU64) -> u64 {
        workload::walk(self, steps, count, next)
    }
}

/// Keyway alone, which does exactly the same on each run.
pub(crate) fn repeatable_keyway(capacity: usize) -> impl Peer {
    keyway::Keyway::repeatable(capacity)
}

/// All of them, with room for this many items. Keyway comes first, and the yardstick second.
pub(crate) fn all(capacity: usize) -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(keyway::Keyway::with_room_for(capacity)),
        Box::new(quick::Quick::with_room_for(capacity)),
        Box::new(moka::Moka::with_room_for(capacity)),
        Box::new(mutexes::Mutexes::with_room_for(capacity)),
        Box::new(published::Foyer::lru(capacity)),
        Box::new(published::Foyer::s3fifo(capacity)),
        Box::new(published::Ufo::with_room_for(capacity)),
        Box::new(published::Dash::new()),
    ]
}
