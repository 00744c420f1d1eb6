//! One stripe: an index, the order of its entries, and what they are charged. All of it under one lock, which the
//! engine holds; nothing here locks, allocates unpaid, or drops an entry that it lets go of.

mod admit;
mod ahead;
mod counted;
mod dump;
mod evict;
mod lend;
mod noted;
mod ordinals;
mod pocket;
mod put;
mod redate;
mod replace;
mod short;
mod sweep;
mod writers;

use noted::Noted;
use ordinals::Ordinals;
use pocket::Charged;
pub(super) use short::{Lack, Short};
use writers::Writers;

use super::{
    budget::{Budget, Purse},
    entry::{Cause, Entry},
    hash::{Hash, ShortHash},
    index::{Hashes, Home, Index, Place},
    order::{Cursor, Order, Slot},
    policy::{Regime, Share},
    prefetch::{CACHE_LINE, FetchToWrite, prefetch, prefetch_bytes},
    round::Round,
    time::{Deadline, Time},
};
use arrayvec::ArrayVec;

/// An eviction takes so many at once, at most: as many as fill a cache line with their number and what is noted.
const SPARES: usize = 5;

/// What a new index never says of its pages: signposts lead to those of the one before.
const OF_ANOTHER_INDEX: u8 = 1;

/// The hashes of entries, from their places in the order: growing an index hashes no key.
struct InOrder<'a>(&'a Order);

impl Order {
    fn hashes(&self) -> InOrder<'_> {
        InOrder(self)
    }
}

impl<E: Entry> Hashes<E> for InOrder<'_> {
    #[inline]
    fn of(&self, entry: &E) -> ShortHash {
        self.0.hash(Slot::from_bits(entry.slot()))
    }

    #[inline]
    fn fetch_entry(&self, entry: &E) {
        prefetch(entry.address());
    }

    #[inline]
    fn fetch_hash(&self, entry: &E) {
        self.0.prefetch(Slot::from_bits(entry.slot()));
    }
}

/// What a stripe did, ever.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Counts {
    // These two by an overwrite.
    pub(super) stored: u64,
    pub(super) replaced: u64,
    pub(super) evicted: u64,
    pub(super) expired: u64,
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

/// Not in the line of its lock, which readers write: what they read here stays near all of them. Its fields are in groups by who
/// writes them, each of a line or some of 64 bytes, so that cores fetch from each other what they need and no more.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Stripe<E> {
    // What a look-up reads, up to the middle of the index; hardly ever written.
    /// Everything that is here at this time goes: a flush that was ordered for later.
    flush_at: Deadline,
    /// What `pages_built` said when signposts last told of them.
    told: u8,
    index: Index<E>,

    charged: Charged,
    /// Bytes taken from the budget and not used yet, so that most writes need not go to the word that all stripes share.
    pocket: usize,
    /// So many spares there should be, as long as each new entry needs one; where no memory is kept, so many bytes in the pocket.
    stock: usize,

    // What each write writes, an overwrite as well.
    ordinals: Ordinals,
    writers: Writers,
    /// Whether the one that goes next has its line fetched, and is not at home there.
    is_next_away: bool,
    /// Whether the last writer's sweep found mostly what had expired.
    has_backlog: bool,
    /// Whether the engine's account counts the entries.
    is_counted: bool,
    /// How often it was this engine's own turn to give for what was stored here.
    own_turns: u8,
    /// When upkeep was last here.
    kept_up: Time,
    counts: Counts,

    // What comes and goes with entries.
    /// How many places in the order have a deadline: without any, there is nothing to sweep.
    expiring: usize,
    share: Share,
    /// Where the next writer's sweep begins.
    cursor: Cursor,
    /// What is likely to be evicted next: see `note_next_to_go`.
    next_to_go: Option<ShortHash>,
    order: Order,
    /// Entries that were evicted, and whose memory is kept for those that come next. They are still charged, and nobody finds
    /// them any more.
    spares: ArrayVec<E, SPARES>,
    noted: Noted,
}

impl<E: Entry> Stripe<E> {
    /// So many bytes are fetched of an entry that goes soon. All of a small one, unless it is kept as a spare, which is fetched when its
    /// turn comes: its value is dropped, or written over.
    const FETCHED: usize = if E::SPARED {
        1
    } else if E::REMADE > CACHE_LINE {
        E::REMADE
    } else {
        CACHE_LINE + 1
    };

    pub(super) fn new() -> Self {
        Self {
            flush_at: Deadline::NONE,
            told: 0,
            index: Index::new(),
            charged: Charged::default(),
            pocket: 0,
            stock: 0,
            ordinals: Ordinals::default(),
            writers: Writers::default(),
            is_next_away: false,
            has_backlog: false,
            is_counted: false,
            own_turns: 0,
            kept_up: Time(0),
            counts: Counts::default(),
            expiring: 0,
            share: Share::new(),
            cursor: Cursor::START,
            next_to_go: None,
            order: Order::new(),
            spares: ArrayVec::new(),
            noted: Noted::default(),
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
        self.index.descendants(page, of).flat_map(|page| self.entries_of(page))
    }

    /// Where the lines of a page of the index begin in memory, and how many bytes they take. `None` beyond the last.
    pub(super) fn page_in_memory(&self, page: usize) -> Option<(*const u8, usize)> {
        self.index.page_in_memory(page)
    }

    /// The entries of one page of the index.
    pub(super) fn entries_of(&self, page: usize) -> impl Iterator<Item = &E> {
        self.index.entries_of(page, self.order.hashes())
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// The calling thread writes here.
    #[inline]
    pub(super) fn note_writer(&mut self) {
        self.writers.note();
    }

    #[inline]
    pub(super) fn home(&self, hash: Hash) -> Home {
        self.index.home(hash.short())
    }

    /// A number that changes when a page of the index is built anew: what `home` said may not hold then.
    #[inline]
    pub(super) fn pages_built(&self) -> u8 {
        self.index.pages_built()
    }

    /// Whether pages of the index were built anew since this was asked.
    #[inline]
    pub(super) fn has_news(&mut self) -> bool {
        let built = self.index.pages_built();
        let news = self.told != built;
        // Only then: look-ups on other cores read this line.
        if news {
            self.told = built;
        }
        news
    }

    /// See `Index::directory_width`.
    pub(super) fn directory_width(&self) -> usize {
        self.index.directory_width()
    }

    /// See `Index::lines_for`.
    pub(super) fn lines_for(&self, low_bits: usize) -> Option<(*const u8, usize)> {
        self.index.lines_for(low_bits)
    }

    /// The entry for which `is_it` holds, and where it is, for who has fetched its line.
    #[inline]
    pub(super) fn find(&self, home: Home, hash: Hash, is_it: impl Fn(&E) -> bool) -> Option<(Place, &E)> {
        self.index.find(home, hash.short(), is_it)
    }

    /// The same for who may not find it.
    #[inline(always)]
    pub(super) fn look_up(&self, home: Home, hash: Hash, is_it: impl Fn(&E) -> bool) -> Option<&E> {
        self.index.look_up(home, hash.short(), is_it).map(|(_, entry)| entry)
    }

    /// Who changes an entry has its place at hand: the one that found no room in its line is moved there, if there is some by now.
    #[inline]
    pub(super) fn bring_home(&mut self, home: Home, hash: ShortHash, place: Place) {
        self.index.bring_home(home, hash, place);
    }

    /// How many entries are not in their home line.
    #[cfg(all(test, not(loom)))]
    pub(super) fn displaced(&self) -> usize {
        let hashes = self.order.hashes();
        self.index.displaced(|entry| hashes.of(entry))
    }

    /// Counts a use of an entry that has been here for a while.
    #[inline]
    pub(super) fn note_use(&self, entry: &E, regime: impl FnOnce() -> Regime) {
        if let Some(uses) = self.order.one_use_more(entry.uses(), Slot::from_bits(entry.slot()), regime) {
            entry.count_uses(uses);
        }
    }

    /// Begins to fetch the line of the index.
    #[inline]
    pub(super) fn prefetch_line(&self, home: Home) {
        self.index.prefetch_line(home);
    }

    /// Begins to fetch what is likely to be the entry with this hash.
    #[inline]
    pub(super) fn prefetch_entry(&self, hash: Hash) {
        if let Some(entry) = self.index.likely(self.home(hash), hash.short()) {
            prefetch(entry.address());
            // Notes and key hardly ever begin at a line's beginning.
            prefetch(entry.address().wrapping_add(CACHE_LINE));
        }
    }

    /// Begins to fetch what an eviction of the entry with this hash goes to first, and writes: its line, and how full the page is.
    #[inline]
    fn fetch_where_it_is(&self, hash: ShortHash, fetch: Option<FetchToWrite>) {
        let home = self.index.home(hash);
        self.index.prefetch_line(home);
        if let Some(fetch) = fetch {
            self.index.fetch_fill(home, fetch);
        }
    }

    /// The second step, when the line is there: the entry, or if it is not at home, the line where it is most likely.
    #[inline]
    fn fetch_found(&self, hash: ShortHash) {
        let home = self.index.home(hash);
        match self.index.likely(home, hash) {
            Some(entry) => prefetch_bytes(entry.address(), Self::FETCHED),
            None => self.index.prefetch_line_away(home, hash),
        }
    }

    /// The entry in this slot.
    #[inline]
    fn at(&self, hash: ShortHash, slot: Slot) -> Option<(Place, &E)> {
        let bits = slot.to_bits();
        self.index.find(self.index.home(hash), hash, |entry| entry.slot() == bits)
    }

    /// The deadline of what is in this slot was moved. The order's own copy of it is let be where it is too early then, which a
    /// sweep that comes there puts right: it is far away in memory, and whoever writes to a key again and again would go there each
    /// time.
    #[inline]
    fn renew_deadline(&mut self, slot: Slot, before: Deadline, deadline: Deadline) {
        if !deadline.is_as_late_as(before) {
            self.expiring -= usize::from(!self.order.deadline(slot).is_none());
            self.expiring += usize::from(!deadline.is_none());
            self.order.redate(slot, deadline);
        }
    }

    /// Lets go of the entry in this place.
    pub(super) fn remove<N>(&mut self, home: Home, place: Place, cause: Cause, round: &mut Round<'_, E, N>) {
        if let Some(entry) = self.take_out(home, place, cause, round) {
            self.let_go(entry, cause, round);
        }
    }

    /// What is out goes, and what it took of the budget is for others.
    #[inline]
    fn let_go<N>(&mut self, entry: E, cause: Cause, round: &mut Round<'_, E, N>) {
        entry.prefetch_owned();
        self.pocket += entry.charge();
        round.limbo.push(entry, cause);
    }

    /// Takes the entry in this place out. What it takes of the budget is the caller's then.
    #[inline(always)]
    fn take_out<N>(&mut self, home: Home, place: Place, cause: Cause, round: &Round<'_, E, N>) -> Option<E> {
        let (entry, sparse) = self.lift(home, place, cause, round)?;
        if sparse {
            let freed = self.index.tidy(home, &self.order.hashes(), round.budget);
            self.pocket_tables(freed, round);
        }
        Some(entry)
    }

    /// As `take_out`, but the page of the index stays as it is. Whether it has become sparse comes along.
    #[inline(always)]
    fn lift<N>(
        &mut self,
        home: Home,
        place: Place,
        cause: Cause,
        round: &Round<'_, E, N>,
    ) -> Option<(E, bool)> {
        let (entry, sparse) = self.index.remove(home, place)?;
        let slot = Slot::from_bits(entry.slot());
        let left = self.order.remove(slot);
        self.expiring -= usize::from(!left.deadline.is_none());
        if left.freed > 0 {
            self.pocket_tables(left.freed, round);
        }
        if self.is_counted {
            round.budget.give_entries(1);
        }
        *self.charged.of(slot.list) -= entry.charge();
        self.counts.note(cause);
        Some((entry, sparse))
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
        let (entries, tables) = self.takes();
        self.counts.removed += self.len() as u64;
        let ordinals = std::mem::take(&mut self.ordinals);
        let told = OF_ANOTHER_INDEX;
        let empty = Self { ordinals, counts: self.counts, is_counted: self.is_counted, told, ..Self::new() };
        Cleared { stripe: std::mem::replace(self, empty), entries, tables }
    }

    /// What it takes of the budget, by its own count: for what it holds, and for its tables.
    pub(super) fn takes(&self) -> (usize, usize) {
        let spares: usize = self.spares.iter().map(Entry::charge).sum();
        (self.charged.total() + spares + self.pocket, self.structure())
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

impl<E: Entry> Cleared<E> {
    pub(super) fn release(self, budget: &Budget) {
        let counted = if self.stripe.is_counted { self.stripe.index.len() } else { 0 };
        drop(self.stripe);
        budget.give_entries(counted);
        let mut purse = Purse::of(budget);
        purse.put(self.entries);
        purse.put(budget.price(self.tables));
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &E> {
        (0..self.stripe.pages()).flat_map(|page| self.stripe.entries_of(page))
    }
}

#[cfg(all(test, target_pointer_width = "64", not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::mem::offset_of;

    type Items = Stripe<crate::Item>;

    #[test]
    fn what_a_look_up_reads_and_what_an_overwrite_writes_are_lines_of_their_own() {
        assert_eq!(offset_of!(Items, index) + Index::<crate::Item>::LOOKED_AT, CACHE_LINE);
        assert_eq!(offset_of!(Items, ordinals), 2 * CACHE_LINE);
        let replaced = offset_of!(Items, counts) + offset_of!(Counts, replaced);
        assert_eq!(replaced + size_of::<u64>(), 3 * CACHE_LINE);
        assert_eq!(offset_of!(Items, order), 4 * CACHE_LINE);
        assert_eq!(offset_of!(Items, spares), 6 * CACHE_LINE);
        assert_eq!(size_of::<Items>(), 7 * CACHE_LINE);
    }
}
