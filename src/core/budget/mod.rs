//! The byte budget: what one engine may take of a house that it has for itself, or shares with others.

mod account;
mod gather;
mod house;
mod purse;
mod slabs;
#[cfg(all(test, not(loom)))]
mod tests;

pub(crate) use account::Account;
pub(super) use gather::Asked;
pub(crate) use house::{Bound, Giver, House};
pub(super) use purse::Purse;
use slabs::Slabs;

use crate::sync::{Arc, AtomicUsize, MutexGuard, Ordering};

/// Whether the engine's own tables count against the budget: they do if it is one of bytes, and not if it is one of
/// weights that the caller gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tables {
    Charged,
    Free,
}

/// A stripe keeps at most so many unused bytes back for its next write, and at most one in so many of what its engine may hold.
const LOAN_MAX: usize = 4096;
const LOAN_SHARE: usize = 256;

/// What an engine may take: a part of the house's free bytes, and no more than its account allows.
///
/// Nothing is asked of the allocator before it was taken from here, so that the sum of what is charged never exceeds the house's
/// limit at any moment. What an engine's account says is held never exceeds its ceiling, and is never more than what the house
/// knows to be held: bytes are taken from the house first and given back to it last.
#[derive(Debug)]
pub(crate) struct Budget {
    house: Arc<House>,
    /// None for an engine of which the house asks nothing: it has no ceiling and no reservation, and holds what the others do not.
    account: Option<Arc<Account>>,
    tables: Tables,
    stripes: usize,
    /// What a stripe takes beyond its need while there is plenty, so that it need not come back for each write.
    loan: AtomicUsize,
    /// What the stripes' indexes share.
    slabs: Slabs,
}

impl Budget {
    pub(crate) fn new(
        house: Arc<House>,
        account: Option<Arc<Account>>,
        tables: Tables,
        stripes: usize,
    ) -> Self {
        let budget = Self { house, account, tables, stripes, loan: AtomicUsize::new(0), slabs: Slabs::new() };
        budget.renew_loan();
        budget
    }

    /// After the ceiling was moved: loans are small beside it.
    pub(super) fn renew_loan(&self) {
        let loan = (self.limit() / self.stripes / LOAN_SHARE).min(LOAN_MAX);
        // Relaxed: whoever sees the old one keeps a little more or less.
        self.loan.store(loan, Ordering::Relaxed);
    }

    /// What a stripe may keep back: nothing while more is held than the limit allows.
    pub(super) fn loan(&self) -> usize {
        let is_over = self.house.overdraft() > 0 || self.account.as_ref().is_some_and(|it| it.excess() > 0);
        if is_over { 0 } else { self.plain_loan() }
    }

    #[inline]
    fn plain_loan(&self) -> usize {
        // Relaxed: see `renew_loan`.
        self.loan.load(Ordering::Relaxed)
    }

    /// The most that this engine may come to hold, while the others hold nothing.
    #[inline]
    pub(super) fn limit(&self) -> usize {
        let ceiling = self.account.as_ref().map_or(usize::MAX, |account| account.ceiling());
        self.house.limit().min(ceiling)
    }

    pub(super) fn used(&self) -> usize {
        match &self.account {
            Some(account) => account.held(),
            None => self.house.used_beside_accounts(),
        }
    }

    /// What a stripe holds at least, but for a little, before it has to give while others have more. Without it, stripes
    /// with values of different sizes drift apart: each eviction frees more or less than it was made for, and whoever
    /// comes next takes what is left.
    #[inline]
    pub(super) fn fair_part(&self) -> usize {
        // A power of two.
        let doublings = self.stripes.trailing_zeros();
        if doublings == 0 {
            return 0;
        }
        let whole = if self.is_shared() { self.own_whole() } else { self.house.limit() };
        let part = whole >> doublings;
        part - part / 32
    }

    #[cold]
    fn own_whole(&self) -> usize {
        self.limit().min(self.used())
    }

    pub(super) fn tables(&self) -> Tables {
        self.tables
    }

    /// What tables of so many bytes take of the budget.
    #[inline]
    pub(super) fn price(&self, bytes: usize) -> usize {
        if self.tables == Tables::Charged { bytes } else { 0 }
    }

    /// Whether so many bytes are free, now.
    #[inline]
    pub(super) fn has(&self, bytes: usize) -> bool {
        self.house.has(bytes) && self.allows(bytes)
    }

    /// Whether the ceiling leaves room for so many bytes more.
    #[inline]
    pub(super) fn allows(&self, bytes: usize) -> bool {
        self.account.as_ref().is_none_or(|account| account.allows(bytes))
    }

    /// Takes so many bytes, or none.
    pub(super) fn take(&self, bytes: usize) -> bool {
        self.allows(bytes) && self.house.take(bytes) && self.book(bytes)
    }

    /// Takes so many bytes, and the loan on top if there is plenty; how many on top. `None` if there are not enough.
    pub(super) fn take_generously(&self, bytes: usize) -> Option<usize> {
        if self.account.is_none() {
            return if self.house.has(bytes) {
                self.house.take_generously(bytes, self.plain_loan())
            } else {
                None
            };
        }
        self.take_generously_by_account(bytes)
    }

    #[cold]
    fn take_generously_by_account(&self, bytes: usize) -> Option<usize> {
        if !self.has(bytes) {
            return None;
        }
        let loan = Some(self.plain_loan()).filter(|loan| self.allows(bytes.saturating_add(*loan)));
        let over = self.house.take_generously(bytes, loan.unwrap_or(0))?;
        self.book(bytes + over).then_some(over)
    }

    /// Has the account say that so many more bytes, which the house knows to be held, are held by this engine. They are given
    /// back if the ceiling is in the way.
    pub(super) fn book(&self, bytes: usize) -> bool {
        let booked = self.account.as_ref().is_none_or(|account| account.take(bytes));
        if !booked {
            self.house.give(bytes);
        }
        booked
    }

    pub(super) fn give(&self, bytes: usize) {
        if let Some(account) = &self.account {
            account.give(bytes);
        }
        self.house.give(bytes);
    }

    /// Whether other engines live in the same house.
    #[inline]
    pub(super) fn is_shared(&self) -> bool {
        self.house.is_shared()
    }

    /// Whether this engine is to ask others before it evicts for so many bytes more: it is within its reservation then, of bytes or of
    /// entries, or it was others' turn when somebody looked last.
    pub(super) fn asks_others_for(&self, bytes: usize) -> bool {
        match &self.account {
            Some(account) => {
                account.is_reserved(bytes) || account.is_within_its_entries() || !account.gives_first()
            }
            None => !self.house.main_gives_first(),
        }
    }

    /// Whose turn it was when this engine looked.
    fn note_turn(&self, is_its_own: bool) {
        match &self.account {
            Some(account) => account.note_turn(is_its_own),
            None => self.house.note_mains_turn(is_its_own),
        }
    }

    /// Whether so many bytes more are within what is reserved for this engine.
    pub(super) fn is_reserved(&self, bytes: usize) -> bool {
        self.account.as_ref().is_some_and(|account| account.is_reserved(bytes))
    }

    pub(super) fn account(&self) -> Option<&Arc<Account>> {
        self.account.as_ref()
    }

    pub(super) fn house(&self) -> &Arc<House> {
        &self.house
    }

    /// Lets somebody else have so many bytes that this engine holds, if the bound allows; all or nothing. The house still knows them
    /// to be held.
    pub(super) fn part_with(&self, bytes: usize, bound: Bound) -> bool {
        self.account.as_ref().is_none_or(|account| account.part_with(bytes, bound))
    }

    /// For who takes entries for others: see `Account::lending`.
    pub(super) fn lending(&self) -> Option<MutexGuard<'_, ()>> {
        self.account.as_ref()?.lending()
    }

    /// Whether one entry may go for others, if the bytes may.
    pub(super) fn may_part_with_an_entry(&self, bound: Bound) -> bool {
        self.account.as_ref().is_none_or(|account| account.may_part_with_an_entry(bound))
    }

    /// As `part_with`, up to so many bytes, and never of what is reserved. How many.
    pub(super) fn part_with_up_to(&self, bytes: usize) -> usize {
        self.account.as_ref().map_or(bytes, |account| account.part_with_up_to(bytes))
    }
}

// Entries, where their number is bounded.
impl Budget {
    /// Takes the place of one entry more, if there is one.
    pub(super) fn take_entry(&self) -> bool {
        self.account.as_ref().is_none_or(|account| account.take_entry())
    }

    pub(super) fn count_entries(&self, entries: usize) {
        if let Some(account) = &self.account {
            account.count_entries(entries);
        }
    }

    pub(super) fn give_entries(&self, entries: usize) {
        if let Some(account) = self.account.as_ref().filter(|_| entries > 0) {
            account.give_entries(entries);
        }
    }

    /// How many entries there are beyond the bound on them.
    pub(super) fn entries_beyond(&self) -> usize {
        let beyond = |account: &Arc<Account>| account.entries().saturating_sub(account.most_entries());
        self.account.as_ref().map_or(0, beyond)
    }
}

/// Its memory has gone by then: whoever owns a budget drops it last.
impl Drop for Budget {
    fn drop(&mut self) {
        self.drop_slabs();
        if let Some(account) = &self.account {
            self.give(account.held());
        }
    }
}
