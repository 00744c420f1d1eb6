//! Where a new entry begins: on probation, or in main if it was here lately.

use super::Stripe;
use crate::core::{
    entry::Entry,
    hash::ShortHash,
    index::Home,
    order::List,
    policy::{ROUND, Regime},
    round::Round,
};

impl<E: Entry> Stripe<E> {
    /// The queue for a new entry. Its ghost, if there is one, is laid, and the share moves.
    #[inline(always)]
    pub(super) fn admit<N>(&mut self, home: Home, hash: ShortHash, round: &Round<'_, E, N>) -> List {
        let now = self.share.now();
        let ghost = self.index.ghosts(home).and_then(|ghosts| ghosts.take(hash.print(), now));
        let age_of_oldest = |list| self.order.oldest(list).map(|seat| seat.stamp.age(now));
        let probation = || age_of_oldest(List::Probation).unwrap_or(0);
        let main = || age_of_oldest(List::Main).unwrap_or(ROUND);
        self.share.note_miss(self.index.len(), ghost, probation, main);
        match ghost {
            // Main takes what was here later than its own oldest.
            Some(age) if round.regime == Regime::TwoQueues && age < main() => List::Main,
            _ => List::Probation,
        }
    }
}
