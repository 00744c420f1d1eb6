//! Counters of one event loop thread; summed by `stats`.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    GetHits,
    GetMisses,
    /// Storage requests that came whole, whatever became of them.
    Sets,
    Flushes,
    TouchHits,
    TouchMisses,
    DeleteHits,
    DeleteMisses,
    IncrHits,
    IncrMisses,
    DecrHits,
    DecrMisses,
    /// Storage requests that named a version and found it.
    CasHits,
    CasMisses,
    /// Storage requests that named a version and found another.
    CasBadValue,
    /// Login requests that ended, either way.
    Logins,
    /// Login requests that were refused.
    LoginErrors,
    /// Storage requests whose value found no room on its way in.
    TurnedAway,
    /// Storage requests whose value is longer than any may be.
    TooLarge,
    /// Storage requests that found no room in the cache.
    NoRoom,
    /// Turns of connections that ended before all was done that could be, so that others have theirs.
    Yields,
    /// Connections that were closed because they were idle for too long.
    IdleKicks,
    /// Bytes of requests.
    BytesRead,
    /// Bytes of answers.
    BytesWritten,
}

/// How many kinds of counts there are.
const KINDS: usize = Count::BytesWritten as usize + 1;

/// One number for each kind of count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts([u64; KINDS]);

impl Counts {
    pub(crate) fn of(&self, count: Count) -> u64 {
        self.0[count as usize]
    }

    pub(crate) fn plus(mut self, other: &Self) -> Self {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum = sum.wrapping_add(more);
        }
        self
    }

    /// What was counted since `earlier`.
    pub(crate) fn since(mut self, earlier: &Self) -> Self {
        for (now, then) in self.0.iter_mut().zip(earlier.0) {
            *now = now.wrapping_sub(then);
        }
        self
    }
}

/// Counters of one event loop thread, on cache lines of their own (two, because processors fetch lines in pairs).
///
/// All loads and stores are relaxed: these are counters only, nothing is ordered by them.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Tally {
    counts: [AtomicU64; KINDS],
    opened: AtomicU64,
    closed: AtomicU64,
}

impl Tally {
    /// Counts one.
    #[inline]
    pub(crate) fn count(&self, count: Count) {
        self.add(count, 1);
    }

    /// Counts `more`. Only the thread whose tally it is may call this: a load and a store cost less than an addition
    /// that other threads could join in, and two threads at once would lose counts (nothing worse).
    #[inline]
    pub(crate) fn add(&self, count: Count, more: u64) {
        let cell = &self.counts[count as usize];
        cell.store(cell.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts(std::array::from_fn(|at| self.counts[at].load(Ordering::Relaxed)))
    }

    /// Any thread may call this, such as the one that accepts.
    pub(crate) fn connection_opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// Any thread may call this.
    pub(crate) fn connection_closed(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    /// Open now.
    pub(crate) fn connections(&self) -> u64 {
        self.connections_opened().saturating_sub(self.connections_closed())
    }

    pub(crate) fn connections_opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    pub(crate) fn connections_closed(&self) -> u64 {
        self.closed.load(Ordering::Relaxed)
    }
}
