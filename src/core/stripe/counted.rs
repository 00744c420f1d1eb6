//! Where the number of an engine's entries is bounded, or some are reserved.

use super::Stripe;
use crate::core::{budget::Budget, entry::Entry, round::Round, time::Now};

/// A place that an eviction makes may be taken by another stripe's writer: then one more entry goes, but not for ever.
const PLACES_MADE: usize = 4;

impl<E: Entry> Stripe<E> {
    #[inline]
    pub(in crate::core) fn is_counted(&self) -> bool {
        self.is_counted
    }

    /// From now on the engine's account counts the entries.
    pub(in crate::core) fn begin_to_count(&mut self, budget: &Budget) {
        if !self.is_counted {
            self.is_counted = true;
            budget.count_entries(self.index.len());
        }
    }

    /// Takes the place of one entry more, for which another one goes if need be. False if there is none here that could.
    #[cold]
    pub(super) fn take_place<N: Now>(&mut self, round: &mut Round<'_, E, N>) -> bool {
        for _ in 0..PLACES_MADE {
            if round.budget.take_entry() {
                return true;
            }
            if !self.evict_entry(round) {
                return false;
            }
        }
        round.budget.take_entry()
    }

    /// Lets go of an entry, not of what is kept of those that have gone. False if there is none that could go.
    pub(in crate::core) fn evict_entry<N: Now>(&mut self, round: &mut Round<'_, E, N>) -> bool {
        let Some((entry, cause)) = self.victim(self.hand(round.regime), |_, _| false, round, |_| true) else {
            return false;
        };
        self.pocket += entry.charge();
        round.limbo.push(entry, cause);
        true
    }
}
