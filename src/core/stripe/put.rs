//! Storing an entry: pay for it, by evicting if need be, and only then ask the allocator.

use super::{Place, Stripe};
use crate::core::{
    entry::{Cause, Entry, Ordinal, Recipe},
    hash::ShortHash,
    index::Home,
    order::{Order, Slot},
    policy::Regime,
    prefetch::prefetch_behind,
    round::Round,
    time::{Deadline, Now},
};

/// What could not be paid, after everything that may go has gone.
#[derive(Debug)]
#[must_use = "what it holds is to be given back"]
pub(in crate::core) struct Short {
    pub(in crate::core) lack: Lack,
    /// Bytes of the budget that are in nobody's pocket.
    pub(in crate::core) held: usize,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) enum Lack {
    /// So many bytes.
    Bytes(usize),
    /// So many bytes, of which others are to be asked before anything goes from this stripe.
    BytesOfOthers(usize),
    /// The place of an entry.
    Place,
    /// It is not the budget that keeps it from being stored: no other stripe can help.
    Memory,
}

/// What the engine noted of an entry that is replaced.
#[derive(Clone, Copy, Debug)]
struct Notes {
    /// Its slot.
    bits: u32,
    uses: u8,
    /// When it would have ended.
    ended: Deadline,
}

impl Notes {
    #[inline]
    fn of(entry: &impl Entry) -> Self {
        Self { bits: entry.slot(), uses: entry.uses(), ended: entry.deadline() }
    }

    #[inline]
    fn slot(self) -> Slot {
        Slot::from_bits(self.bits)
    }

    /// To the entry that took its place, which counts as a use, unless what was replaced was over.
    #[inline]
    fn pass_on(self, entry: &impl Entry, cause: Cause, order: &Order, regime: Regime) {
        entry.settle_in(self.bits);
        entry.count_uses(match cause {
            Cause::Replaced => order.one_use_more(self.uses, self.slot(), || regime).unwrap_or(self.uses),
            _ => 0,
        });
    }
}

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
            prefetch_behind(next.address());
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

    fn short(&mut self, cost: usize) -> Short {
        let held = std::mem::take(&mut self.pocket);
        Short { lack: Lack::Bytes(cost.saturating_sub(held)), held }
    }

    #[cold]
    fn short_of_others(&mut self, cost: usize) -> Short {
        let held = std::mem::take(&mut self.pocket);
        Short { lack: Lack::BytesOfOthers(cost.saturating_sub(held)), held }
    }

    /// The allocator gave nothing, whatever the budget says.
    #[cold]
    pub(super) fn out_of_memory(&mut self) -> Short {
        Short { lack: Lack::Memory, held: std::mem::take(&mut self.pocket) }
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
            self.index.grow(home, &self.order.hashes());
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
            self.index.split();
            self.pocket_tables((before + cost).saturating_sub(self.index.allocated()), round);
        }
    }

    /// Stores an entry in the place of an older one of its key, which leaves for this cause; where that is then. If it was alive,
    /// that counts as a use. The place in the order stays, but for what the hand does. On `Err` nothing was replaced, but
    /// everything else that could go has gone.
    #[inline]
    pub(in crate::core) fn replace<N: Now>(
        &mut self,
        hash: ShortHash,
        place: Place,
        cause: Cause,
        recipe: &impl Recipe<E>,
        ordinal: Ordinal,
        round: &mut Round<'_, E, N>,
    ) -> Result<Place, Short> {
        let Some(old) = self.index.at_mut(place) else { return Err(self.out_of_memory()) };
        let notes = Notes::of(old);
        if recipe.remake(old, ordinal) {
            notes.pass_on(old, cause, &self.order, round.regime);
            let deadline = old.deadline();
            self.count_replacement(cause, notes, deadline);
            return Ok(place);
        }
        old.prefetch_owned();
        let (charge, before) = (recipe.charge(), old.charge());
        let place = match charge.checked_sub(before) {
            Some(more @ 1..) => self.pay_for_replacement(hash, place, more, round)?,
            _ => place,
        };
        let Some(old) = self.index.at_mut(place) else { return Err(self.out_of_memory()) };
        let notes = Notes { bits: old.slot(), ..notes };
        if charge == before || !recipe.remake_paid(old, ordinal) {
            let Some(entry) = recipe.make(ordinal) else {
                self.pocket += charge.saturating_sub(before);
                return Err(self.out_of_memory());
            };
            round.limbo.push(std::mem::replace(old, entry), cause);
        }
        notes.pass_on(old, cause, &self.order, round.regime);
        let deadline = old.deadline();
        self.pocket += before.saturating_sub(charge);
        let charged = self.charged.of(notes.slot().list);
        *charged = *charged - before + charge;
        self.count_replacement(cause, notes, deadline);
        Ok(place)
    }

    /// An entry with this deadline took the place of one of which these were the notes.
    #[inline]
    fn count_replacement(&mut self, cause: Cause, notes: Notes, deadline: Deadline) {
        self.counts.stored += 1;
        self.counts.note(cause);
        self.renew_deadline(notes.slot(), notes.ended, deadline);
    }

    /// Pays for what an entry takes more than the one in this place. Where that is then: the index may have shrunk and the hand
    /// may have moved it.
    pub(super) fn pay_for_replacement<N: Now>(
        &mut self,
        hash: ShortHash,
        place: Place,
        cost: usize,
        round: &mut Round<'_, E, N>,
    ) -> Result<Place, Short> {
        let Some(kept) = self.index.at(place).map(Entry::address) else { return Err(self.short(cost)) };
        let mut found = Some(place);
        while !self.pay(cost, round.budget) {
            if self.asks_engines_for(cost, round) {
                return Err(self.short_of_others(cost));
            }
            if !self.evict_one(Some(kept), round, |_| true) {
                return Err(self.short(cost));
            }
            let home = self.index.home(hash);
            found = self.index.find(home, hash, |entry| entry.address() == kept).map(|(place, _)| place);
        }
        debug_assert!(found.is_some(), "what is being replaced is not evicted");
        found.ok_or_else(|| {
            self.pocket += cost;
            self.short(cost)
        })
    }
}
