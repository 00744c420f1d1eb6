//! What the threads that derive keys from passwords have to do, and how long that takes.

use crate::histogram::Histogram;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of one server. All accesses are relaxed: counters only, nothing is ordered by them.
#[derive(Debug)]
pub(super) struct Derivations {
    pub(super) threads: usize,
    /// Places in the queue.
    pub(super) places: usize,
    queued: AtomicU64,
    begun: AtomicU64,
    ended: AtomicU64,
    /// From the queue's end to its front.
    pub(super) waits: Histogram,
    pub(super) durations: Histogram,
}

impl Derivations {
    pub(super) fn new(threads: usize, places: usize) -> Self {
        let [queued, begun, ended] = std::array::from_fn(|_| AtomicU64::new(0));
        let [waits, durations] = std::array::from_fn(|_| Histogram::default());
        Self { threads, places, queued, begun, ended, waits, durations }
    }

    /// Before it is queued: so it is never begun before it was queued.
    pub(super) fn note_queued(&self) {
        self.queued.fetch_add(1, Ordering::Relaxed);
    }

    /// It could not be queued.
    pub(super) fn take_back_queued(&self) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn note_begun(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether or not it was derived.
    pub(super) fn note_ended(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn waiting(&self) -> u64 {
        // The later one first, so that what moves meanwhile is not counted as negative.
        let begun = self.begun.load(Ordering::Relaxed);
        self.queued.load(Ordering::Relaxed).saturating_sub(begun)
    }

    pub(super) fn under_way(&self) -> u64 {
        let ended = self.ended.load(Ordering::Relaxed);
        self.begun.load(Ordering::Relaxed).saturating_sub(ended)
    }
}
