//! Storing an entry: pay for it, by evicting if need be, and only then ask the allocator.

use super::{Place, Stripe, hash_in};
use crate::core::{
    budget::Purse,
    entry::{Cause, Entry},
    hash::{Hash, ShortHash},
    order::Slot,
    round::Round,
    time::Now,
};

/// What could not be paid: so many bytes are missing after everything that may go has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) struct Short(pub(in crate::core) usize);

impl<E: Entry> Stripe<E> {
    /// Stores a new entry, and evicts from this stripe what must go for it. On `Err` nothing was stored, but everything
    /// that could go has gone into the purse; or nothing has, because others have more.
    pub(in crate::core) fn insert<N: Now>(
        &mut self,
        hash: Hash,
        entry: E,
        round: &mut Round<'_, E, N>,
    ) -> Result<(), Short> {
        let (short, charge) = (hash.short(), entry.charge());
        if self.holds(&round.purse) < round.spare_below {
            let cost = charge + round.purse.price(self.cost_of_structure(short));
            if !round.purse.fill(cost) {
                return Err(Short(cost - round.purse.held()));
            }
        }
        let list = self.admit(short, round);
        loop {
            // What it takes may change with what goes.
            let structure = self.cost_of_structure(short);
            let cost = charge + round.purse.price(structure);
            if round.purse.pay(cost) {
                if structure > 0 {
                    self.build_structure(short, structure, round);
                }
                break;
            }
            if !self.evict_one(None, round) {
                return Err(Short(cost.saturating_sub(round.purse.held())));
            }
        }
        let deadline = entry.deadline();
        if !deadline.is_none() {
            self.expiring += 1;
        }
        self.counts.stored += 1;
        *self.charged.of(list) += charge;
        let slot = self.order.push(list, short, deadline, self.share.now());
        self.order.age(round.regime);
        entry.settle_in(slot.to_bits());
        self.index.insert(short, entry);
        if let Some(cost) = self.index.due_split() {
            self.split_if_affordable(cost, round);
        }
        Ok(())
    }

    /// What it takes of the budget.
    #[inline]
    pub(in crate::core) fn holds(&self, purse: &Purse<'_>) -> usize {
        self.charged.total() + purse.price(self.structure())
    }

    /// What index and order must ask of the allocator before one more entry fits.
    #[inline]
    fn cost_of_structure(&self, hash: ShortHash) -> usize {
        self.index.growth(hash) + self.order.reservation() + self.cost_of_ghosts(hash)
    }

    /// Asks the allocator for that, which has been paid.
    #[cold]
    fn build_structure<N: Now>(&mut self, hash: ShortHash, paid: usize, round: &mut Round<'_, E, N>) {
        let before = self.structure() + paid;
        self.order.reserve();
        if self.index.growth(hash) > 0 {
            self.index.grow(hash, hash_in(&self.order));
        } else if self.cost_of_ghosts(hash) > 0 {
            self.index.admit_ghosts(hash);
        }
        // A page that is built anew loses its ghosts.
        round.purse.put_tables(before - self.structure());
    }

    /// Once there were evictions, they are remembered.
    #[inline]
    fn cost_of_ghosts(&self, hash: ShortHash) -> usize {
        if self.counts.evicted > 0 { self.index.cost_of_ghosts(hash) } else { 0 }
    }

    #[cold]
    fn split_if_affordable<N: Now>(&mut self, cost: usize, round: &mut Round<'_, E, N>) {
        if round.purse.pay(round.purse.price(cost)) {
            let before = self.index.allocated();
            self.index.split(hash_in(&self.order));
            round.purse.put_tables((before + cost).saturating_sub(self.index.allocated()));
        }
    }

    /// Stores an entry in the place of an older one of its key, which leaves for this cause. If it was alive, that
    /// counts as a use. The place in the order stays,
    /// but for what the hand does. On `Err` nothing was replaced, but everything else that could go has gone into the purse.
    pub(in crate::core) fn replace<N: Now>(
        &mut self,
        hash: Hash,
        place: Place,
        cause: Cause,
        entry: E,
        round: &mut Round<'_, E, N>,
    ) -> Result<(), Short> {
        let Some(old) = self.index.at(place) else { return Err(Short(entry.charge())) };
        let (charge, before, uses, kept) = (entry.charge(), old.charge(), old.uses(), old.address());
        let mut place = Some(place);
        let cost = charge.saturating_sub(before);
        while !round.purse.pay(cost) {
            if !self.evict_one(Some(kept), round) {
                return Err(Short(cost.saturating_sub(round.purse.held())));
            }
            // It is still there, but the index may have shrunk and the hand may have moved it.
            place = self.index.find(hash.short(), |entry| entry.address() == kept).map(|(place, _)| place);
        }
        let found = place.and_then(|place| Some((place, self.index.at(place)?.slot())));
        let Some((place, bits)) = found else {
            debug_assert!(false, "what is being replaced is not evicted");
            round.purse.put(cost);
            return Err(Short(charge));
        };
        let slot = Slot::from_bits(bits);
        round.purse.put(before.saturating_sub(charge));
        entry.settle_in(bits);
        entry.count_uses(if cause == Cause::Replaced { uses } else { 0 });
        if cause == Cause::Replaced {
            self.note_use(&entry);
        }
        let charged = self.charged.of(slot.list);
        *charged = *charged - before + charge;
        self.counts.stored += 1;
        self.counts.note(cause);
        self.renew_deadline(slot, entry.deadline());
        if let Some(replaced) = self.index.replace(place, entry) {
            round.limbo.push(replaced, cause);
        }
        Ok(())
    }
}
