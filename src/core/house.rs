//! An engine among others in one house: what it gives to them, and its own bounds.

use super::{
    Engine, Entry, Now, Time, Watch,
    budget::{Bound, Purse},
    round::Round,
};
use crate::sync::Ordering;
use std::hash::BuildHasher;

/// Another engine takes at most so many entries from one stripe before it looks at the next.
const GIVEN_PER_VISIT: usize = 16;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// See `Giver::give`.
    pub(crate) fn give(&self, bytes: usize, bound: Bound, now: Time) -> usize {
        let count = self.stripes.len();
        // Relaxed: counter only, so that all stripes give alike.
        let first = self.next_to_give.fetch_add(1, Ordering::Relaxed);
        let mut given = 0;
        for step in 0..count {
            if given >= bytes {
                break;
            }
            given += self.give_from(first.wrapping_add(step) % count, bytes - given, bound, now);
        }
        given
    }

    fn give_from(&self, number: usize, bytes: usize, bound: Bound, now: Time) -> usize {
        let mut round = Round::new(&now, &self.budget, self.eviction_watch(), self.regime());
        let mut stripe = self.stripes[number].lock.write();
        let given = stripe.lend(bytes, GIVEN_PER_VISIT, bound, &mut round);
        self.leave(number, stripe, &mut round.limbo);
        given
    }

    /// After the ceilings of the account were moved: lets go of what is beyond them. False if something is pinned there.
    pub(crate) fn keep_to_account(&self, now: &impl Now) -> bool {
        self.budget.renew_loan();
        let Some(account) = self.budget.account() else { return true };
        if account.most_entries() != usize::MAX || account.reserved_entries() > 0 {
            self.stripes.iter().for_each(|guarded| guarded.lock.write().begin_to_count(&self.budget));
        }
        let mut found = true;
        while found && (account.excess() > 0 || self.budget.entries_beyond() > 0) {
            found = false;
            for number in 0..self.stripes.len() {
                let mut purse = Purse::of(&self.budget);
                found |=
                    account.excess() > 0 && self.evict_from(number, account.excess(), 0, now, &mut purse);
                found |= self.budget.entries_beyond() > 0 && self.evict_entry_from(number, now);
            }
        }
        account.excess() == 0 && self.budget.entries_beyond() == 0
    }

    /// Lets an entry of another stripe go, so that there is the place of one. False if there is none that could go.
    #[cold]
    pub(super) fn make_place(&self, own: usize, now: &impl Now) -> bool {
        let count = self.stripes.len();
        (1..count).map(|step| (own + step) % count).any(|number| self.evict_entry_from(number, now))
    }

    fn evict_entry_from(&self, number: usize, now: &impl Now) -> bool {
        let mut round = Round::new(now, &self.budget, self.eviction_watch(), self.regime());
        let mut stripe = self.stripes[number].lock.write();
        let gone = stripe.evict_entry(&mut round);
        stripe.return_surplus(&self.budget);
        self.leave(number, stripe, &mut round.limbo);
        gone
    }

    /// What all stripes take, by their own count: what the budget says is held, while nobody is writing.
    #[cfg(test)]
    pub(crate) fn counted(&self) -> usize {
        let referee = if self.referee.is_some() { super::Referee::CHARGE } else { 0 };
        let stripes = self.stripes.iter().map(|guarded| guarded.lock.read_rarely().takes());
        let own = self.stripes.len() * Self::STRIPE_CHARGE + self.signposts.takes() + referee;
        self.budget.price(own)
            + self.budget.slabs()
            + stripes.map(|(entries, tables)| entries + self.budget.price(tables)).sum::<usize>()
    }
}
