//! What is done to all stripes in turn: flushes and maintenance.

use super::{Deadline, Engine, Entry, Now, Watch, order::Cursor, round::Round, stripe::Cleared};
use std::hash::BuildHasher;

/// `maintain` holds a stripe's lock for no more than so many places: some ten microseconds.
const SWEPT_PER_LOCK: u32 = 64;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// Everything stored so far is gone when this returns. Stripe by stripe; `admit` is asked under each lock.
    pub(crate) fn flush<X>(&self, admit: impl Fn() -> Result<(), X>) -> Result<(), X> {
        for (number, guarded) in self.stripes.iter().enumerate() {
            let cleared = {
                let mut stripe = guarded.lock.write();
                admit()?;
                let cleared = stripe.clear();
                self.note_cleared(number, &cleared);
                cleared
            };
            cleared.release(&self.budget);
            self.watch.deliver(number);
        }
        Ok(())
    }

    /// At `deadline`, everything stored until then is gone. It takes the place of an earlier order; none calls it
    /// off.
    pub(crate) fn flush_at<X>(
        &self,
        deadline: Deadline,
        now: &impl Now,
        admit: impl Fn() -> Result<(), X>,
    ) -> Result<(), X> {
        for number in 0..self.stripes.len() {
            let mut stripe = self.up_to_date(number, now);
            admit()?;
            stripe.flush_at(deadline);
        }
        Ok(())
    }

    /// Gives back the memory of all expired entries, holding each lock for a bounded time. It goes through all stripes in step:
    /// what was stored together lies together in memory, and an allocator takes back neighbours several times as fast.
    pub(crate) fn maintain(&self, now: &impl Now) {
        let mut places = vec![Some(Cursor::START); self.stripes.len()];
        while places.iter().any(Option::is_some) {
            for (number, place) in places.iter_mut().enumerate() {
                let Some(from) = *place else { continue };
                let mut round = Round::new(now, &self.budget, self.regime());
                round.limbo.reserve(SWEPT_PER_LOCK as usize);
                let mut stripe = self.up_to_date(number, &round.now);
                *place = stripe.sweep(from, SWEPT_PER_LOCK, &mut round);
                stripe.return_surplus(&self.budget);
                round.limbo.fetch_neighbours();
                self.leave(number, stripe, &mut round.limbo);
            }
        }
    }

    /// Under the lock: a flush removes each entry.
    pub(super) fn note_cleared(&self, stripe: usize, cleared: &Cleared<E>) {
        if self.watch.is_watching() {
            let removed = super::entry::Cause::Removed;
            cleared.entries().for_each(|entry| self.watch.note(stripe, entry.clone(), removed));
        }
    }
}
