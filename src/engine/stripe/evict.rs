//! Whom to let go: the policy's hand.

use super::{Place, Stripe};
use crate::engine::{
    entry::{Cause, Entry},
    hash::ShortHash,
    order::{List, Slot},
    prefetch::prefetch,
    round::Round,
    time::Now,
};

/// An eviction looks at no more than so many entries before it takes one that has been used, so that a stripe full
/// of hot entries costs a writer a bounded walk.
const EXAMINED_MAX: usize = 16;
/// Of a stripe's bytes, the share of those on probation.
const PROBATION: (usize, usize) = (1, 10);

impl<E: Entry> Stripe<E> {
    /// Lets go of one entry, `keep` excepted. The structures of a stripe that has become empty go too, so that they
    /// never stand in the way of a large value. False if there is nothing left to give.
    pub(in crate::engine) fn evict_one<N: Now>(
        &mut self,
        keep: Option<u32>,
        round: &mut Round<'_, E, N>,
    ) -> bool {
        if self.pocket > 0 {
            self.empty_pocket(&mut round.purse);
            return true;
        }
        if self.index.len() == 0 {
            return self.release_structure(round);
        }
        let hand = self.hand();
        self.evict_from(hand, keep, round) || self.evict_from(hand.other(), keep, round)
    }

    /// Lets go of one entry, beginning with the oldest of this queue.
    fn evict_from<N: Now>(&mut self, list: List, keep: Option<u32>, round: &mut Round<'_, E, N>) -> bool {
        let mut spared = 0;
        let mut next = self.order.oldest(list);
        // So many steps at most, so that it ends even if everything is pinned.
        for _ in 0..=self.index.len() + EXAMINED_MAX {
            let Some((slot, hash)) = next else { return false };
            let Some((place, entry)) = self.at(hash, slot) else { return false };
            if keep == Some(slot.to_bits()) {
                next = self.order.after(slot);
                continue;
            }
            let cause = if !entry.deadline().is_none() && entry.deadline().passed(round.now.now()) {
                Cause::Expired
            } else {
                Cause::Evicted
            };
            let (uses, pinned) = (entry.uses(), entry.pinned());
            let worthy = cause == Cause::Evicted && (pinned || (uses > 0 && spared < EXAMINED_MAX));
            if worthy {
                // A use is spent; the first ones are what brings an entry from probation to the main queue.
                entry.count_uses(if slot.list == List::Main { uses.saturating_sub(1) } else { 0 });
                if self.advance(hash, place, slot, List::Main, round) {
                    spared += 1;
                    next = self.order.oldest(self.hand());
                    continue;
                }
                if pinned {
                    next = self.order.after(slot);
                    continue;
                }
            }
            self.look_ahead(slot.list);
            self.remove(hash, place, cause, round);
            return true;
        }
        false
    }

    /// The next to go come into the processor's cache while others are at work: the line of one, and what the line that was
    /// fetched the last time leads to. A wrong guess costs nothing but the guess.
    #[inline]
    fn look_ahead(&self, list: List) {
        if let Some([second, third]) = self.order.queue(list).coming() {
            self.index.prefetch_line(third);
            if let Some(entry) = self.index.likely(second) {
                prefetch(entry.address());
            }
        }
    }

    /// At which queue the hand is.
    fn hand(&self) -> List {
        let (part, whole) = PROBATION;
        let over = self.charged.probation * whole > self.charged.total() * part;
        if (over || self.order.is_empty(List::Main)) && !self.order.is_empty(List::Probation) {
            List::Probation
        } else {
            List::Main
        }
    }

    /// Moves an entry to the front of a queue; false if there is no room, which a writer reserves before it evicts.
    pub(super) fn advance<N>(
        &mut self,
        hash: ShortHash,
        place: Place,
        slot: Slot,
        to: List,
        round: &mut Round<'_, E, N>,
    ) -> bool {
        if !self.order.has_room(to) {
            return false;
        }
        let deadline = self.order.deadline(slot);
        let moved = self.order.push(to, hash, deadline);
        let freed = self.order.remove(slot);
        round.purse.put(freed);
        if let Some(entry) = self.index.at(place) {
            entry.settle_in(moved.to_bits());
            let charge = entry.charge();
            *self.charged.of(slot.list) -= charge;
            *self.charged.of(to) += charge;
        }
        true
    }

    fn release_structure<N: Now>(&mut self, round: &mut Round<'_, E, N>) -> bool {
        let bytes = self.structure();
        self.index = crate::engine::index::Index::new();
        self.order = crate::engine::order::Order::new();
        self.cursor = crate::engine::order::Cursor::START;
        round.purse.put(bytes);
        bytes > 0
    }
}
