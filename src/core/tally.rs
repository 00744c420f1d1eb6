//! Hits and misses, counted by thread and not by key: a counter beside the lock of a hot key would be one more line that all
//! its readers fight for.

use super::readers;
use crate::sync::{AtomicU64, CachePadded, Ordering};

/// How a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Hit,
    Miss,
}

/// What some threads counted, whatever stripe they read.
#[derive(Debug)]
pub(super) struct Tally {
    /// By the one thread that has the seat of this number.
    seated: Counters,
    /// By any of those without a seat, and of those whose number is too high.
    standing: Counters,
}

#[derive(Debug)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Counters {
    fn new() -> Self {
        Self { hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    #[inline]
    fn of(&self, outcome: Outcome) -> &AtomicU64 {
        match outcome {
            Outcome::Hit => &self.hits,
            Outcome::Miss => &self.misses,
        }
    }
}

/// Where this thread counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<'a> {
    counters: &'a Counters,
    is_shared: bool,
}

impl Own<'_> {
    #[inline]
    pub(super) fn count(self, outcome: Outcome) {
        let counter = self.counters.of(outcome);
        // Relaxed, counter only.
        if self.is_shared {
            counter.fetch_add(1, Ordering::Relaxed);
        } else {
            // Two steps, of which nothing is lost: who had the seat before left it before this thread took it.
            counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { seated: Counters::new(), standing: Counters::new() }
    }

    /// Of these, a power of two of them, that which this thread counts in.
    #[inline]
    pub(super) fn of_this_thread(tallies: &[CachePadded<Self>]) -> Own<'_> {
        match readers::seat_number().and_then(|number| tallies.get(number)) {
            Some(tally) => Own { counters: &tally.seated, is_shared: false },
            None => Own { counters: &tallies[place_of_this_thread(tallies.len())].standing, is_shared: true },
        }
    }

    pub(super) fn sum(&self, outcome: Outcome) -> u64 {
        // Relaxed: counters only.
        let [seated, standing] =
            [&self.seated, &self.standing].map(|counters| counters.of(outcome).load(Ordering::Relaxed));
        seated + standing
    }
}

#[cfg(not(any(loom, shuttle)))]
crate::sync::thread_local! {
    /// Nobody reads it; where it lies tells threads apart.
    static HERE: u8 = const { 0 };
}

/// One of `count`, a power of two: mostly another one for each thread.
#[cfg(not(any(loom, shuttle)))]
fn place_of_this_thread(count: usize) -> usize {
    const ODD: usize = 0x9e37_79b9;
    let address = HERE.with(|here| std::ptr::from_ref(here).addr());
    // Threads' own variables lie at least a page apart.
    ((address >> 12).wrapping_mul(ODD) >> 16) & (count - 1)
}

/// Models do the same on each run.
#[cfg(any(loom, shuttle))]
fn place_of_this_thread(_: usize) -> usize {
    0
}
