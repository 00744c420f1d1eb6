//! The purse in which a writer carries bytes from one stripe to another.

use super::Budget;

/// Bytes of an engine on their way from stripes to another one or to the budget. What is left goes back to the budget when it is dropped.
#[derive(Debug)]
pub(in crate::core) struct Purse<'a> {
    pub(super) budget: &'a Budget,
    held: usize,
}

impl<'a> Purse<'a> {
    pub(in crate::core) fn of(budget: &'a Budget) -> Self {
        Self { budget, held: 0 }
    }

    pub(in crate::core) fn held(&self) -> usize {
        self.held
    }

    /// Puts in what a stripe no longer uses.
    pub(in crate::core) fn put(&mut self, bytes: usize) {
        self.held += bytes;
    }

    /// Pays for `bytes`, from what it holds first and from the budget for the rest; all or nothing.
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
        let paid = self.budget.take(missing);
        if paid {
            self.held = 0;
        }
        paid
    }

    /// Takes out so many bytes, which somebody else accounts for from now on; all or nothing.
    pub(in crate::core) fn spend(&mut self, bytes: usize) -> bool {
        let left = self.held.checked_sub(bytes);
        self.held = left.unwrap_or(self.held);
        left.is_some()
    }

    /// Takes out all of it.
    #[inline]
    pub(in crate::core) fn empty(&mut self) -> usize {
        std::mem::take(&mut self.held)
    }

    /// All of it goes back to the budget.
    pub(in crate::core) fn give_back(&mut self) {
        if self.held > 0 {
            self.budget.give(self.empty());
        }
    }

    /// Sees to it that it holds `bytes`, from the budget if they are free there; all or nothing.
    pub(in crate::core) fn fill(&mut self, bytes: usize) -> bool {
        let filled = self.pay(bytes);
        if filled {
            self.put(bytes);
        }
        filled
    }
}

impl Drop for Purse<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}
