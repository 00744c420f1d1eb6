//! The byte budget that all stripes share, and the purse in which a writer carries bytes from one to another.

use crate::sync::{AtomicIsize, AtomicUsize, Ordering};

/// Whether the engine's own tables count against the budget: they do if it is one of bytes, and not if it is one of
/// weights that the caller gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tables {
    Charged,
    Free,
}

/// A bound on the bytes asked of the allocator. Nothing is asked for before it was taken from here, so that the sum
/// of what is charged never exceeds the limit at any moment.
#[derive(Debug)]
pub(super) struct Budget {
    /// For whoever asks. What may be taken is what is free.
    limit: AtomicUsize,
    tables: Tables,
    /// What a stripe takes beyond its need while there is plenty, so that it need not come back for each write.
    loan: usize,
    /// Below zero from when the limit is lowered until enough has been given back.
    free: AtomicIsize,
}

// Relaxed throughout: the bound rests on the additions and subtractions to `free` being atomic, a change of the limit
// among them; no other memory is read on the strength of its value.
#[expect(
    clippy::cast_possible_wrap,
    reason = "limits are capped at `isize::MAX`, and nobody holds more than a limit"
)]
impl Budget {
    pub(super) fn new(limit: usize, tables: Tables, loan: usize) -> Self {
        let limit = limit.min(isize::MAX as usize);
        Self { limit: AtomicUsize::new(limit), tables, loan, free: AtomicIsize::new(limit as isize) }
    }

    /// What a stripe may keep back: nothing while more is held than the limit allows.
    pub(super) fn loan(&self) -> usize {
        if self.overdraft() > 0 { 0 } else { self.loan }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    pub(super) fn used(&self) -> usize {
        self.limit().saturating_add_signed(self.free.load(Ordering::Relaxed).saturating_neg())
    }

    /// What tables of so many bytes take of the budget.
    #[inline]
    pub(super) fn price(&self, bytes: usize) -> usize {
        if self.tables == Tables::Charged { bytes } else { 0 }
    }

    /// Whether so many bytes are free, now.
    #[inline]
    pub(super) fn has(&self, bytes: usize) -> bool {
        isize::try_from(bytes).is_ok_and(|bytes| bytes <= self.free.load(Ordering::Relaxed))
    }

    /// Takes so many bytes, or none.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let taken = |free: isize| isize::try_from(bytes).ok().and_then(|bytes| left(free, bytes));
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    /// Takes so many bytes, and the loan on top if there is plenty; how many on top. `None` if there are not enough.
    pub(super) fn take_generously(&self, bytes: usize) -> Option<usize> {
        let least = isize::try_from(bytes).ok()?;
        if !self.has(bytes) {
            return None;
        }
        let most = isize::try_from(bytes.checked_add(self.loan)?).ok()?;
        let mut over = 0;
        let taken = |free: isize| {
            let with_loan = left(free, most);
            over = if with_loan.is_some() { self.loan } else { 0 };
            with_loan.or_else(|| left(free, least))
        };
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok().map(|_| over)
    }

    /// From now on nobody takes more than this allows. What is held beyond it is to be given back: `overdraft`.
    /// One caller at a time.
    pub(super) fn set_limit(&self, limit: usize) {
        let limit = limit.min(isize::MAX as usize);
        let before = self.limit.swap(limit, Ordering::Relaxed);
        self.free.fetch_add(limit as isize - before as isize, Ordering::Relaxed);
    }

    /// How much is held beyond the limit.
    pub(super) fn overdraft(&self) -> usize {
        self.free.load(Ordering::Relaxed).min(0).unsigned_abs()
    }

    pub(super) fn give(&self, bytes: usize) {
        self.free.fetch_add(bytes as isize, Ordering::Relaxed);
    }
}

/// What is left of so many free bytes after some were taken, if there were enough.
#[inline]
fn left(free: isize, bytes: isize) -> Option<isize> {
    (bytes <= free).then(|| free - bytes)
}

/// Bytes on their way from stripes to another one or to the budget. What is left goes back to the budget when it is dropped.
#[derive(Debug)]
pub(super) struct Purse<'a> {
    budget: &'a Budget,
    held: usize,
}

impl<'a> Purse<'a> {
    pub(super) fn of(budget: &'a Budget) -> Self {
        Self { budget, held: 0 }
    }

    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Puts in what a stripe no longer uses.
    pub(super) fn put(&mut self, bytes: usize) {
        self.held += bytes;
    }

    /// Pays for `bytes`, from what it holds first and from the budget for the rest; all or nothing.
    fn pay(&mut self, bytes: usize) -> bool {
        match self.held.checked_sub(bytes) {
            Some(left) => {
                self.held = left;
                true
            }
            None => self.pay_from_budget(bytes - self.held),
        }
    }

    fn pay_from_budget(&mut self, missing: usize) -> bool {
        let paid = self.budget.take(missing);
        if paid {
            self.held = 0;
        }
        paid
    }

    /// Takes out all of it.
    #[inline]
    pub(super) fn empty(&mut self) -> usize {
        std::mem::take(&mut self.held)
    }

    /// Sees to it that it holds `bytes`, from the budget if they are free there; all or nothing.
    pub(super) fn fill(&mut self, bytes: usize) -> bool {
        let filled = self.pay(bytes);
        if filled {
            self.put(bytes);
        }
        filled
    }
}

impl Drop for Purse<'_> {
    fn drop(&mut self) {
        if self.held > 0 {
            self.budget.give(self.held);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_and_what_a_purse_does_not_spend_comes_back() {
        let budget = Budget::new(100, Tables::Charged, 0);
        assert!(budget.take(60));
        assert!(!budget.take(41));
        assert!(!budget.take(usize::MAX));
        {
            let mut purse = Purse::of(&budget);
            purse.put(30);
            assert!(purse.pay(20));
            assert!(purse.pay(50), "10 held and 40 free");
            assert!(!purse.pay(1));
            assert_eq!(budget.used(), 100);
            purse.put(25);
        }
        assert_eq!(budget.used(), 75);
    }

    #[test]
    fn a_lower_limit_lets_nobody_take_more_until_enough_came_back() {
        let budget = Budget::new(100, Tables::Free, 0);
        assert!(budget.take(90));
        budget.set_limit(50);
        assert!(budget.overdraft() == 40 && !budget.take(1));
        budget.give(45);
        assert!(budget.overdraft() == 0 && budget.take(5) && !budget.take(1));
        assert_eq!((budget.used(), budget.limit(), budget.price(10)), (50, 50, 0));
        budget.set_limit(usize::MAX);
        assert!(budget.take(1 << 40));
    }
}
