//! What one of several engines of a house holds, and what it was promised.

use super::Bound;
use crate::sync::{AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering};

/// What one engine of a house holds, in bytes and, where those are bounded, in entries.
#[derive(Debug)]
pub(crate) struct Account {
    held: AtomicUsize,
    /// Others take none of so many bytes.
    reserved: AtomicUsize,
    ceiling: AtomicUsize,
    /// Counted once there was a bound on them, or some were reserved.
    entries: AtomicUsize,
    most_entries: AtomicUsize,
    /// Others take none of so many entries, whatever they weigh, for what is not reserved for those.
    reserved_entries: AtomicUsize,
    /// Held by who takes entries for others while some are reserved: two at once would each see the last one that may go.
    lending: Mutex<()>,
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
            reserved_entries: AtomicUsize::new(0),
            lending: Mutex::new(()),
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

    #[inline]
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
                Bound::Reserved | Bound::ReservedBytes => left >= self.reserved(),
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

    pub(in crate::core) fn reserved_entries(&self) -> usize {
        self.reserved_entries.load(Ordering::Relaxed)
    }

    /// Entries are to be counted then.
    pub(crate) fn reserve_entries(&self, entries: usize) {
        self.reserved_entries.store(entries, Ordering::Relaxed);
    }

    /// Whether there are no more entries than are reserved, of which there are some.
    pub(super) fn is_within_its_entries(&self) -> bool {
        let reserved = self.reserved_entries();
        reserved > 0 && self.entries() <= reserved
    }

    /// Nobody else takes an entry for others while this is held. `None` where none is reserved.
    pub(super) fn lending(&self) -> Option<MutexGuard<'_, ()>> {
        (self.reserved_entries() > 0).then(|| self.lending.lock())
    }

    /// Whether one entry may go for others, by who has [`lending`](Self::lending): what its own engine takes away meanwhile, it does
    /// not take for others.
    pub(super) fn may_part_with_an_entry(&self, bound: Bound) -> bool {
        bound != Bound::Reserved || self.reserved_entries() == 0 || self.entries() > self.reserved_entries()
    }

    /// What others cannot have of so many bytes that are held: those that are reserved, or, where that is more, the part of the
    /// reserved entries if each weighed the same.
    pub(super) fn kept(&self, held: usize, bound: Bound) -> usize {
        let (reserved, entries) = (self.reserved(), self.reserved_entries());
        if bound != Bound::Reserved || entries == 0 {
            return reserved;
        }
        let share = held as u128 * entries as u128 / (self.entries() as u128).max(1);
        reserved.max(usize::try_from(share).unwrap_or(held).min(held))
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
