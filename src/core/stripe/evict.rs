//! Whom to let go: the policy's hand. Its rules are in `policy`.

use super::{Place, Stripe};
use crate::core::{
    entry::{Cause, Entry},
    hash::ShortHash,
    index::Index,
    order::{Cursor, List, Order, Slot},
    policy::{Regime, Stamp},
    prefetch::{PREFETCHES, prefetch},
    round::Round,
    time::Now,
};

/// An eviction spares no more than so many entries before it takes one that has been used, so that a stripe full of
/// hot entries costs a writer a bounded walk.
const SPARED_MAX: usize = 16;

/// What happens to the entry that the hand is at.
enum Verdict {
    Out,
    /// To the front of main, with so many uses.
    Spared {
        uses: u8,
    },
    /// It stays where it is.
    Passed,
}

impl<E: Entry> Stripe<E> {
    /// Lets go of one entry, the one at the address `keep` excepted. The structures of a stripe that has become empty go too, so that they
    /// never stand in the way of a large value. False if there is nothing left to give.
    pub(in crate::core) fn evict_one<N: Now>(
        &mut self,
        keep: Option<*const u8>,
        round: &mut Round<'_, E, N>,
    ) -> bool {
        if self.pocket > 0 {
            self.empty_pocket(&mut round.purse);
            return true;
        }
        if self.index.len() == 0 {
            return self.release_structure(round);
        }
        self.evict_from(self.hand(round.regime), keep, round)
    }

    /// Lets go of one entry, beginning with the oldest of this queue.
    fn evict_from<N: Now>(
        &mut self,
        mut list: List,
        keep: Option<*const u8>,
        round: &mut Round<'_, E, N>,
    ) -> bool {
        let mut spared = 0;
        let mut next = self.order.oldest(list);
        // So many steps at most, so that it ends even if everything is pinned.
        for _ in 0..=self.index.len() + 3 * SPARED_MAX {
            let Some((slot, hash)) = next else {
                // Nobody there can go: perhaps in the other queue.
                list = list.other();
                next = self.order.oldest(list);
                continue;
            };
            list = slot.list;
            let Some((place, entry)) = self.at(hash, slot) else { return false };
            let expired = entry.has_expired(&round.now);
            let verdict = match keep {
                Some(kept) if kept == entry.address() => Verdict::Passed,
                _ if expired => Verdict::Out,
                _ => self.verdict(entry, slot, spared, round.regime),
            };
            match verdict {
                Verdict::Passed => next = self.order.after(slot),
                Verdict::Spared { uses } => {
                    entry.count_uses(uses);
                    spared += 1;
                    self.advance(hash, place, slot, List::Main, self.share.now(), round);
                    if slot.list == List::Probation {
                        self.settle_if_main_has_its_share();
                    }
                    next = self.order.oldest(self.hand(round.regime));
                }
                Verdict::Out => {
                    self.look_ahead(slot.list);
                    if !expired {
                        self.remember(hash, slot);
                    }
                    self.remove(hash, place, if expired { Cause::Expired } else { Cause::Evicted }, round);
                    return true;
                }
            }
        }
        false
    }

    fn verdict(&self, entry: &E, slot: Slot, spared: usize, regime: Regime) -> Verdict {
        let (uses, room) = (entry.uses(), self.order.has_room(List::Main));
        if entry.pinned() {
            return if room { Verdict::Spared { uses } } else { Verdict::Passed };
        }
        if !room || spared >= SPARED_MAX {
            return Verdict::Out;
        }
        match slot.list {
            List::Probation if uses > 0 || !self.share.is_settled() => Verdict::Spared { uses: 0 },
            List::Main if uses > 0 && regime == Regime::LazyLru => Verdict::Spared { uses: 0 },
            List::Main if uses > 0 => Verdict::Spared { uses: uses - 1 },
            _ => Verdict::Out,
        }
    }

    /// At which queue the hand is.
    #[inline]
    fn hand(&self, regime: Regime) -> List {
        let ages = (self.age_of_oldest(List::Probation), self.age_of_oldest(List::Main));
        let probation_gives = match (ages, regime) {
            ((None, _), _) => false,
            ((_, None), _) => true,
            (_, Regime::TwoQueues) => self.charged.probation > self.probations_part(),
            ((Some(probation), Some(main)), Regime::LazyLru) => probation >= main,
        };
        if probation_gives { List::Probation } else { List::Main }
    }

    /// Probation's part of the stripe's bytes.
    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share need not be exact, and is not negative"
    )]
    fn probations_part(&self) -> usize {
        (self.charged.total() as f32 * self.share.probation()) as usize
    }

    fn settle_if_main_has_its_share(&mut self) {
        if self.charged.probation <= self.probations_part() {
            self.share.settle();
        }
    }

    /// Leaves a ghost of what goes from probation.
    #[inline]
    fn remember(&mut self, hash: ShortHash, slot: Slot) {
        let stamp = self.order.stamp(slot);
        if slot.list == List::Probation
            && let Some(ghosts) = self.index.ghosts(hash)
        {
            ghosts.put(hash.print(), stamp);
        }
    }

    /// The next to go come into the processor's cache while others are at work: the line of one, and what the line that was
    /// fetched the last time leads to. A wrong guess costs nothing but the guess.
    #[inline]
    fn look_ahead(&self, list: List) {
        if PREFETCHES && let Some([second, third]) = self.order.queue(list).coming() {
            self.index.prefetch_line(third);
            if let Some(entry) = self.index.likely(second) {
                prefetch(entry.address());
            }
        }
    }

    /// Moves an entry to the front of a queue, if there is room, which a writer reserves before it evicts.
    pub(super) fn advance<N>(
        &mut self,
        hash: ShortHash,
        place: Place,
        slot: Slot,
        to: List,
        stamp: Stamp,
        round: &mut Round<'_, E, N>,
    ) {
        if !self.order.has_room(to) {
            return;
        }
        let deadline = self.order.deadline(slot);
        let moved = self.order.push(to, hash, deadline, stamp);
        let freed = self.order.remove(slot);
        round.purse.put_tables(freed);
        if let Some(entry) = self.index.at(place) {
            entry.settle_in(moved.to_bits());
            let charge = entry.charge();
            *self.charged.of(slot.list) -= charge;
            *self.charged.of(to) += charge;
        }
    }

    fn release_structure<N: Now>(&mut self, round: &mut Round<'_, E, N>) -> bool {
        let bytes = self.structure();
        self.index = Index::new();
        self.order = Order::new();
        self.cursor = Cursor::START;
        round.purse.put_tables(bytes);
        bytes > 0
    }
}
