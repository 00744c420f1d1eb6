//! Writes: a look and a change as one step, and making room for it.

use super::{
    Change, Engine, Entry, Hash, NoRoom, Now, Ordinal, Recipe, Watch,
    budget::{Asked, Purse},
    entry::Cause,
    index::Home,
    policy::Written,
    prefetch::prefetch_rest,
    round::{Asks, Limbo, Round},
    stripe::{Lack, Short, Stripe},
};
use std::{hash::BuildHasher, ops::DerefMut};

/// Who needs room takes at most so many entries from one stripe before it looks at the next: all of them give alike, and no lock
/// is held for long.
const EVICTED_PER_VISIT: usize = 16;
/// A writer begins anew so often when other writers grow the index under it while it collects room.
const PUT_ATTEMPTS: usize = 8;

/// What an attempt to write comes with.
#[derive(Clone, Copy, Debug)]
struct Funds {
    /// Bytes of the budget.
    in_hand: usize,
    asks: Asks,
}

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
        let funds = Funds { in_hand: 0, asks: Asks::Engines };
        match self.attempt(hash, &is_it, now, &admit, &mut decide, funds)? {
            Ok(answer) => Ok(answer),
            Err(short) => self.write_with_room_of_others(short, hash, &is_it, now, &admit, &mut decide),
        }
    }

    /// Evicts from other engines of the house what is missing, if it is their turn, else from other stripes, and tries again: first
    /// from those that have their part. If there are none, the key's own stripe is asked to give all the same; and after all, other
    /// engines once more.
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
        let mut spare_below = self.budget.fair_part();
        let mut asks = Asks::Engines;
        self.budget.give_back_slabs();
        for _ in 0..PUT_ATTEMPTS {
            let mut purse = Purse::of(&self.budget);
            purse.put(short.held);
            let own = hash.stripe(self.stripes.len());
            asks = match short.lack {
                Lack::BytesOfOthers(missing) if asks == Asks::Engines && self.budget.is_shared() => {
                    let enough = purse.held().saturating_add(missing);
                    if purse.gather(enough, Asked::ByTurn, now.now()) { Asks::Nobody } else { Asks::Stripes }
                }
                Lack::Bytes(missing) | Lack::BytesOfOthers(missing) => {
                    let enough = purse.held().saturating_add(missing);
                    let collected = self.collect(enough, own, spare_below, now, &mut purse)
                        || spare_below == 0 && self.gather_beyond(enough, now, &mut purse);
                    if !collected && spare_below == 0 {
                        break;
                    }
                    spare_below = 0;
                    Asks::Nobody
                }
                Lack::Place if self.make_place(own, now) => asks,
                Lack::Place | Lack::Memory => break,
            };
            let funds = Funds { in_hand: purse.empty(), asks };
            match self.attempt(hash, is_it, now, admit, decide, funds)? {
                Ok(answer) => return Ok(answer),
                Err(again) => short = again,
            }
        }
        Err(X::from(NoRoom))
    }

    /// One attempt.
    #[inline]
    fn attempt<T, X: From<NoRoom>, R: Recipe<E>>(
        &self,
        hash: Hash,
        is_it: &impl Fn(&E) -> bool,
        now: &impl Now,
        admit: &impl Fn() -> Result<(), X>,
        decide: &mut impl FnMut(Option<&E>, Ordinal) -> Result<(Change<R>, T), X>,
        funds: Funds,
    ) -> Result<Result<T, Short>, X> {
        let own = hash.stripe(self.stripes.len());
        // It is dropped after the stripe's lock, and what left the stripe with it.
        let mut round = Round::new(now, &self.budget, self.eviction_watch(), self.regime());
        round.asks = funds.asks;
        let mut stripe = self.up_to_date(own, &round.now);
        let home = stripe.home(hash);
        stripe.note_writer();
        stripe.prefetch_line(home);
        stripe.fetch_for_insert(home);
        stripe.pocket_more(funds.in_hand);
        let done = match admit() {
            Ok(()) => self.step(&mut stripe, home, hash, is_it, &mut round, decide),
            Err(refused) => Err(refused),
        };
        stripe.return_surplus(&self.budget);
        self.leave(own, stripe, &mut round.limbo);
        if let (Some(referee), Some(written)) = (&self.referee, round.written)
            && referee.sees(hash)
        {
            referee.note_written(hash, written);
        }
        done
    }

    /// What `write` does under the lock.
    #[inline]
    fn step<T, X, R: Recipe<E>, N: Now>(
        &self,
        stripe: &mut Stripe<E>,
        mut home: Home,
        hash: Hash,
        is_it: impl Fn(&E) -> bool,
        round: &mut Round<'_, E, N>,
        decide: &mut impl FnMut(Option<&E>, Ordinal) -> Result<(Change<R>, T), X>,
    ) -> Result<Result<T, Short>, X> {
        let ordinal = stripe.next_ordinal(|growth| self.draw_ordinals(growth));
        let pages = stripe.pages_built();
        stripe.sweep_on(ordinal, round);
        stripe.restock(hash.short(), round);
        if stripe.pages_built() != pages {
            home = stripe.home(hash);
        }
        stripe.fetch_victim();
        let found = stripe.find(home, hash, |entry| {
            if E::REMADE > 0 {
                // It is likely the one, and will be written over, all of it.
                prefetch_rest(entry.address(), E::REMADE);
            }
            is_it(entry)
        });
        let place = found.map(|(place, _)| place);
        let live = found.map(|(_, entry)| entry).filter(|entry| !entry.has_expired(&round.now));
        let expired = live.is_none();
        let (change, answer) = decide(live, ordinal)?;
        let cause = |cause: Cause| if expired { Cause::Expired } else { cause };
        let short = hash.short();
        let written = match &change {
            Change::Put(_) if expired => Some(Written::New),
            Change::Put(_) => Some(Written::Replaced),
            Change::Remove => Some(Written::Removed),
            Change::Keep | Change::Redate(_) => None,
        };
        let done = match (change, place) {
            (Change::Put(recipe), None) if stripe.is_counted() => {
                stripe.insert_counted(short, &recipe, ordinal, round)
            }
            (Change::Put(recipe), None) => stripe.insert(home, short, &recipe, ordinal, round),
            (Change::Put(recipe), Some(place)) => {
                let replaced = stripe.replace(short, place, cause(Cause::Replaced), &recipe, ordinal, round);
                replaced.map(|place| stripe.bring_home(home, short, place))
            }
            (Change::Redate(deadline), Some(place)) => stripe.redate(short, place, deadline, round),
            (Change::Remove, Some(place)) => {
                stripe.remove(home, place, cause(Cause::Removed), round);
                stripe.close_holes(round);
                Ok(())
            }
            (Change::Keep | Change::Redate(_) | Change::Remove, _) => Ok(()),
        };
        if done.is_ok() {
            round.written = written;
        }
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
        self.renew_signposts(number, &mut stripe);
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
        mut stripe: impl DerefMut<Target = Stripe<E>>,
        limbo: &mut Limbo<E>,
    ) {
        self.renew_signposts(number, &mut stripe);
        if self.watch.is_watching() {
            self.note_departures(number, limbo);
        }
        drop(stripe);
        self.watch.deliver(number);
    }

    /// If pages of a stripe were built anew.
    #[inline]
    pub(super) fn renew_signposts(&self, number: usize, stripe: &mut Stripe<E>) {
        if stripe.has_news() {
            self.signposts.renew(number, stripe);
        }
    }

    #[inline(never)]
    fn note_departures(&self, number: usize, limbo: &mut Limbo<E>) {
        limbo.drain().for_each(|(entry, cause)| self.watch.note(number, entry, cause));
    }

    /// When this engine has nothing left to evict: what other engines hold beyond their reservations; and if the bytes are reserved
    /// for this one, what reaches beyond one.
    #[cold]
    fn gather_beyond(&self, enough: usize, now: &impl Now, purse: &mut Purse<'_>) -> bool {
        let budget = &self.budget;
        let is_reserved = |purse: &Purse<'_>| budget.is_reserved(enough.saturating_sub(purse.held()));
        budget.is_shared()
            && (purse.gather(enough, Asked::Others, now.now())
                || is_reserved(purse) && purse.gather(enough, Asked::OthersInDebt, now.now()))
    }

    /// Evicts from the stripes other than `own`, a few entries of each at a time, until there is enough in the purse; not from those
    /// that hold less than they are spared below. False if nobody has anything left to give.
    fn collect(
        &self,
        enough: usize,
        own: usize,
        spare_below: usize,
        now: &impl Now,
        purse: &mut Purse<'_>,
    ) -> bool {
        let count = self.stripes.len();
        loop {
            let mut found = false;
            for number in (1..count).map(|step| (own + step) % count) {
                if purse.fill(enough) {
                    return true;
                }
                found |= self.evict_from(number, enough, spare_below, now, purse);
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
        spare_below: usize,
        now: &impl Now,
        purse: &mut Purse<'_>,
    ) -> bool {
        let mut round = Round::new(now, &self.budget, self.eviction_watch(), self.regime());
        round.spare_below = spare_below;
        let mut stripe = self.stripes[number].lock.write();
        let gave = stripe.give(enough, EVICTED_PER_VISIT, purse, &mut round);
        self.leave(number, stripe, &mut round.limbo);
        gave
    }
}
