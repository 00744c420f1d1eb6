//! Changing the budget while the cache is in use.

use super::{Engine, Entry, Now, Watch, budget::Purse};
use std::hash::BuildHasher;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// From now on this is the limit: nobody takes more. When this returns, no more than that is charged, unless what is
    /// pinned keeps it from that: then false. One caller at a time.
    pub(crate) fn resize(&self, limit: usize, now: &impl Now) -> bool {
        self.budget.house().set_limit(limit);
        let mut found = true;
        while found && self.budget.house().overdraft() > 0 {
            self.give_back_slabs();
            let gave = (0..self.stripes.len()).filter(|number| {
                let mut purse = Purse::of(&self.budget);
                self.evict_from(*number, self.budget.house().overdraft(), 0, now, &mut purse)
            });
            found = gave.count() > 0;
        }
        self.budget.house().overdraft() == 0
    }
}
