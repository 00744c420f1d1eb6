//! One stripe: an index, the order of its entries, and what they are charged. All of it under one lock, which the
//! engine holds; nothing here locks, allocates unpaid, or drops an entry that it lets go of.

use super::{
    budget::Purse,
    entry::{Entry, Ordinal},
    hash::Hash,
    index::Index,
    recency::Recency,
    time::{Deadline, Time},
};
use smallvec::SmallVec;

/// Entries that a stripe has let go of, to be dropped after its lock: freeing memory takes time, and an entry's last
/// holder may be somebody with more to do.
pub(super) type Limbo<E> = SmallVec<[E; 4]>;

/// An eviction looks at no more than so many entries before it takes one that has been used, so that a stripe full
/// of hot entries costs a writer a bounded walk.
const EXAMINED_MAX: u32 = 16;

/// What a stripe did, ever.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) stored: u64,
    pub(super) evicted: u64,
    pub(super) expired: u64,
}

/// What could not be paid: so many bytes are missing after everything that may go has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Short(pub(super) usize);

#[derive(Debug)]
pub(super) struct Stripe<E> {
    index: Index<E>,
    recency: Recency,
    /// Bytes charged for the entries; index and slots tell their own.
    charged: usize,
    /// How many entries have a deadline: without any, there is nothing to sweep.
    expiring: usize,
    /// Where the next writer's sweep begins.
    cursor: usize,
    /// Everything that is here at this time goes: a flush that was ordered for later.
    flush_at: Deadline,
    last_ordinal: u64,
    counts: Counts,
}

impl<E: Entry> Stripe<E> {
    /// `ordinals_from` and the stripe count make the ordinals of all stripes distinct; see `next_ordinal`.
    pub(super) fn new(ordinals_from: u64) -> Self {
        Self {
            index: Index::new(),
            recency: Recency::new(),
            charged: 0,
            expiring: 0,
            cursor: 0,
            flush_at: Deadline::NONE,
            last_ordinal: ordinals_from,
            counts: Counts::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// The ordinals of stripe i of n are i + n, i + 2n, ...: distinct over all stripes, without a shared counter.
    pub(super) fn next_ordinal(&mut self, stripes: u64) -> Ordinal {
        self.last_ordinal += stripes;
        Ordinal(self.last_ordinal)
    }

    #[inline]
    pub(super) fn find(&self, hash: Hash, key: &E::Key) -> Option<&E> {
        self.index.find(hash.short(), key)
    }

    /// Stores `entry`, in the place of the one in slot `old` if there is one (of the same key, hence hash), and
    /// evicts from this stripe what must go for it. On `Err` nothing was stored or replaced, but everything else
    /// that could go has gone into the purse.
    pub(super) fn put(
        &mut self,
        hash: Hash,
        old: Option<u32>,
        entry: E,
        now: Time,
        purse: &mut Purse<'_>,
        limbo: &mut Limbo<E>,
    ) -> Result<(), Short> {
        let charge = entry.charge();
        let replaced = old.and_then(|slot| self.index.at(hash.short(), slot)).map_or(0, Entry::charge);
        loop {
            let growth = if old.is_none() { self.index.growth() + self.recency.growth() } else { 0 };
            let cost = (charge + growth).saturating_sub(replaced);
            if purse.pay(cost) {
                purse.put(replaced.saturating_sub(charge));
                self.settle_in(hash, old, entry, growth, purse, limbo);
                return Ok(());
            }
            if !self.evict_one(old, now, purse, limbo) {
                return Err(Short(cost - purse.held()));
            }
        }
    }

    /// The part of `put` after payment.
    fn settle_in(
        &mut self,
        hash: Hash,
        old: Option<u32>,
        entry: E,
        growth_paid: usize,
        purse: &mut Purse<'_>,
        limbo: &mut Limbo<E>,
    ) {
        let deadline = entry.mark().deadline();
        self.charged += entry.charge();
        self.expiring += usize::from(!deadline.is_none());
        self.counts.stored += 1;
        if let Some(slot) = old {
            self.expiring -= usize::from(!self.recency.deadline(slot).is_none());
            self.recency.redate(slot, deadline);
            self.recency.renew(slot);
            entry.mark().settle_in(slot);
            if let Some(replaced) = self.index.replace(hash.short(), slot, entry) {
                self.charged -= replaced.charge();
                limbo.push(replaced);
            }
        } else {
            let before = self.structure();
            let slot = self.recency.insert(hash.short(), deadline);
            entry.mark().settle_in(slot);
            self.index.insert(hash.short(), entry, &self.recency);
            let grown = self.structure() - before;
            debug_assert!(grown <= growth_paid, "the allocator was asked for more than was paid");
            purse.put(growth_paid.saturating_sub(grown));
        }
    }

    /// Moves the deadline of the entry in this slot.
    pub(super) fn redate(&mut self, hash: Hash, slot: u32, deadline: Deadline) {
        if let Some(entry) = self.index.at(hash.short(), slot) {
            entry.mark().redate(deadline);
            self.expiring -= usize::from(!self.recency.deadline(slot).is_none());
            self.expiring += usize::from(!deadline.is_none());
            self.recency.redate(slot, deadline);
        }
    }

    pub(super) fn remove(&mut self, slot: u32, purse: &mut Purse<'_>, limbo: &mut Limbo<E>) {
        let Some(entry) = self.index.remove(self.recency.hash(slot), slot) else {
            return;
        };
        self.expiring -= usize::from(!self.recency.deadline(slot).is_none());
        self.recency.remove(slot);
        self.charged -= entry.charge();
        purse.put(entry.charge());
        limbo.push(entry);
    }

    /// Lets go of the entry that is oldest and unused since the last look, `keep` excepted; of an expired one first
    /// if the walk meets it. The structures of a stripe that has become empty go too, so that they never stand in
    /// the way of a large value. False if there is nothing left to give.
    pub(super) fn evict_one(
        &mut self,
        keep: Option<u32>,
        now: Time,
        purse: &mut Purse<'_>,
        limbo: &mut Limbo<E>,
    ) -> bool {
        if self.index.len() == 0 {
            return self.release_structure(purse);
        }
        let mut examined = 0;
        while let Some(slot) = self.recency.oldest() {
            if Some(slot) == keep {
                if self.index.len() == 1 {
                    return false;
                }
                self.recency.renew(slot);
                continue;
            }
            let Some(entry) = self.index.at(self.recency.hash(slot), slot) else {
                return false;
            };
            let expired = entry.mark().expired(now);
            if !expired && examined < EXAMINED_MAX && entry.mark().spend_use() {
                examined += 1;
                self.recency.renew(slot);
                continue;
            }
            self.counts.expired += u64::from(expired);
            self.counts.evicted += u64::from(!expired);
            self.remove(slot, purse, limbo);
            return true;
        }
        false
    }

    /// Looks at `places` slots from `from` on and lets go of what has expired there. The place to go on from; none
    /// at the end.
    pub(super) fn sweep(
        &mut self,
        from: usize,
        places: usize,
        now: Time,
        purse: &mut Purse<'_>,
        limbo: &mut Limbo<E>,
    ) -> Option<usize> {
        for place in from..from.saturating_add(places) {
            if self.expiring == 0 || place >= self.recency.extent() {
                return None;
            }
            if let Some(slot) = self.recency.expired_at(place, now) {
                self.counts.expired += 1;
                self.remove(slot, purse, limbo);
            }
        }
        Some(from.saturating_add(places))
    }

    /// A writer's share of the same walk, which goes round for ever.
    pub(super) fn sweep_on(&mut self, places: usize, now: Time, purse: &mut Purse<'_>, limbo: &mut Limbo<E>) {
        self.cursor = self.sweep(self.cursor, places, now, purse, limbo).unwrap_or(0);
    }

    #[inline]
    pub(super) fn flush_is_due(&self, now: impl FnOnce() -> Time) -> bool {
        !self.flush_at.is_none() && self.flush_at.passed(now())
    }

    pub(super) fn flush_at(&mut self, deadline: Deadline) {
        self.flush_at = deadline;
    }

    /// Takes everything out at once, with its bytes; an order to flush later is carried out by this.
    pub(super) fn clear(&mut self) -> Cleared<E> {
        let bytes = self.charged + self.structure();
        self.charged = 0;
        self.expiring = 0;
        self.cursor = 0;
        self.flush_at = Deadline::NONE;
        self.recency = Recency::new();
        Cleared { index: std::mem::replace(&mut self.index, Index::new()), bytes }
    }

    fn release_structure(&mut self, purse: &mut Purse<'_>) -> bool {
        let bytes = self.structure();
        self.index = Index::new();
        self.recency = Recency::new();
        self.cursor = 0;
        purse.put(bytes);
        bytes > 0
    }

    fn structure(&self) -> usize {
        self.index.allocated() + self.recency.allocated()
    }
}

/// What a flush took out of a stripe: dropped outside the lock, and only then given back to the budget.
#[derive(Debug)]
pub(super) struct Cleared<E> {
    index: Index<E>,
    bytes: usize,
}

impl<E> Cleared<E> {
    pub(super) fn release(self, purse: &mut Purse<'_>) {
        drop(self.index);
        purse.put(self.bytes);
    }
}
