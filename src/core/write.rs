//! Writes: a look and a change as one step, and making room for it.

use super::{
    Change, Engine, Entry, Hash, NoRoom, Now, Ordinal, Recipe, Watch,
    budget::Purse,
    entry::Cause,
    round::{Limbo, Round},
    stripe::{Short, Stripe},
};
use std::{hash::BuildHasher, ops::DerefMut};

/// Who needs room takes at most so many entries from one stripe before it looks at the next: all of them give alike, and no lock
/// is held for long.
const EVICTED_PER_VISIT: usize = 16;
/// A writer begins anew so often when other writers grow the index under it while it collects room.
const PUT_ATTEMPTS: usize = 8;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// Looks up the entry with this hash for which `is_it` holds and carries out what `decide` wants done, as one step:
    /// no other write of the key's stripe comes between. `decide` may be asked again if room must be made elsewhere
    /// first; only its last answer counts. The ordinal is for an entry that it puts.
    #[inline]
    pub(crate) fn write<T, X: From<NoRoom>, R: Recipe<E>>(
        &self,
        hash: Hash,
        is_it: impl Fn(&E) -> bool,
        now: &impl Now,
        admit: impl Fn() -> Result<(), X>,
        mut decide: impl FnMut(Option<&E>, Ordinal) -> Result<(Change<R>, T), X>,
    ) -> Result<T, X> {
        match self.attempt(hash, &is_it, now, &admit, &mut decide, 0)? {
            Ok(answer) => Ok(answer),
            Err(short) => self.write_with_room_of_others(short, hash, &is_it, now, &admit, &mut decide),
        }
    }

    /// Evicts from other stripes what is missing, and tries again.
    #[cold]
    fn write_with_room_of_others<T, X: From<NoRoom>, R: Recipe<E>>(
        &self,
        mut short: Short,
        hash: Hash,
        is_it: &impl Fn(&E) -> bool,
        now: &impl Now,
        admit: &impl Fn() -> Result<(), X>,
        decide: &mut impl FnMut(Option<&E>, Ordinal) -> Result<(Change<R>, T), X>,
    ) -> Result<T, X> {
        for _ in 0..PUT_ATTEMPTS {
            let mut purse = Purse::of(&self.budget);
            purse.put(short.held);
            let own = hash.stripe(self.stripes.len());
            if !short.missing.is_some_and(|missing| self.collect(missing, own, now, &mut purse)) {
                break;
            }
            match self.attempt(hash, is_it, now, admit, decide, purse.empty())? {
                Ok(answer) => return Ok(answer),
                Err(again) => short = again,
            }
        }
        Err(X::from(NoRoom))
    }

    /// One attempt, with so many bytes of the budget in hand.
    #[inline]
    fn attempt<T, X: From<NoRoom>, R: Recipe<E>>(
        &self,
        hash: Hash,
        is_it: &impl Fn(&E) -> bool,
        now: &impl Now,
        admit: &impl Fn() -> Result<(), X>,
        decide: &mut impl FnMut(Option<&E>, Ordinal) -> Result<(Change<R>, T), X>,
        in_hand: usize,
    ) -> Result<Result<T, Short>, X> {
        let own = hash.stripe(self.stripes.len());
        // It is dropped after the stripe's lock, and what left the stripe with it.
        let mut round = Round::new(now, &self.budget, self.regime());
        let mut stripe = self.up_to_date(own, &round.now);
        stripe.pocket_more(in_hand);
        let done = match admit() {
            Ok(()) => self.step(&mut stripe, hash, is_it, &mut round, decide),
            Err(refused) => Err(refused),
        };
        stripe.return_surplus(&self.budget);
        self.leave(own, stripe, &mut round.limbo);
        done
    }

    /// What `write` does under the lock.
    #[inline]
    fn step<T, X, R: Recipe<E>, N: Now>(
        &self,
        stripe: &mut Stripe<E>,
        hash: Hash,
        is_it: impl Fn(&E) -> bool,
        round: &mut Round<'_, E, N>,
        decide: &mut impl FnMut(Option<&E>, Ordinal) -> Result<(Change<R>, T), X>,
    ) -> Result<Result<T, Short>, X> {
        let ordinal = stripe.next_ordinal(|growth| self.draw_ordinals(growth));
        stripe.sweep_on(ordinal, round);
        let home = stripe.home(hash);
        let found = stripe.find(home, hash, is_it);
        let place = found.map(|(place, _)| place);
        let live = found.map(|(_, entry)| entry).filter(|entry| !entry.has_expired(&round.now));
        let expired = live.is_none();
        let (change, answer) = decide(live, ordinal)?;
        let cause = |cause: Cause| if expired { Cause::Expired } else { cause };
        let hash = hash.short();
        let done = match (change, place) {
            (Change::Put(recipe), None) => stripe.insert(home, hash, &recipe, ordinal, round),
            (Change::Put(recipe), Some(place)) => {
                stripe.replace(hash, place, cause(Cause::Replaced), &recipe, ordinal, round)
            }
            (Change::Redate(deadline), Some(place)) => {
                stripe.redate(place, deadline);
                Ok(())
            }
            (Change::Remove, Some(place)) => {
                stripe.remove(home, place, cause(Cause::Removed), round);
                stripe.close_holes(round);
                Ok(())
            }
            (Change::Keep | Change::Redate(_) | Change::Remove, _) => Ok(()),
        };
        Ok(done.map(|()| answer))
    }

    /// Locks a stripe for writing and first carries out a flush that has come due. The stripe is cleared in one
    /// step; what it held is dropped after its lock was let go and taken anew.
    #[inline(always)]
    pub(super) fn up_to_date(&self, number: usize, now: &impl Now) -> impl DerefMut<Target = Stripe<E>> + '_ {
        loop {
            let stripe = self.stripes[number].lock.write();
            if !stripe.flush_is_due(|| now.now()) {
                return stripe;
            }
            self.carry_out_flush(number, stripe);
        }
    }

    #[cold]
    fn carry_out_flush(&self, number: usize, mut stripe: impl DerefMut<Target = Stripe<E>>) {
        let cleared = stripe.clear();
        self.note_cleared(number, &cleared);
        drop(stripe);
        cleared.release(&self.budget);
        self.watch.deliver(number);
    }

    /// Lets go of a stripe; whoever wants to know is told what left it.
    #[inline]
    pub(super) fn leave(
        &self,
        number: usize,
        stripe: impl DerefMut<Target = Stripe<E>>,
        limbo: &mut Limbo<E>,
    ) {
        if self.watch.is_watching() {
            limbo.drain().for_each(|(entry, cause)| self.watch.note(number, entry, cause));
        }
        drop(stripe);
        self.watch.deliver(number);
    }

    /// Evicts from the stripes other than `own`, a few entries of each at a time, until what is missing is in the
    /// purse too. False if nobody has anything left to give.
    fn collect(&self, missing: usize, own: usize, now: &impl Now, purse: &mut Purse<'_>) -> bool {
        let Some(enough) = purse.held().checked_add(missing) else { return false };
        let count = self.stripes.len();
        loop {
            let mut found = false;
            for number in (1..count).map(|step| (own + step) % count) {
                if purse.fill(enough) {
                    return true;
                }
                found |= self.evict_from(number, enough, now, purse);
            }
            if !found {
                return purse.fill(enough);
            }
        }
    }

    /// Evicts a few entries from this stripe into the purse, until there is enough. Whether anything came.
    pub(super) fn evict_from(
        &self,
        number: usize,
        enough: usize,
        now: &impl Now,
        purse: &mut Purse<'_>,
    ) -> bool {
        let mut round = Round::new(now, &self.budget, self.regime());
        let mut stripe = self.stripes[number].lock.write();
        let gave = stripe.give(enough, EVICTED_PER_VISIT, purse, &mut round);
        self.leave(number, stripe, &mut round.limbo);
        gave
    }
}
