//! One stripe: an index, the order of its entries, and what they are charged. All of it under one lock, which the
//! engine holds; nothing here locks, allocates unpaid, or drops an entry that it lets go of.

mod admit;
mod dump;
mod evict;
mod put;
mod sweep;

pub(super) use put::Short;

use super::{
    budget::{Budget, Purse},
    entry::{Cause, Entry, Ordinal},
    hash::{Hash, ShortHash},
    index::{Index, Place},
    order::{Cursor, List, Order, Slot},
    policy::Share,
    prefetch::prefetch,
    round::Round,
    time::{Deadline, Now, Time},
};

const CACHE_LINE: usize = 64;

/// The hash of an entry, from its place in the order: growing an index hashes no key.
fn hash_in<E: Entry>(order: &Order) -> impl Fn(&E) -> ShortHash + '_ {
    |entry| order.hash(Slot::from_bits(entry.slot()))
}

/// What a stripe did, ever.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) stored: u64,
    pub(super) evicted: u64,
    pub(super) expired: u64,
    pub(super) replaced: u64,
    pub(super) removed: u64,
}

impl Counts {
    #[inline]
    fn note(&mut self, cause: Cause) {
        match cause {
            Cause::Evicted => self.evicted += 1,
            Cause::Expired => self.expired += 1,
            Cause::Replaced => self.replaced += 1,
            Cause::Removed => self.removed += 1,
        }
    }
}

/// An entry that was found, and where.
#[derive(Debug)]
pub(super) struct Found<'a, E> {
    pub(super) entry: &'a E,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) struct Stripe<E> {
    index: Index<E>,
    share: Share,
    /// Everything that is here at this time goes: a flush that was ordered for later.
    flush_at: Deadline,
    order: Order,
    charged: Charged,
    /// Bytes taken from the budget and not used yet, so that most writes need not go to the word that all stripes share.
    pocket: usize,
    /// How many entries have a deadline: without any, there is nothing to sweep.
    expiring: usize,
    /// Where the next writer's sweep begins.
    cursor: Cursor,
    ordinals: Ordinals,
    counts: Counts,
}

/// Bytes charged for the entries of each queue; index and queues tell their own.
#[derive(Debug, Default)]
struct Charged {
    probation: usize,
    main: usize,
}

impl Charged {
    fn of(&mut self, list: List) -> &mut usize {
        match list {
            List::Probation => &mut self.probation,
            List::Main => &mut self.main,
        }
    }

    fn total(&self) -> usize {
        self.probation + self.main
    }
}

/// Numbers of writes that this stripe has drawn and not used yet.
#[derive(Debug, Default)]
struct Ordinals {
    last: u64,
    end: u64,
}

impl<E: Entry> Stripe<E> {
    pub(super) fn new() -> Self {
        Self {
            index: Index::new(),
            share: Share::new(),
            flush_at: Deadline::NONE,
            order: Order::new(),
            charged: Charged::default(),
            pocket: 0,
            expiring: 0,
            cursor: Cursor::START,
            ordinals: Ordinals::default(),
            counts: Counts::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    pub(super) fn pages(&self) -> usize {
        self.index.pages()
    }

    /// The entries of one page of the index, and of what was split off from it since there were `of` pages.
    pub(super) fn page(&self, page: usize, of: usize) -> impl Iterator<Item = &E> {
        self.index.descendants(page, of).flat_map(|page| self.index.entries_of(page))
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// As the referee would have it where an LRU is ahead by far.
    #[cfg(all(test, not(loom)))]
    pub(super) fn favour_probation(&mut self) {
        self.share.note_miss(self.index.len(), None, 0, 1000.0);
    }

    pub(super) fn pocket(&self) -> usize {
        self.pocket
    }

    /// The next number of a write. They are drawn a block at a time, so that no word is written by every write of every
    /// stripe; they never repeat.
    #[inline]
    pub(super) fn next_ordinal(&mut self, draw: impl FnOnce(usize) -> std::ops::Range<u64>) -> Ordinal {
        if self.ordinals.last == self.ordinals.end {
            let block = draw(self.index.len());
            self.ordinals = Ordinals { last: block.start, end: block.end };
        }
        self.ordinals.last += 1;
        Ordinal(self.ordinals.last)
    }

    #[inline]
    pub(super) fn find(&self, hash: Hash, is_it: impl Fn(&E) -> bool) -> Option<Found<'_, E>> {
        let (place, entry) = self.index.find(hash.short(), is_it)?;
        Some(Found { entry, place })
    }

    /// The entry for which `is_it` holds, if it has not expired.
    #[inline]
    pub(super) fn live(&self, hash: Hash, is_it: impl Fn(&E) -> bool, now: &impl Now) -> Option<&E> {
        self.find(hash, is_it).map(|found| found.entry).filter(|entry| !entry.has_expired(now))
    }

    /// Begins to fetch the line of the index where this hash is at home.
    #[inline]
    pub(super) fn prefetch_line(&self, hash: Hash) {
        self.index.prefetch_line(hash.short());
    }

    /// Begins to fetch what is likely to be the entry with this hash.
    #[inline]
    pub(super) fn prefetch_entry(&self, hash: Hash) {
        if let Some(entry) = self.index.likely(hash.short()) {
            prefetch(entry.address());
            // Notes and key hardly ever begin at a line's beginning.
            prefetch(entry.address().wrapping_add(CACHE_LINE));
        }
    }

    /// The entry in this slot.
    #[inline]
    fn at(&self, hash: ShortHash, slot: Slot) -> Option<(Place, &E)> {
        let bits = slot.to_bits();
        self.index.find(hash, |entry| entry.slot() == bits)
    }

    /// Moves the deadline of an entry.
    pub(super) fn redate(&mut self, place: Place, deadline: Deadline) {
        let Some(entry) = self.index.at(place) else { return };
        entry.redate(deadline);
        self.renew_deadline(Slot::from_bits(entry.slot()), deadline);
    }

    #[inline]
    fn renew_deadline(&mut self, slot: Slot, deadline: Deadline) {
        if self.expiring > 0 || !deadline.is_none() {
            self.expiring -= usize::from(!self.order.deadline(slot).is_none());
            self.expiring += usize::from(!deadline.is_none());
            self.order.redate(slot, deadline);
        }
    }

    /// Lets go of the entry in this place.
    #[inline]
    pub(super) fn remove<N: Now>(
        &mut self,
        hash: ShortHash,
        place: Place,
        cause: Cause,
        round: &mut Round<'_, E, N>,
    ) {
        let Some((entry, sparse)) = self.index.remove(hash, place) else { return };
        let slot = Slot::from_bits(entry.slot());
        if self.expiring > 0 {
            self.expiring -= usize::from(!self.order.deadline(slot).is_none());
        }
        let (charge, freed) = (entry.charge(), self.order.remove(slot));
        *self.charged.of(slot.list) -= charge;
        round.purse.put(charge);
        round.purse.put_tables(freed);
        self.counts.note(cause);
        round.limbo.push(entry, cause);
        if sparse {
            round.purse.put_tables(self.index.tidy(hash, hash_in(&self.order)));
        }
    }

    /// Keeps some of what the purse has left for the next write of this stripe.
    #[inline]
    pub(super) fn pocket_from(&mut self, purse: &mut Purse<'_>, most: usize) {
        self.pocket += purse.keep(most.saturating_sub(self.pocket));
    }

    #[inline]
    pub(super) fn empty_pocket(&mut self, purse: &mut Purse<'_>) {
        purse.put(std::mem::take(&mut self.pocket));
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
        let (entries, tables) = (self.charged.total() + self.pocket, self.structure());
        self.counts.removed += self.len() as u64;
        let empty = Self { ordinals: std::mem::take(&mut self.ordinals), counts: self.counts, ..Self::new() };
        Cleared { stripe: std::mem::replace(self, empty), entries, tables }
    }

    fn structure(&self) -> usize {
        self.index.allocated() + self.order.allocated()
    }
}

/// What a flush took out of a stripe: dropped outside the lock, and only then given back to the budget.
#[derive(Debug)]
pub(super) struct Cleared<E> {
    stripe: Stripe<E>,
    /// What its entries and its tables take of the budget.
    entries: usize,
    tables: usize,
}

impl<E> Cleared<E> {
    pub(super) fn release(self, budget: &Budget) {
        drop(self.stripe);
        let mut purse = Purse::of(budget);
        purse.put(self.entries);
        purse.put_tables(self.tables);
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &E> {
        let index = &self.stripe.index;
        (0..index.pages()).flat_map(|page| index.entries_of(page))
    }
}
