//! Bringing entries back to where they stood: what `dump` told, stored again.

use super::{Engine, Entry, Hash, Now, Part, Watch, round::Round};
use std::hash::BuildHasher;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// An entry that was just stored stands in this part, used so often. Nothing if it has gone already.
    pub(crate) fn reinstate(&self, hash: Hash, entry: &E, part: Part, uses: u8, now: &impl Now) {
        let number = hash.stripe(self.stripes.len());
        let mut round = Round::new(now, &self.budget, self.eviction_watch(), self.regime());
        let mut stripe = self.stripes[number].lock.write();
        stripe.reinstate(hash, entry, part, uses, &round);
        stripe.return_surplus(&self.budget);
        self.leave(number, stripe, &mut round.limbo);
    }

    /// A part has been brought back: stripes go on from what that says.
    pub(crate) fn resume(&self) {
        let room = self.budget.limit() / self.stripes.len();
        self.stripes.iter().for_each(|guarded| guarded.lock.write().resume(room));
    }
}
