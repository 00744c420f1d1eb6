//! Where a new entry begins: on probation, or in main if it was here lately.

use super::Stripe;
use crate::core::{entry::Entry, hash::ShortHash, order::List, policy::Stamp, round::Round};

impl<E: Entry> Stripe<E> {
    /// The queue for a new entry. Its ghost, if there is one, is laid, and the share moves.
    #[inline]
    pub(super) fn admit<N>(&mut self, hash: ShortHash, round: &mut Round<'_, E, N>) -> List {
        let now = self.share.now();
        let ghost = self.index.ghosts(hash).and_then(|ghosts| ghosts.take(hash.print(), now));
        let age = ghost.map(|stamp| stamp.age(now));
        let oldest = self.oldest_stamp(List::Probation).map_or(0, |stamp| stamp.age(now));
        self.share.note_miss(self.index.len(), age, oldest, round.bias);
        match age {
            None => List::Probation,
            Some(age) => self.compare_with_main(age, round),
        }
    }

    /// Main takes what was here later than its own oldest.
    fn compare_with_main<N>(&mut self, age: u16, round: &mut Round<'_, E, N>) -> List {
        self.turn_main(Turn::IfUsed, round);
        let now = self.share.now();
        match self.oldest_stamp(List::Main) {
            Some(oldest) if age >= oldest.age(now) => {
                self.turn_main(Turn::KeepingItsAge, round);
                List::Probation
            }
            _ => List::Main,
        }
    }

    fn oldest_stamp(&self, list: List) -> Option<Stamp> {
        self.order.oldest(list).map(|(slot, _)| self.order.stamp(slot))
    }

    /// Moves main's oldest to the front.
    fn turn_main<N>(&mut self, turn: Turn, round: &mut Round<'_, E, N>) {
        let Some((slot, hash)) = self.order.oldest(List::Main) else { return };
        let Some((place, entry)) = self.at(hash, slot) else { return };
        let stamp = match (turn, entry.uses()) {
            (Turn::KeepingItsAge, _) => self.order.stamp(slot),
            (Turn::IfUsed, 0) => return,
            (Turn::IfUsed, uses) => {
                entry.count_uses(uses - 1);
                self.share.now()
            }
        };
        self.advance(hash, place, slot, List::Main, stamp, round);
    }
}

#[derive(Clone, Copy)]
enum Turn {
    /// It pays with a use, and counts as new.
    IfUsed,
    /// It only makes way for a comparison with the next one.
    KeepingItsAge,
}
