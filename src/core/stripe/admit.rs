//! Where a new entry begins: on probation, or in main if it was here lately.

use super::Stripe;
use crate::core::{
    entry::Entry,
    hash::ShortHash,
    order::List,
    policy::{Ages, ROUND, Regime},
    round::Round,
};

impl<E: Entry> Stripe<E> {
    /// The queue for a new entry. Its ghost, if there is one, is laid, and the share moves.
    #[inline]
    pub(super) fn admit<N>(&mut self, hash: ShortHash, round: &Round<'_, E, N>) -> List {
        let now = self.share.now();
        let ghost = self.index.ghosts(hash).and_then(|ghosts| ghosts.take(hash.print(), now));
        let ages = Ages {
            ghost: ghost.map(|stamp| stamp.age(now)),
            probation: self.age_of_oldest(List::Probation).unwrap_or(0),
            main: self.age_of_oldest(List::Main).unwrap_or(ROUND),
        };
        self.share.note_miss(self.index.len(), ages);
        match ages.ghost {
            // Main takes what was here later than its own oldest.
            Some(age) if round.regime == Regime::TwoQueues && age < ages.main => List::Main,
            _ => List::Probation,
        }
    }

    /// Of one that is there.
    #[inline]
    pub(super) fn age_of_oldest(&self, list: List) -> Option<u16> {
        let (slot, _) = self.order.oldest(list)?;
        Some(self.order.stamp(slot).age(self.share.now()))
    }
}
