//! Upkeep in small shares: expired entries, and memory that is held for nothing.

use super::Stripe;
use crate::core::{
    budget::Budget,
    entry::{Cause, Entry, Ordinal},
    hash::ShortHash,
    index::{Evacuation, Home, Outgrown, Slab},
    order::{Cursor, Seat, Slot},
    prefetch::{CACHE_LINE, prefetch},
    queue::Effort,
    round::Round,
    time::{Deadline, Now, Time},
};
use arrayvec::ArrayVec;

/// A removal moves so many entries of a queue that is full of holes: twice as many as the holes that it makes.
const MOVED_BY_A_REMOVAL: usize = 2;
/// One write in so many sweeps: less work than a little by each.
const WRITES_PER_SHARE: u64 = 16;
const SHARE: Effort = Effort { blocks: 64, entries: 32 };
/// If so many of these had expired, there are likely more, and the next write of the stripe goes on: what ends all at once comes
/// back at the pace of the writes, for some microseconds each.
const BACKLOG_FROM: u64 = 16;
/// Expired entries are let go of by so many at once, so that their ways to memory overlap.
const TOGETHER: usize = 64;

/// What has expired, and where it is at home in the index: that holds while no page is built anew.
type Ended = (Slot, ShortHash, Home);

impl<E: Entry> Stripe<E> {
    /// As `sweep`, for who goes over all of it now: writers leave it be meanwhile, since both would only wait for each other, here
    /// and at the allocator.
    pub(in crate::core) fn sweep_as_upkeep<N: Now>(
        &mut self,
        cursor: Cursor,
        effort: Effort,
        round: &mut Round<'_, E, N>,
    ) -> Option<Cursor> {
        self.kept_up = round.now.now();
        self.has_backlog = false;
        self.sweep(cursor, effort, round)
    }

    /// Goes on from the cursor and lets go of what has expired there. The place to go on from; none at the end. Pages of the index
    /// that become sparse stay as they are: see `tidy_some`.
    pub(in crate::core) fn sweep<N: Now>(
        &mut self,
        mut cursor: Cursor,
        mut effort: Effort,
        round: &mut Round<'_, E, N>,
    ) -> Option<Cursor> {
        while self.expiring > 0 && !effort.is_spent() {
            let now = round.now.now();
            let mut ended = ArrayVec::<Ended, TOGETHER>::new();
            let index = &self.index;
            let next = self.order.tell_due(cursor, &mut effort, TOGETHER, now, |slot, hash| {
                ended.push((slot, hash, index.home(hash)));
            });
            self.fetch_ended(&ended);
            for (slot, hash, home) in ended {
                self.end(slot, hash, home, now, round);
            }
            cursor = next?;
        }
        Some(cursor).filter(|_| self.expiring > 0)
    }

    /// Begins to fetch the lines of these, then what are likely to be the entries. In loops of a few instructions each: a processor
    /// looks ahead over so many of them, and waits with so many for where memory is.
    fn fetch_ended(&self, ended: &[Ended]) {
        ended.iter().for_each(|(_, _, home)| self.index.prefetch_line(*home));
        let likely = ended.iter().filter_map(|(_, hash, home)| self.index.likely(*home, *hash));
        let addresses = likely.map(Entry::address).collect::<ArrayVec<_, TOGETHER>>();
        for address in addresses {
            prefetch(address);
            prefetch(address.wrapping_add(CACHE_LINE));
        }
    }

    /// Lets go of an entry whose place says that its time is over, if that is still so.
    #[inline]
    fn end<N: Now>(
        &mut self,
        slot: Slot,
        hash: ShortHash,
        home: Home,
        now: Time,
        round: &mut Round<'_, E, N>,
    ) {
        let bits = slot.to_bits();
        let found = self.index.find(home, hash, |entry| entry.slot() == bits);
        let Some((place, deadline)) = found.map(|(place, entry)| (place, entry.deadline())) else {
            debug_assert!(false, "what is held is in the index");
            // It would be told for ever.
            return self.order.redate(slot, Deadline::NONE);
        };
        if !deadline.passed(now) {
            // It was moved on since.
            self.expiring -= usize::from(deadline.is_none());
            self.order.redate(slot, deadline);
        } else if let Some((entry, sparse)) = self.lift(home, place, Cause::Expired, round) {
            self.pocket += entry.charge();
            round.limbo.push(entry, Cause::Expired);
            if sparse {
                self.index.note_sparse();
            }
        }
    }

    /// A writer's share of the same walk, which goes round for ever.
    #[inline]
    pub(in crate::core) fn sweep_on<N: Now>(&mut self, ordinal: Ordinal, round: &mut Round<'_, E, N>) {
        if self.has_backlog || ordinal.number().is_multiple_of(WRITES_PER_SHARE) {
            self.do_share(round);
        }
    }

    #[inline(never)]
    fn do_share<N: Now>(&mut self, round: &mut Round<'_, E, N>) {
        if self.expiring > 0 && self.kept_up != round.now.now() {
            self.sweep_share(round);
        } else {
            self.has_backlog = false;
        }
        if !self.has_backlog {
            self.tidy_some(round);
        }
    }

    fn sweep_share<N: Now>(&mut self, round: &mut Round<'_, E, N>) {
        let before = self.counts.expired;
        let from = self.cursor;
        let next = self.sweep(from, SHARE, round);
        self.cursor = next.unwrap_or(Cursor::START);
        // The end of a walk says nothing about its beginning, unless this was all of it.
        let ended = next.is_none() && from != Cursor::START;
        self.has_backlog = self.counts.expired - before >= BACKLOG_FROM || self.has_backlog && ended;
        if next.is_none() && !self.has_backlog {
            // Whatever has expired is found by the next walk: one in each tick is enough.
            self.kept_up = round.now.now();
        }
        if self.counts.expired > before {
            self.close_holes(round);
        }
    }

    /// Makes at most one page of the index smaller that a sweep left sparse: two would keep others waiting. Whether there may be
    /// more.
    pub(in crate::core) fn tidy_some<N>(&mut self, round: &Round<'_, E, N>) -> bool {
        if !self.may_be_sparse() {
            return false;
        }
        let outgrown = self.shrink_some(round.budget);
        self.pocket_tables(outgrown.map_or(0, |outgrown| outgrown.less), round);
        self.may_be_sparse()
    }

    /// As `tidy_some`, for who drops what the page had.
    pub(in crate::core) fn shrink_some(&mut self, budget: &Budget) -> Option<Outgrown<E>> {
        self.index.shrink_next(&self.order.hashes(), budget)
    }

    /// See `Index::leave`.
    pub(in crate::core) fn leave_slab(&mut self, slab: &Slab, budget: &Budget) -> Evacuation {
        self.index.leave(slab, budget)
    }

    #[inline]
    pub(in crate::core) fn may_be_sparse(&self) -> bool {
        self.index.may_be_sparse()
    }

    /// Closes holes that removals have left in the order: what is oldest there moves to the front, so that entries that
    /// outlive most of their time do not hold its memory.
    pub(in crate::core) fn close_holes<N>(&mut self, round: &Round<'_, E, N>) {
        let Some(list) = self.order.full_of_holes() else { return };
        for _ in 0..MOVED_BY_A_REMOVAL {
            let Some(Seat { slot, hash, stamp }) = self.order.oldest(list) else { return };
            let Some((place, _)) = self.at(hash, slot) else { return };
            self.advance(hash, place, slot, list, stamp, round);
        }
    }
}
