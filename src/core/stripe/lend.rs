//! What a stripe gives to other engines of its house.

use super::Stripe;
use crate::core::{budget::Bound, entry::Entry, round::Round, time::Now};

impl<E: Entry> Stripe<E> {
    /// Evicts up to `most` entries for another engine until it has given enough, as far as the bound allows. How many bytes that
    /// was: they are no longer this engine's.
    pub(in crate::core) fn lend<N: Now>(
        &mut self,
        enough: usize,
        most: usize,
        bound: Bound,
        round: &mut Round<'_, E, N>,
    ) -> usize {
        let budget = round.budget;
        let _one_at_a_time = budget.lending();
        let mut given = 0;
        for left in (0..=most).rev() {
            let unused = budget.part_with_up_to(self.pocket.min(enough.saturating_sub(given)));
            self.pocket -= unused;
            given += unused;
            if left == 0 || given >= enough {
                break;
            }
            let mut charge = 0;
            // What is kept of an entry that was evicted is none any more.
            let is_entry = self.spares.is_empty();
            let may_go = |bytes| {
                let may =
                    (!is_entry || budget.may_part_with_an_entry(bound)) && budget.part_with(bytes, bound);
                charge = if may { bytes } else { 0 };
                may
            };
            if !self.evict_one(None, round, may_go) {
                break;
            }
            // Nothing but structures went if it is 0.
            self.pocket -= charge;
            given += charge;
        }
        self.return_surplus(budget);
        given
    }
}
