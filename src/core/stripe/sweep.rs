//! Upkeep in small shares: expired entries, and memory that is held for nothing.

use super::Stripe;
use crate::core::{
    entry::{Cause, Entry},
    order::Cursor,
    round::Round,
    time::Now,
};

/// A removal moves so many entries of a queue that is full of holes: twice as many as the holes that it makes.
const MOVED_BY_A_REMOVAL: usize = 2;

impl<E: Entry> Stripe<E> {
    /// Looks at `places` from the cursor on and lets go of what has expired there. The place to go on from; none at the
    /// end.
    pub(in crate::core) fn sweep<N: Now>(
        &mut self,
        mut cursor: Cursor,
        places: usize,
        round: &mut Round<'_, E, N>,
    ) -> Option<Cursor> {
        for _ in 0..places {
            if self.expiring == 0 {
                return None;
            }
            let Some(expired) = self.order.expired_at(cursor, round.now.now()) else {
                cursor = cursor.next_list()?;
                continue;
            };
            cursor = cursor.step();
            let Some((slot, hash)) = expired else { continue };
            let Some((at, entry)) = self.at(hash, slot) else { continue };
            let deadline = entry.deadline();
            if deadline.passed(round.now.now()) {
                self.remove(hash, at, Cause::Expired, round);
            } else {
                // A hit has moved it on since.
                self.order.redate(slot, deadline);
            }
        }
        Some(cursor)
    }

    /// A writer's share of the same walk, which goes round for ever.
    #[inline]
    pub(in crate::core) fn sweep_on<N: Now>(&mut self, places: usize, round: &mut Round<'_, E, N>) {
        if self.expiring > 0 {
            self.cursor = self.sweep(self.cursor, places, round).unwrap_or(Cursor::START);
        }
    }

    /// Closes holes that removals have left in the order: what is oldest there moves to the front, so that entries that
    /// outlive most of their time do not hold its memory.
    pub(in crate::core) fn close_holes<N>(&mut self, round: &mut Round<'_, E, N>) {
        let Some(list) = self.order.full_of_holes() else { return };
        for _ in 0..MOVED_BY_A_REMOVAL {
            let Some((slot, hash)) = self.order.oldest(list) else { return };
            let Some((place, _)) = self.at(hash, slot) else { return };
            self.advance(hash, place, slot, list, self.order.stamp(slot), round);
        }
    }
}
