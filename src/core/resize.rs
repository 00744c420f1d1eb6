//! Changing the budget while the cache is in use.

use super::{Engine, Entry, Now, Watch, round::Round};
use std::hash::BuildHasher;

/// So many entries at most go from one stripe before it is the next one's turn: all of them shrink alike, and no lock is held for
/// long.
const EVICTED_PER_VISIT: usize = 16;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// From now on this is the limit: nobody takes more. When this returns, no more than that is charged, unless what is
    /// pinned keeps it from that: then false. One caller at a time.
    pub(crate) fn resize(&self, limit: usize, now: &impl Now) -> bool {
        self.budget.set_limit(limit);
        let mut found = true;
        while found && self.budget.overdraft() > 0 {
            let gave = (0..self.stripes.len()).filter(|number| self.shrink(*number, now));
            found = gave.count() > 0;
        }
        self.budget.overdraft() == 0
    }

    /// Evicts what is held too much from this stripe, as far as one visit goes. Whether anything went.
    fn shrink(&self, number: usize, now: &impl Now) -> bool {
        let mut round = Round::new(now, &self.budget, self.regime());
        let mut stripe = self.stripes[number].lock.write();
        let enough = self.budget.overdraft();
        let evicted = (0..EVICTED_PER_VISIT)
            .take_while(|_| round.purse.held() < enough && stripe.evict_one(None, &mut round))
            .count();
        self.leave(number, stripe, &mut round);
        evicted > 0
    }
}
