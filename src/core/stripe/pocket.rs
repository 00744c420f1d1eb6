//! What a stripe has of the budget: charged for its entries, and in its pocket for those that come.

use super::Stripe;
use crate::core::{
    budget::Budget,
    entry::Entry,
    order::List,
    round::{Asks, Round},
};

/// A stripe whose engine gives first looks again after so many times whether it is still its turn.
const OWN_TURNS: u8 = 32;

/// Bytes charged for the entries of each queue; index and queues tell their own.
#[derive(Debug, Default)]
pub(super) struct Charged {
    pub(super) probation: usize,
    pub(super) main: usize,
}

impl Charged {
    pub(super) fn of(&mut self, list: List) -> &mut usize {
        match list {
            List::Probation => &mut self.probation,
            List::Main => &mut self.main,
        }
    }

    pub(super) fn total(&self) -> usize {
        self.probation + self.main
    }
}

impl<E: Entry> Stripe<E> {
    pub(in crate::core) fn pocket(&self) -> usize {
        self.pocket
    }

    /// Pays for `bytes`, from the pocket first and from the budget for the rest, from which a loan is taken on top while there is
    /// plenty; all or nothing.
    #[inline]
    pub(super) fn pay(&mut self, bytes: usize, budget: &Budget) -> bool {
        match self.pocket.checked_sub(bytes) {
            Some(left) => self.pocket = left,
            None => match budget.take_generously(bytes - self.pocket) {
                Some(over) => self.pocket = over,
                None => return false,
            },
        }
        true
    }

    /// What it takes of the budget, but for what nothing needs.
    pub(super) fn holds<N>(&self, round: &Round<'_, E, N>) -> usize {
        self.charged.total() + round.budget.price(self.index.takes() + self.order.allocated())
    }

    /// Whether so many bytes are to be asked of others first: there are not enough, and it is others' turn, or others have more
    /// than this stripe.
    #[inline]
    pub(super) fn asks_others_for<N>(&mut self, bytes: usize, round: &Round<'_, E, N>) -> bool {
        self.pocket < bytes
            && round.asks != Asks::Nobody
            && !round.budget.has(bytes - self.pocket)
            && (self.holds(round) < round.budget.fair_part() || self.asks_engines_for(bytes, round))
    }

    /// Whether so many bytes are to be asked of other engines first, by who could not pay for them just now. Not whether they are
    /// free: others may have freed them since, and who asks takes them then; who does not would evict what it need not.
    #[inline]
    pub(super) fn asks_engines_for<N>(&mut self, bytes: usize, round: &Round<'_, E, N>) -> bool {
        round.may_ask_engines() && self.is_others_turn(bytes, round.budget)
    }

    #[cold]
    fn is_others_turn(&mut self, bytes: usize, budget: &Budget) -> bool {
        let missing = bytes.saturating_sub(self.pocket);
        missing > 0 && budget.allows(missing) && {
            self.own_turns = self.own_turns.wrapping_add(1);
            self.own_turns.is_multiple_of(OWN_TURNS) || budget.asks_others_for(missing)
        }
    }

    /// Puts what tables of so many bytes took of the budget into the pocket.
    #[inline]
    pub(super) fn pocket_tables<N>(&mut self, bytes: usize, round: &Round<'_, E, N>) {
        self.pocket += round.budget.price(bytes);
    }

    /// Gives back what the pocket holds beyond a loan. Whoever has written does so before the lock is let go.
    #[inline]
    pub(in crate::core) fn return_surplus(&mut self, budget: &Budget) {
        if self.pocket > 0 {
            let surplus = self.take_surplus(budget);
            if surplus > 0 {
                budget.give(surplus);
            }
        }
    }

    /// Takes out what the pocket holds beyond a loan, for whoever gives it back later.
    #[inline]
    pub(in crate::core) fn take_surplus(&mut self, budget: &Budget) -> usize {
        let kept = budget.loan().min(self.pocket);
        let surplus = self.pocket - kept;
        self.pocket = kept;
        surplus
    }

    #[inline]
    pub(in crate::core) fn pocket_more(&mut self, bytes: usize) {
        self.pocket += bytes;
    }
}
