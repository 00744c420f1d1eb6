//! What the engine asks of the things that it stores.

use super::time::{Deadline, Time};
use crate::sync::{AtomicU8, AtomicU32, Ordering};
use std::hash::Hash;

/// A thing that the engine stores: a counted handle on one allocation, so that a reader keeps it alive after the
/// engine has let go of it.
pub(crate) trait Entry: Clone {
    /// What it is found by.
    type Key: ?Sized + Hash;

    /// Whether it is found by this key.
    fn is_for(&self, key: &Self::Key) -> bool;

    /// What was asked of the allocator for it, in bytes. It never changes.
    fn charge(&self) -> usize;

    /// The engine's own notes, kept in the entry so that a hit touches nothing else.
    fn mark(&self) -> &Mark;
}

/// The engine's notes on an entry. All are written under the exclusive lock of the entry's stripe, but for `uses`,
/// which hits write under the shared one.
#[derive(Debug)]
pub(crate) struct Mark {
    /// Where the stripe keeps the entry's links.
    slot: AtomicU32,
    deadline: AtomicU32,
    /// Hits since the eviction hand last passed, up to `USES_MAX`.
    uses: AtomicU8,
}

/// Two bits' worth: enough to tell a hot entry from one that was read once, and a hot one is soon not written any
/// more.
const USES_MAX: u8 = 3;

// Every access below is Relaxed: the stripe's lock orders the writes of slot and deadline against all readers, and
// `uses` is a counter only; two hits at once may count as one.
impl Mark {
    pub(crate) fn new(deadline: Deadline) -> Self {
        Self { slot: AtomicU32::new(0), deadline: AtomicU32::new(deadline.to_bits()), uses: AtomicU8::new(0) }
    }

    pub(super) fn slot(&self) -> u32 {
        self.slot.load(Ordering::Relaxed)
    }

    pub(super) fn settle_in(&self, slot: u32) {
        self.slot.store(slot, Ordering::Relaxed);
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::from_bits(self.deadline.load(Ordering::Relaxed))
    }

    pub(super) fn redate(&self, deadline: Deadline) {
        self.deadline.store(deadline.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn expired(&self, now: Time) -> bool {
        self.deadline().passed(now)
    }

    /// Notes a hit.
    #[inline]
    pub(super) fn note_use(&self) {
        let uses = self.uses.load(Ordering::Relaxed);
        if uses < USES_MAX {
            self.uses.store(uses + 1, Ordering::Relaxed);
        }
    }

    /// Takes one noted hit back; false if there was none left, so that the entry may go.
    pub(super) fn spend_use(&self) -> bool {
        let uses = self.uses.load(Ordering::Relaxed);
        self.uses.store(uses.saturating_sub(1), Ordering::Relaxed);
        uses > 0
    }
}

/// The number of a write that stores an entry: unique over the engine's life, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ordinal(pub(super) u64);

impl Ordinal {
    pub(crate) fn number(self) -> u64 {
        self.0
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
