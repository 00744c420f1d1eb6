//! One topic: a ring that nobody waits for, and who follows it.

use super::{Sighting, ring::Ring};
use crate::sync::{AtomicU64, AtomicUsize, Mutex, Ordering, StdArc};

/// Sightings that are read under one lock: some microseconds, for which what comes meanwhile is dropped.
const READ_AT_ONCE: usize = 16;

/// One topic. On cache lines of its own, since whoever notes something writes here.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Stream {
    ring: Mutex<Ring>,
    /// What found the ring in use.
    lost: AtomicU64,
    /// Changed under the lock of the lookouts alone.
    watchers: AtomicUsize,
}

/// Where a watcher is.
#[derive(Debug, Default)]
pub(super) struct Position {
    seen: u64,
    lost: u64,
}

impl Stream {
    pub(super) fn new() -> Self {
        Self { ring: Mutex::new(Ring::default()), lost: AtomicU64::new(0), watchers: AtomicUsize::new(0) }
    }

    /// One more follows it, from now on.
    pub(super) fn join(&self) -> Position {
        // Relaxed, here and below: under the lock of the lookouts.
        self.watchers.store(self.watchers.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let mut ring = self.ring.lock();
        ring.open();
        // Relaxed: counter only.
        Position { seen: ring.last(), lost: self.lost.load(Ordering::Relaxed) }
    }

    /// One less.
    pub(super) fn leave(&self) {
        let left = self.watchers.load(Ordering::Relaxed).saturating_sub(1);
        self.watchers.store(left, Ordering::Relaxed);
        if left == 0 {
            let gone = self.ring.lock().close();
            drop(gone);
        }
    }

    pub(super) fn is_followed(&self) -> bool {
        self.watchers.load(Ordering::Relaxed) > 0
    }

    /// Notes a sighting, if the ring is free at once.
    pub(super) fn note(&self, namespace: &StdArc<str>, key: &[u8], bytes: Option<usize>) {
        match self.ring.try_lock() {
            Some(mut ring) => {
                // Who has just seen that it was watched may come when it is not any more.
                let _noted = ring.push(namespace, key, bytes);
            }
            None => {
                // Relaxed: counter only.
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Adds what came since this position, and says how much was dropped.
    pub(super) fn read(&self, position: &mut Position, sightings: &mut Vec<Sighting>) -> u64 {
        let until = self.ring.lock().last();
        let mut missed = 0;
        while position.seen < until {
            missed += self.ring.lock().read(&mut position.seen, READ_AT_ONCE, sightings);
        }
        // Relaxed: counter only.
        let lost = self.lost.load(Ordering::Relaxed);
        missed + (lost - std::mem::replace(&mut position.lost, lost))
    }
}
