//! What one of several engines of a house holds, and what it was promised.

use super::Bound;
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// What one engine of a house holds, in bytes and, where those are bounded, in entries.
#[derive(Debug)]
pub(crate) struct Account {
    held: AtomicUsize,
    /// Others take none of so many bytes.
    reserved: AtomicUsize,
    ceiling: AtomicUsize,
    /// Counted once there was a bound on them.
    entries: AtomicUsize,
    most_entries: AtomicUsize,
    /// When somebody looked last, this engine was the one to give.
    gives_first: AtomicBool,
}

// Relaxed throughout: each bound rests on the changes of one word being atomic; no other memory is read on the strength of
// their values.
impl Account {
    pub(crate) fn new(reserved: usize, ceiling: usize) -> Self {
        Self {
            held: AtomicUsize::new(0),
            reserved: AtomicUsize::new(reserved),
            ceiling: AtomicUsize::new(ceiling),
            entries: AtomicUsize::new(0),
            most_entries: AtomicUsize::new(usize::MAX),
            gives_first: AtomicBool::new(false),
        }
    }

    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    pub(crate) fn reserved(&self) -> usize {
        self.reserved.load(Ordering::Relaxed)
    }

    /// Whether there is room in the house is asked by whoever promises it.
    pub(crate) fn reserve(&self, bytes: usize) {
        self.reserved.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn ceiling(&self) -> usize {
        self.ceiling.load(Ordering::Relaxed)
    }

    /// From now on nobody takes more. What is held beyond it is to be given back: `excess`.
    pub(crate) fn set_ceiling(&self, bytes: usize) {
        self.ceiling.store(bytes, Ordering::Relaxed);
    }

    /// How much is held beyond the ceiling.
    pub(in crate::core) fn excess(&self) -> usize {
        self.held().saturating_sub(self.ceiling())
    }

    #[inline]
    pub(super) fn allows(&self, bytes: usize) -> bool {
        self.held().checked_add(bytes).is_some_and(|held| held <= self.ceiling())
    }

    pub(super) fn is_reserved(&self, bytes: usize) -> bool {
        self.held().saturating_add(bytes) <= self.reserved()
    }

    pub(super) fn gives_first(&self) -> bool {
        self.gives_first.load(Ordering::Relaxed)
    }

    pub(super) fn note_turn(&self, is_its_own: bool) {
        if self.gives_first() != is_its_own {
            self.gives_first.store(is_its_own, Ordering::Relaxed);
        }
    }

    pub(super) fn take(&self, bytes: usize) -> bool {
        let taken = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.ceiling());
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    pub(super) fn give(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn part_with(&self, bytes: usize, bound: Bound) -> bool {
        let left = |held: usize| {
            let left = held.checked_sub(bytes)?;
            let is_allowed = match bound {
                Bound::Reserved => left >= self.reserved(),
                Bound::Overhang => held > self.reserved(),
            };
            is_allowed.then_some(left)
        };
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }

    pub(super) fn part_with_up_to(&self, bytes: usize) -> usize {
        let mut part = 0;
        let left = |held: usize| {
            part = bytes.min(held.saturating_sub(self.reserved()));
            (part > 0).then(|| held - part)
        };
        match self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left) {
            Ok(_) => part,
            Err(_) => 0,
        }
    }

    pub(crate) fn entries(&self) -> usize {
        self.entries.load(Ordering::Relaxed)
    }

    pub(crate) fn most_entries(&self) -> usize {
        self.most_entries.load(Ordering::Relaxed)
    }

    pub(crate) fn set_most_entries(&self, entries: usize) {
        self.most_entries.store(entries, Ordering::Relaxed);
    }

    pub(in crate::core) fn take_entry(&self) -> bool {
        let taken = |entries: usize| (entries < self.most_entries()).then(|| entries + 1);
        self.entries.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    /// These are there already, whatever the bound.
    pub(in crate::core) fn count_entries(&self, entries: usize) {
        self.entries.fetch_add(entries, Ordering::Relaxed);
    }

    pub(in crate::core) fn give_entries(&self, entries: usize) {
        self.entries.fetch_sub(entries, Ordering::Relaxed);
    }
}
