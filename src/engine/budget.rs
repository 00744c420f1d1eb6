//! The byte budget that all stripes share, and the purse in which a writer carries bytes from one to another.

use crate::sync::{AtomicUsize, Ordering};

/// A bound on the bytes asked of the allocator. Nothing is asked for before it was taken from here, so that the sum
/// of what is charged never exceeds the limit at any moment.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    /// What a stripe takes beyond its need while there is plenty, so that it need not come back for each write.
    loan: usize,
    used: AtomicUsize,
}

// Relaxed throughout: the bound rests on the additions and subtractions to this one word being atomic; no other
// memory is read on the strength of its value.
impl Budget {
    pub(super) fn new(limit: usize, loan: usize) -> Self {
        Self { limit, loan, used: AtomicUsize::new(0) }
    }

    pub(super) fn loan(&self) -> usize {
        self.loan
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes so many bytes, or none.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    /// Takes so many bytes, and the loan on top if there is plenty; how many on top. `None` if there are not enough.
    fn take_generously(&self, bytes: usize) -> Option<usize> {
        let (least, most) = (bytes, bytes.checked_add(self.loan)?);
        let mut over = 0;
        let fits = |used: usize| {
            let free = self.limit - used;
            let taken = if most <= free { most } else { least };
            over = taken - least;
            (taken <= free).then_some(used + taken)
        };
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok().map(|_| over)
    }

    fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Bytes that are taken from the budget and charged to no stripe: what an eviction freed and the new entry has not
/// used yet. What is left goes back to the budget when it is dropped.
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
    #[inline]
    pub(super) fn pay(&mut self, bytes: usize) -> bool {
        match self.held.checked_sub(bytes) {
            Some(left) => {
                self.held = left;
                true
            }
            None => self.pay_from_budget(bytes - self.held),
        }
    }

    fn pay_from_budget(&mut self, missing: usize) -> bool {
        let Some(over) = self.budget.take_generously(missing) else { return false };
        self.held = over;
        true
    }

    /// Takes out up to `most` of what it holds; how many bytes.
    pub(super) fn keep(&mut self, most: usize) -> usize {
        let kept = self.held.min(most);
        self.held -= kept;
        kept
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
        let budget = Budget::new(100, 0);
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
}
