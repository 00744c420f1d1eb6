//! Writes: a look and a change as one step, and making room for it.

use super::{
    Change, Engine, Entry, Hash, NoRoom, Now, Ordinal, Watch,
    entry::Cause,
    round::Round,
    stripe::{Found, Short, Stripe},
};
use std::{hash::BuildHasher, ops::DerefMut};

/// A write sweeps so many slots of its stripe for expired entries: its share of the upkeep.
const SWEPT_BY_A_WRITE: usize = 2;
/// A writer that needs room from other stripes takes at most so many entries from one before it looks at the next.
const EVICTED_PER_VISIT: usize = 16;
/// A writer begins anew so often when other writers grow the index under it while it collects room.
const PUT_ATTEMPTS: usize = 8;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// Looks up the entry with this hash for which `is_it` holds and carries out what `decide` wants done, as one step:
    /// no other write of the key's stripe comes between. `decide` may be asked again if room must be made elsewhere
    /// first; only its last answer counts. The ordinal is for an entry that it puts.
    #[inline]
    pub(crate) fn write<T, X: From<NoRoom>>(
        &self,
        hash: Hash,
        is_it: impl Fn(&E) -> bool,
        now: &impl Now,
        admit: impl Fn() -> Result<(), X>,
        mut decide: impl FnMut(Option<&E>, Ordinal) -> Result<(Change<E>, T), X>,
    ) -> Result<T, X> {
        let own = hash.stripe(self.stripes.len());
        let mut round = Round::new(now, &self.budget, self.regime());
        round.spare_below = self.fair_part();
        for _ in 0..PUT_ATTEMPTS {
            let mut stripe = self.up_to_date(own, &round.now);
            admit()?;
            stripe.empty_pocket(&mut round.purse);
            let done = self.step(&mut stripe, hash, &is_it, &mut round, &mut decide);
            if !matches!(done, Ok(Err(_))) {
                stripe.pocket_from(&mut round.purse, self.budget.loan());
            }
            self.leave(own, stripe, &mut round);
            match done? {
                Ok(answer) => return Ok(answer),
                Err(short) if self.collect(short, own, &mut round) => {}
                Err(_) => break,
            }
        }
        Err(X::from(NoRoom))
    }

    /// What `write` does under the lock.
    #[inline]
    fn step<T, X, N: Now>(
        &self,
        stripe: &mut Stripe<E>,
        hash: Hash,
        is_it: impl Fn(&E) -> bool,
        round: &mut Round<'_, E, N>,
        decide: &mut impl FnMut(Option<&E>, Ordinal) -> Result<(Change<E>, T), X>,
    ) -> Result<Result<T, Short>, X> {
        stripe.sweep_on(SWEPT_BY_A_WRITE, round);
        let ordinal = stripe.next_ordinal(|growth| self.draw_ordinals(growth));
        let found = stripe.find(hash, is_it);
        let place = found.as_ref().map(|found| found.place);
        let live = found.map(|Found { entry, .. }| entry).filter(|entry| !entry.has_expired(&round.now));
        let replaced = if live.is_some() { Cause::Replaced } else { Cause::Expired };
        let removed = if live.is_some() { Cause::Removed } else { Cause::Expired };
        let (change, answer) = decide(live, ordinal)?;
        let done = match (change, place) {
            (Change::Put(entry), None) => stripe.insert(hash, entry, round),
            (Change::Put(entry), Some(place)) => stripe.replace(hash, place, replaced, entry, round),
            (Change::Redate(deadline), Some(place)) => {
                stripe.redate(place, deadline);
                Ok(())
            }
            (Change::Remove, Some(place)) => {
                stripe.remove(hash.short(), place, removed, round);
                stripe.close_holes(round);
                Ok(())
            }
            (Change::Keep | Change::Redate(_) | Change::Remove, _) => Ok(()),
        };
        Ok(done.map(|()| answer))
    }

    /// Locks a stripe for writing and first carries out a flush that has come due. The stripe is cleared in one
    /// step; what it held is dropped after its lock was let go and taken anew.
    #[inline]
    pub(super) fn up_to_date(&self, number: usize, now: &impl Now) -> impl DerefMut<Target = Stripe<E>> + '_ {
        loop {
            let mut stripe = self.stripes[number].lock.write();
            if !stripe.flush_is_due(|| now.now()) {
                return stripe;
            }
            let cleared = stripe.clear();
            self.note_cleared(number, &cleared);
            drop(stripe);
            cleared.release(&self.budget);
            self.watch.deliver(number);
        }
    }

    /// Lets go of a stripe, and only then of what left it; whoever wants to know is told.
    #[inline]
    pub(super) fn leave<N>(
        &self,
        number: usize,
        stripe: impl DerefMut<Target = Stripe<E>>,
        round: &mut Round<'_, E, N>,
    ) {
        if self.watch.is_watching() {
            for (entry, cause) in round.limbo.drain() {
                self.watch.note(number, entry, cause);
            }
        }
        drop(stripe);
        round.limbo.clear();
        self.watch.deliver(number);
    }

    /// Evicts from the stripes other than `own`, a few entries of each at a time, until what was missing is in the
    /// purse; first from those that have their part, and if there are none, `own` is asked to give all the same. False if
    /// nobody has anything left to give.
    #[cold]
    fn collect<N: Now>(&self, short: Short, own: usize, round: &mut Round<'_, E, N>) -> bool {
        let enough = round.purse.held() + short.0;
        let count = self.stripes.len();
        let spare_below = std::mem::take(&mut round.spare_below);
        loop {
            let mut found = false;
            for number in (1..count).map(|step| (own + step) % count) {
                if round.purse.fill(enough) {
                    return true;
                }
                let mut stripe = self.stripes[number].lock.write();
                for _ in 0..EVICTED_PER_VISIT {
                    if stripe.holds(&round.purse) < spare_below
                        || round.purse.held() >= enough
                        || !stripe.evict_one(None, round)
                    {
                        break;
                    }
                    found = true;
                }
                self.leave(number, stripe, round);
            }
            if !found {
                return round.purse.fill(enough) || spare_below > 0;
            }
        }
    }
}
