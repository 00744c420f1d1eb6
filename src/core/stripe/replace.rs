//! Storing an entry in the place of an older one of its key.

use super::{Place, Short, Stripe};
use crate::core::{
    entry::{Cause, Entry, Ordinal, Recipe},
    hash::ShortHash,
    order::{Order, Slot},
    policy::Regime,
    round::Round,
    time::{Deadline, Now},
};

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
