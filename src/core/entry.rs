//! What the engine asks of the things that it stores.

use super::time::{Deadline, Now};

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

    #[inline]
    fn has_expired(&self, now: &impl Now) -> bool {
        let deadline = self.deadline();
        !deadline.is_none() && deadline.passed(now.now())
    }

    /// Notes a hit.
    #[inline]
    fn note_use(&self) {
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

/// Why the cache let go of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Cause {
    /// It made room for others.
    Evicted,
    /// Its time was over.
    Expired,
    /// Another value took its place.
    Replaced,
    /// Somebody removed it, or flushed the cache.
    Removed,
}

impl Cause {
    /// Whether the cache let go of it by itself, to make room or because its time was over; else somebody replaced or removed it.
    #[must_use]
    pub fn was_evicted(self) -> bool {
        matches!(self, Self::Evicted | Self::Expired)
    }
}
