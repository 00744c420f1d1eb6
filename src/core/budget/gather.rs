//! Making room in a house that is full: others are asked in turn.

use super::{
    Bound, Purse,
    house::{Asker, Turn, address_of},
};
use crate::core::time::Time;

/// Who is asked to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) enum Asked {
    /// Whoever is furthest beyond its reservation; when that is the one who asks, nobody else.
    ByTurn,
    /// Whoever else is furthest beyond its reservation.
    Others,
    /// As `Others`, and more: the entries that reach beyond a reservation, since it is others' reservation that they reach into.
    OthersInDebt,
}

impl Purse<'_> {
    /// Sees to it that it holds `enough`, from what is free in the house or what others give. False if that is not enough, or
    /// if the ceiling is in the way; or it is the asker's own turn.
    pub(in crate::core) fn gather(&mut self, enough: usize, asked: Asked, now: Time) -> bool {
        let budget = self.budget;
        let mut bound = if asked == Asked::OthersInDebt { Bound::Overhang } else { Bound::Reserved };
        let mut dry = Vec::new();
        loop {
            if self.fill(enough) {
                return true;
            }
            let missing = enough.saturating_sub(self.held());
            if !budget.allows(missing) {
                return false;
            }
            let asker = Asker { account: budget.account(), missing, asked };
            let turn = match budget.house().turn(Some(asker), bound, &dry) {
                Turn::Of(giver) => Some(giver),
                Turn::Nobody if bound == Bound::Reserved && budget.is_reserved(missing) => {
                    // It was promised these bytes, and others only a number of entries.
                    bound = Bound::ReservedBytes;
                    dry.clear();
                    continue;
                }
                Turn::Own | Turn::Nobody => None,
            };
            if asked == Asked::ByTurn {
                budget.note_turn(turn.is_none());
            }
            let Some(giver) = turn else { return false };
            // What a stripe may keep in its pocket comes along, so that it need not ask for each write.
            let with_loan = missing.saturating_add(budget.loan());
            let wanted = if budget.allows(with_loan) { with_loan } else { missing };
            match giver.give(wanted, bound, now) {
                0 => dry.push(address_of(&giver)),
                given => {
                    // The last entry may have been larger than what was wanted, and than what the ceiling allows.
                    let kept = given.min(wanted);
                    budget.house().give(given - kept);
                    if !budget.book(kept) {
                        return false;
                    }
                    self.put(kept);
                }
            }
        }
    }
}
