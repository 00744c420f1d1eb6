//! Storing an entry: pay for it, by evicting if need be, and only then ask the allocator.

use super::{Lack, Short, Stripe};
use crate::core::{
    entry::{Entry, Ordinal, Recipe},
    hash::ShortHash,
    index::Home,
    prefetch::prefetch_rest,
    round::Round,
    time::Now,
};

impl<E: Entry> Stripe<E> {
    /// Stores a new entry, and evicts from this stripe what must go for it. On `Err` nothing was stored, but everything
    /// that could go has gone; or nothing has, because others have more.
    #[inline(always)]
    pub(in crate::core) fn insert<N: Now>(
        &mut self,
        mut home: Home,
        hash: ShortHash,
        recipe: &impl Recipe<E>,
        ordinal: Ordinal,
        round: &mut Round<'_, E, N>,
    ) -> Result<(), Short> {
        if self.spares.is_empty() && self.asks_others_for(recipe.charge(), round) {
            // Before its ghost is laid, since it will come again.
            return Err(self.short_of_others(recipe.charge() + self.structure_missing(home, round)));
        }
        let list = self.admit(home, hash, round);
        let is_built = self.index.has_room(home) && self.order.is_ready();
        let remade = match self.pocket.checked_sub(recipe.charge()) {
            None if E::SPARED && is_built => self.remake_spare(recipe, ordinal),
            Some(left) if !E::SPARED && is_built => self.remake_departed(left, recipe, ordinal, round),
            _ => None,
        };
        let entry = match remade {
            Some(entry) => entry,
            None => {
                let (entry, again) = self.make(home, hash, recipe, ordinal, round)?;
                home = again;
                entry
            }
        };
        let deadline = entry.deadline();
        self.expiring += usize::from(!deadline.is_none());
        self.counts.stored += 1;
        *self.charged.of(list) += entry.charge();
        let slot = self.order.push(list, hash, deadline, self.share.now());
        entry.settle_in(slot.to_bits());
        self.index.insert(home, hash, entry);
        if self.index.is_moving() {
            let freed = self.index.move_on(&self.order.hashes());
            self.pocket_tables(freed, round);
        } else if let Some(cost) = self.index.due_split() {
            self.split_if_affordable(cost, round);
        }
        Ok(())
    }

    /// A new entry in the memory of one that was evicted: it is paid for already.
    #[inline(always)]
    fn remake_spare(&mut self, recipe: &impl Recipe<E>, ordinal: Ordinal) -> Option<E> {
        let spare = self.spares.first_mut()?;
        if !recipe.remake(spare, ordinal) {
            return None;
        }
        // The one that has waited longest; and its first line was read when it was evicted, but all of it will be written.
        let remade = self.spares.swap_pop(0);
        if let Some(next) = self.spares.first() {
            prefetch_rest(next.address(), E::REMADE);
        }
        remade
    }

    /// A new entry in the memory of one that this write let go of, paid for from the pocket, which has so much left then.
    #[inline(always)]
    fn remake_departed<N>(
        &mut self,
        left: usize,
        recipe: &impl Recipe<E>,
        ordinal: Ordinal,
        round: &mut Round<'_, E, N>,
    ) -> Option<E> {
        let remade = round.limbo.remake(recipe, ordinal)?;
        self.pocket = left;
        Some(remade)
    }

    /// A new entry, for which room is made, and where it is at home then.
    #[inline(never)]
    fn make<N: Now>(
        &mut self,
        mut home: Home,
        hash: ShortHash,
        recipe: &impl Recipe<E>,
        ordinal: Ordinal,
        round: &mut Round<'_, E, N>,
    ) -> Result<(E, Home), Short> {
        let charge = recipe.charge();
        while !self.pay_for_entry(home, charge, round) {
            if round.may_ask_engines()
                && let Some(short) = self.short_if_others_turn(home, charge, round)
            {
                return Err(short);
            }
            if !self.evict_some(round) {
                return Err(self.short(charge + self.structure_missing(home, round)));
            }
            home = self.index.home(hash);
            if E::SPARED
                && self.index.has_room(home)
                && self.order.is_ready()
                && let Some(entry) = self.remake_spare(recipe, ordinal)
            {
                return Ok((entry, home));
            }
        }
        let remade = if E::SPARED { None } else { round.limbo.remake(recipe, ordinal) };
        match remade.or_else(|| recipe.make(ordinal)) {
            // The page may have been built anew.
            Some(entry) => Ok((entry, self.index.home(hash))),
            None => {
                self.pocket += charge;
                Err(self.out_of_memory())
            }
        }
    }

    #[cold]
    fn short_if_others_turn<N>(
        &mut self,
        home: Home,
        charge: usize,
        round: &Round<'_, E, N>,
    ) -> Option<Short> {
        let cost = charge + self.structure_missing(home, round);
        self.asks_engines_for(cost, round).then(|| self.short_of_others(cost))
    }

    /// As `insert`, where the number of entries is bounded.
    #[cold]
    pub(in crate::core) fn insert_counted<N: Now>(
        &mut self,
        hash: ShortHash,
        recipe: &impl Recipe<E>,
        ordinal: Ordinal,
        round: &mut Round<'_, E, N>,
    ) -> Result<(), Short> {
        if !self.take_place(round) {
            return Err(Short { lack: Lack::Place, held: std::mem::take(&mut self.pocket) });
        }
        // What went for it may have made a page of the index smaller.
        let inserted = self.insert(self.index.home(hash), hash, recipe, ordinal, round);
        if inserted.is_err() {
            round.budget.give_entries(1);
        }
        inserted
    }

    /// Pays for one more entry, and asks for what it takes around it.
    #[inline]
    fn pay_for_entry<N>(&mut self, home: Home, charge: usize, round: &Round<'_, E, N>) -> bool {
        if self.index.has_room(home) && self.order.is_ready() {
            self.pay(charge, round.budget)
        } else {
            self.pay_and_build(home, charge, round)
        }
    }

    #[cold]
    fn pay_and_build<N>(&mut self, home: Home, charge: usize, round: &Round<'_, E, N>) -> bool {
        let growth = self.index.growth(home);
        let structure = growth + self.order.reservation();
        let paid = self.pay(charge + round.budget.price(structure), round.budget);
        if paid {
            self.order.reserve();
            let before = self.index.allocated();
            self.index.grow(home, &self.order.hashes(), round.budget);
            self.pocket_tables((before + growth).saturating_sub(self.index.allocated()), round);
        }
        paid
    }

    /// What index and order must be given before one more entry fits, as far as it counts.
    #[cold]
    fn structure_missing<N>(&self, home: Home, round: &Round<'_, E, N>) -> usize {
        round.budget.price(self.index.growth(home) + self.order.reservation())
    }

    #[cold]
    fn split_if_affordable<N>(&mut self, cost: usize, round: &Round<'_, E, N>) {
        if self.pay(round.budget.price(cost), round.budget) {
            let before = self.index.allocated();
            self.index.split(round.budget);
            self.pocket_tables((before + cost).saturating_sub(self.index.allocated()), round);
        }
    }
}
