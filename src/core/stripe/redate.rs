//! Moving an entry's deadline, and the entry too if its memory has no place for one.

use super::{Place, Short, Slot, Stripe};
use crate::core::{
    entry::{Cause, Entry, NoPlace},
    hash::ShortHash,
    round::Round,
    time::{Deadline, Now},
};

impl<E: Entry> Stripe<E> {
    /// Moves the deadline of the entry in this place. On `Err` it is as it was.
    pub(in crate::core) fn redate<N: Now>(
        &mut self,
        hash: ShortHash,
        place: Place,
        deadline: Deadline,
        round: &mut Round<'_, E, N>,
    ) -> Result<(), Short> {
        let Some(entry) = self.index.at(place) else { return Ok(()) };
        let (slot, ended) = (Slot::from_bits(entry.slot()), entry.deadline());
        match entry.redate(deadline) {
            Ok(()) => {
                self.renew_deadline(slot, ended, deadline);
                Ok(())
            }
            Err(NoPlace) => {
                let entry = entry.clone();
                self.redate_elsewhere(hash, place, &entry, deadline, round)
            }
        }
    }

    /// Puts the same entry with this deadline in its place: neither a new entry nor a use.
    #[cold]
    fn redate_elsewhere<N: Now>(
        &mut self,
        hash: ShortHash,
        place: Place,
        entry: &E,
        deadline: Deadline,
        round: &mut Round<'_, E, N>,
    ) -> Result<(), Short> {
        let more = entry.redated_charge().saturating_sub(entry.charge());
        let place = self.pay_for_replacement(hash, place, more, round)?;
        let (Some(dated), Some(kept)) = (entry.redated(deadline), self.index.at_mut(place)) else {
            self.pocket += more;
            return Err(self.out_of_memory());
        };
        // Looked up again: the hand may have moved it meanwhile.
        let slot = Slot::from_bits(kept.slot());
        dated.settle_in(kept.slot());
        dated.count_uses(kept.uses());
        round.limbo.push(std::mem::replace(kept, dated), Cause::Replaced);
        *self.charged.of(slot.list) += more;
        self.renew_deadline(slot, entry.deadline(), deadline);
        Ok(())
    }
}
