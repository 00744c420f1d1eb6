//! Going over the order, and putting entries back where they stood.

use super::Stripe;
use crate::core::{
    Part,
    entry::{Entry, USES_MAX},
    hash::Hash,
    order::{List, Slot},
    queue::{Position, Queue},
    round::Round,
};

impl<E: Entry> Stripe<E> {
    pub(in crate::core) fn queue(&self, list: List) -> &Queue {
        self.order.queue(list)
    }

    /// The entry in this place, if there is one.
    pub(in crate::core) fn held_at(&self, list: List, position: Position) -> Option<&E> {
        let hash = self.order.queue(list).held_at(position)?;
        self.at(hash, Slot::at(list, position)).map(|(_, entry)| entry)
    }

    /// This very entry, if it is still here, stands in this part, used so often.
    pub(in crate::core) fn reinstate<N>(
        &mut self,
        hash: Hash,
        entry: &E,
        part: Part,
        uses: u8,
        round: &Round<'_, E, N>,
    ) {
        let (hash, address) = (hash.short(), entry.address());
        let found = self.index.find(self.index.home(hash), hash, |entry| entry.address() == address);
        let Some((place, _)) = found else { return };
        entry.count_uses(uses.min(USES_MAX));
        let slot = Slot::from_bits(entry.slot());
        if part == Part::Main && slot.list == List::Probation {
            self.advance(hash, place, slot, List::Main, self.share.now(), round);
        }
    }

    /// A stripe of which main fills half after entries were put back has been through its warm-up before: probation's share is what it
    /// was found to be then. `room` is what the stripe may grow to.
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
    pub(in crate::core) fn resume(&mut self, room: usize) {
        if self.charged.main > 0 && self.charged.main >= room / 2 {
            self.share.resume(self.charged.probation as f32 / self.charged.total().max(1) as f32);
        }
    }
}
