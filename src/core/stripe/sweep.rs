//! Upkeep in small shares: expired entries, and memory that is held for nothing.

use super::Stripe;
use crate::core::{
    entry::{Cause, Entry, Ordinal},
    hash::ShortHash,
    order::{Cursor, Seat, Slot},
    round::Round,
    time::{Now, Time},
};
use arrayvec::ArrayVec;

/// A removal moves so many entries of a queue that is full of holes: twice as many as the holes that it makes.
const MOVED_BY_A_REMOVAL: usize = 2;
/// One write in so many sweeps, and so many places at once: less work than two places by each.
const WRITES_PER_SWEEP: u64 = 16;
const SWEPT_AT_ONCE: u32 = 32;
/// If so many of these had expired, there are likely more, and the next write of the stripe goes on: what ends all at once comes
/// back at the pace of the writes, for some microseconds each.
const BACKLOG_FROM: u64 = 16;
/// Expired entries are let go of by so many at once, so that their ways to memory overlap.
const TOGETHER: usize = 32;

impl<E: Entry> Stripe<E> {
    /// Looks at so many places from the cursor on and lets go of what has expired there. The place to go on from; none at
    /// the end.
    pub(in crate::core) fn sweep<N: Now>(
        &mut self,
        mut cursor: Cursor,
        mut places: u32,
        round: &mut Round<'_, E, N>,
    ) -> Option<Cursor> {
        let mut expired = ArrayVec::<(Slot, ShortHash), TOGETHER>::new();
        while places > 0 && self.expiring > 0 {
            let now = round.now.now();
            let mut next = Some(cursor);
            while let Some(at) = next.filter(|_| places > 0 && !expired.is_full()) {
                let (after, found) = self.order.next_expired(at, &mut places, now);
                expired.extend(found);
                next = after;
            }
            self.fetch(expired.iter().map(|(_, hash)| *hash));
            for (slot, hash) in expired.drain(..) {
                self.end(slot, hash, now, round);
            }
            cursor = next?;
        }
        Some(cursor).filter(|_| self.expiring > 0)
    }

    /// Lets go of an entry whose place says that its time is over, if that is still so.
    #[inline]
    fn end<N: Now>(&mut self, slot: Slot, hash: ShortHash, now: Time, round: &mut Round<'_, E, N>) {
        let (home, bits) = (self.index.home(hash), slot.to_bits());
        let found = self.index.find(home, hash, |entry| entry.slot() == bits);
        let Some((place, deadline)) = found.map(|(place, entry)| (place, entry.deadline())) else { return };
        if deadline.passed(now) {
            self.remove(home, place, Cause::Expired, round);
        } else {
            // A hit has moved it on since.
            self.order.redate(slot, deadline);
        }
    }

    /// A writer's share of the same walk, which goes round for ever.
    #[inline]
    pub(in crate::core) fn sweep_on<N: Now>(&mut self, ordinal: Ordinal, round: &mut Round<'_, E, N>) {
        if self.expiring > 0 && (self.has_backlog || ordinal.number().is_multiple_of(WRITES_PER_SWEEP)) {
            self.sweep_share(round);
        }
    }

    #[inline(never)]
    fn sweep_share<N: Now>(&mut self, round: &mut Round<'_, E, N>) {
        let before = self.counts.expired;
        let from = self.cursor;
        let next = self.sweep(from, SWEPT_AT_ONCE, round);
        self.cursor = next.unwrap_or(Cursor::START);
        // The end of a walk says nothing about its beginning, unless this was all of it.
        let ended = next.is_none() && from != Cursor::START;
        self.has_backlog = self.counts.expired - before >= BACKLOG_FROM || self.has_backlog && ended;
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
