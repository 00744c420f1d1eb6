//! What the engine asks of the things that it stores.

use super::time::{Deadline, Now};
use crate::sync::{AtomicU8, AtomicU32, Ordering};

/// A thing that the engine stores: a counted handle on one allocation, so that a reader keeps it alive after the
/// engine has let go of it. The engine's notes on it are kept in that allocation, so that a hit touches nothing else.
///
/// Slot, deadline and `uses` are written under the exclusive lock of the entry's stripe; hits write under the shared
/// one, and may lose a count against each other.
pub(crate) trait Entry: Clone {
    /// What it takes of the budget. It never changes.
    fn charge(&self) -> usize;

    /// Where its notes are in memory, for `prefetch`.
    fn address(&self) -> *const u8;

    /// Where the stripe keeps its place in the order.
    fn slot(&self) -> u32;
    fn settle_in(&self, slot: u32);

    fn deadline(&self) -> Deadline;
    fn redate(&self, deadline: Deadline);

    /// Hits since the eviction hand last passed, up to `USES_MAX`.
    fn uses(&self) -> u8;
    fn count_uses(&self, uses: u8);

    /// Notes a hit.
    #[inline]
    fn note_use(&self, _now: &impl Now) {
        let uses = self.uses();
        if uses < USES_MAX {
            self.count_uses(uses + 1);
        }
    }

    /// Whether it must not be evicted now.
    #[inline]
    fn pinned(&self) -> bool {
        false
    }
}

/// Two bits' worth: enough to tell a hot entry from one that was read once, and a hot one is soon not written any
/// more.
pub(crate) const USES_MAX: u8 = 3;

/// The engine's notes, for an entry that has no need to pack them.
#[derive(Debug)]
pub(crate) struct Mark {
    slot: AtomicU32,
    deadline: AtomicU32,
    uses: AtomicU8,
}

// Every access below is Relaxed: the stripe's lock orders the writes of slot and deadline against all readers, and
// `uses` is a counter only; two hits at once may count as one.
#[allow(dead_code, reason = "for entries of the generic face")]
impl Mark {
    pub(crate) fn new(deadline: Deadline) -> Self {
        Self { slot: AtomicU32::new(0), deadline: AtomicU32::new(deadline.to_bits()), uses: AtomicU8::new(0) }
    }

    pub(crate) fn slot(&self) -> u32 {
        self.slot.load(Ordering::Relaxed)
    }

    pub(crate) fn settle_in(&self, slot: u32) {
        self.slot.store(slot, Ordering::Relaxed);
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::from_bits(self.deadline.load(Ordering::Relaxed))
    }

    pub(crate) fn redate(&self, deadline: Deadline) {
        self.deadline.store(deadline.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn uses(&self) -> u8 {
        self.uses.load(Ordering::Relaxed)
    }

    pub(crate) fn count_uses(&self, uses: u8) {
        self.uses.store(uses, Ordering::Relaxed);
    }
}

/// The number of a write that stores an entry: unique over the engine's life, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ordinal(pub(super) u64);

impl Ordinal {
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn with_number(number: u64) -> Self {
        Self(number)
    }
}

/// What a write wants done about the entry that it found, or about its absence.
#[derive(Debug)]
pub(crate) enum Change<E> {
    /// Leave it.
    Keep,
    /// Store this one, in place of what is there.
    Put(E),
    /// Move the deadline of what is there.
    Redate(Deadline),
    /// Remove what is there.
    Remove,
}

/// Why the engine let go of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// It made room for others.
    Evicted,
    /// Its time was over.
    Expired,
    /// Another value took its place.
    Replaced,
    /// Somebody removed it, or flushed the cache.
    Removed,
}
