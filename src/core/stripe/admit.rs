//! Where a new entry begins: on probation, or in main if it was here lately.

use super::Stripe;
use crate::core::{
    entry::Entry,
    hash::ShortHash,
    index::Home,
    order::{List, Seat},
    round::Round,
};

impl<E: Entry> Stripe<E> {
    /// The queue for a new entry. Its ghost, if there is one, is laid, and the share moves.
    #[inline]
    pub(super) fn admit<N>(&mut self, home: Home, hash: ShortHash, round: &Round<'_, E, N>) -> List {
        self.share.note_miss(self.index.len(), round.bias);
        let now = self.share.now();
        match self.index.ghosts(home).and_then(|ghosts| ghosts.take(hash.print(), now)) {
            None => List::Probation,
            Some(age) => self.admit_again(age, round),
        }
    }

    /// Main takes what was here later than its own oldest.
    #[inline(never)]
    fn admit_again<N>(&mut self, age: u16, round: &Round<'_, E, N>) -> List {
        let now = self.share.now();
        let oldest = self.order.oldest(List::Probation).map_or(0, |seat| seat.stamp.age(now));
        self.share.note_ghost(self.index.len(), age, oldest);
        self.turn_main(Turn::IfUsed, round);
        match self.order.oldest(List::Main) {
            Some(oldest) if age >= oldest.stamp.age(now) => {
                self.turn_main(Turn::KeepingItsAge, round);
                List::Probation
            }
            _ => List::Main,
        }
    }

    /// Moves main's oldest to the front.
    fn turn_main<N>(&mut self, turn: Turn, round: &Round<'_, E, N>) {
        let Some(Seat { slot, hash, stamp }) = self.order.oldest(List::Main) else { return };
        let Some((place, entry)) = self.at(hash, slot) else { return };
        let stamp = match (turn, entry.uses()) {
            (Turn::KeepingItsAge, _) => stamp,
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
