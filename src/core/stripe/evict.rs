//! Whom to let go: the policy's hand. Its rules are in `policy`.

use super::{OF_ANOTHER_INDEX, Place, SPARES, Stripe};
use crate::core::{
    budget::Purse,
    entry::{Cause, Entry},
    hash::ShortHash,
    index::{Home, Index},
    order::{Cursor, List, Order, Seat, Slot},
    policy::{Regime, Stamp},
    prefetch::{FetchToWrite, PREFETCHES},
    round::Round,
    time::Now,
};

/// An eviction spares no more than so many entries before it takes one that has been used, so that a stripe full of
/// hot entries costs a writer a bounded walk.
const SPARED_MAX: usize = 16;
/// Nor does it pass by more of those that are too large to go.
const KEPT_MAX: usize = 16;
/// An eviction takes one entry for so many that there are, so that a small stripe has no gap that counts.
const ENTRIES_PER_SPARE: usize = 64;

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
    /// Evicts up to `most` entries until the purse, into which their bytes go, holds enough. Whether it came to hold more.
    pub(in crate::core) fn give<N: Now>(
        &mut self,
        enough: usize,
        most: usize,
        purse: &mut Purse<'_>,
        round: &mut Round<'_, E, N>,
    ) -> bool {
        let before = purse.held();
        for left in (0..=most).rev() {
            purse.put(std::mem::take(&mut self.pocket));
            let is_spared = self.holds(round) < round.spare_below;
            let is_enough = purse.held() >= enough;
            if left == 0 || is_spared || is_enough || !self.evict_one(None, round, |_| true) {
                break;
            }
        }
        purse.held() > before
    }

    /// Lets go of one entry into the pocket, the one at the address `keep` excepted, if it may go by its charge. The structures of a
    /// stripe that has become empty go too, so that they never stand in the way of a large value. False if there is nothing left
    /// to give.
    pub(super) fn evict_one<N: Now>(
        &mut self,
        keep: Option<*const u8>,
        round: &mut Round<'_, E, N>,
        mut may_go: impl FnMut(usize) -> bool,
    ) -> bool {
        let gone = match self.spares.last() {
            Some(spare) if may_go(spare.charge()) => self.spares.pop().map(|spare| (spare, Cause::Evicted)),
            Some(_) => return false,
            None => {
                let is_kept = |_, entry: &E| keep == Some(entry.address());
                self.victim(self.hand(round.regime), is_kept, round, may_go)
            }
        };
        let Some((entry, cause)) = gone else {
            return self.index.len() == 0 && self.release_structure(round);
        };
        self.let_go(entry, cause, round);
        true
    }

    /// Lets go of some entries at once, if their memory can be kept for those that come next: they are fetched at once, so that their
    /// ways to memory overlap. Else of one, which the write asked for before: see `fetch_victim`. False if nothing went.
    #[inline(never)]
    pub(super) fn evict_some<N: Now>(&mut self, round: &mut Round<'_, E, N>) -> bool {
        let most = (self.index.len() / ENTRIES_PER_SPARE).clamp(1, SPARES);
        if most == 1 || !self.spares.is_empty() {
            return self.evict_one(None, round, |_| true);
        }
        if !E::SPARED {
            let before = self.pocket;
            let gone = self.evict_one(None, round, |_| true);
            self.stock = self.pocket.saturating_sub(before);
            return gone;
        }
        if PREFETCHES {
            let (next, fetch) =
                (self.order.queue(self.hand(round.regime)).in_front(most), FetchToWrite::offered());
            next.clone().for_each(|hash| self.fetch_where_it_is(hash, fetch));
            next.for_each(|hash| self.fetch_found(hash));
        }
        for _ in 0..most {
            let Some((entry, _)) = self.victim(self.hand(round.regime), |_, _| false, round, |_| true) else {
                break;
            };
            self.spares.push(entry);
        }
        self.stock = most.div_ceil(2);
        !self.spares.is_empty()
    }

    /// Takes out the entry that is to go first, of those that may. The hand is at this queue.
    #[inline(always)]
    pub(super) fn victim<N: Now>(
        &mut self,
        mut list: List,
        is_kept: impl Fn(ShortHash, &E) -> bool,
        round: &Round<'_, E, N>,
        mut may_go: impl FnMut(usize) -> bool,
    ) -> Option<(E, Cause)> {
        let (mut spared, mut kept) = (0, 0);
        let mut next = self.order.oldest(list);
        // So many steps at most, so that it ends even if everything is pinned.
        for _ in 0..=self.index.len() + 3 * SPARED_MAX {
            let Some(Seat { slot, hash, stamp }) = next else {
                // Nobody there can go: perhaps in the other queue.
                list = list.other();
                next = self.order.oldest(list);
                continue;
            };
            list = slot.list;
            let (home, bits) = (self.index.home(hash), slot.to_bits());
            let (place, entry) = self.index.find(home, hash, |entry| entry.slot() == bits)?;
            let expired = entry.has_expired(&round.now);
            let verdict = if is_kept(hash, entry) {
                Verdict::Passed
            } else if expired {
                Verdict::Out
            } else {
                self.verdict(entry, slot, spared, round.regime)
            };
            match verdict {
                Verdict::Passed => next = self.order.after(slot),
                Verdict::Spared { uses } => {
                    entry.count_uses(uses);
                    spared += 1;
                    self.advance(hash, place, slot, List::Main, self.share.now(), round);
                    self.bring_home(home, hash, place);
                    self.fetch_ahead(slot.list);
                    if slot.list == List::Probation {
                        self.settle_if_main_has_its_share();
                    }
                    next = self.order.oldest(self.hand(round.regime));
                }
                Verdict::Out if kept > KEPT_MAX => return None,
                Verdict::Out if !may_go(entry.charge()) => {
                    kept += 1;
                    next = self.order.after(slot);
                }
                Verdict::Out => {
                    let cause = if expired { Cause::Expired } else { Cause::Evicted };
                    if !expired {
                        if let Some(watch) = round.watch {
                            watch.evicted(entry);
                        }
                        self.remember(home, hash, slot.list, stamp);
                    }
                    let out = self.take_out(home, place, cause, round)?;
                    self.note_next_to_go(slot.list);
                    self.fetch_ahead(slot.list);
                    return Some((out, cause));
                }
            }
        }
        None
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
    pub(super) fn hand(&self, regime: Regime) -> List {
        let probation_gives = match (self.order.is_empty(List::Probation), self.order.is_empty(List::Main)) {
            (true, _) => false,
            (_, true) => true,
            _ if regime == Regime::TwoQueues => self.probation_is_over_its_part(),
            _ => self.oldest_is_on_probation(),
        };
        if probation_gives { List::Probation } else { List::Main }
    }

    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
    fn probation_is_over_its_part(&self) -> bool {
        let bytes = |bytes: usize| bytes.cast_signed() as f32;
        bytes(self.charged.probation) > bytes(self.charged.total()) * self.share.probation()
    }

    #[cold]
    fn oldest_is_on_probation(&self) -> bool {
        let age = |list| self.order.oldest(list).map(|seat| seat.stamp.age(self.share.now()));
        age(List::Probation) >= age(List::Main)
    }

    fn settle_if_main_has_its_share(&mut self) {
        if !self.probation_is_over_its_part() {
            self.share.settle();
        }
    }

    /// Leaves a ghost of what goes from probation.
    #[inline(always)]
    fn remember(&mut self, home: Home, hash: ShortHash, list: List, stamp: Stamp) {
        if list == List::Probation
            && let Some(ghosts) = self.index.ghosts(home)
        {
            ghosts.put(hash.print(), stamp);
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
        round: &Round<'_, E, N>,
    ) {
        if !self.order.has_room(to) {
            return;
        }
        let deadline = self.order.deadline(slot);
        let moved = self.order.push(to, hash, deadline, stamp);
        let left = self.order.remove(slot);
        self.pocket_tables(left.freed, round);
        if let Some(entry) = self.index.at(place) {
            entry.settle_in(moved.to_bits());
            let charge = entry.charge();
            *self.charged.of(slot.list) -= charge;
            *self.charged.of(to) += charge;
        }
    }

    #[cold]
    fn release_structure<N: Now>(&mut self, round: &Round<'_, E, N>) -> bool {
        let bytes = self.structure();
        self.index = Index::new();
        self.told = OF_ANOTHER_INDEX;
        self.order = Order::new();
        self.cursor = Cursor::START;
        round.budget.give_back_slabs();
        self.pocket_tables(bytes, round);
        bytes > 0
    }
}
