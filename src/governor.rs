//! Keeping what a process takes in memory near its cache's budget, whatever the allocator makes of it.

use crate::cache::Cache;

/// Lowers a cache's budget by what the allocator wastes, so that what is resident stays near the budget that was stated.
///
/// A budget bounds what is asked of the allocator. What is resident is more: the allocator rounds up, and keeps what was
/// given back in pieces that nothing fits into. A governor is told now and then what is resident, and by
/// [`resize`](Cache::resize) sets a budget that is less than the stated one by four times what is resident beyond 95 % of it,
/// and never less than half of it, nor than what is reserved for namespaces. So a waste of up to 30 % of what is stored comes to rest at the stated budget, one of up to 70 % within 5 % of it, gusts
/// aside; at 30 % that costs a fifth of the items. It knows no moment before, so there is nothing to swing: most allocators keep what they have, so what
/// is resident stays, and stops to grow.
///
/// It starts no thread and asks no system: who has one calls [`look`](Self::look), some 100 times a second while what is resident
/// moves and all of the cache may be written anew within seconds, less often otherwise. It is meant to be the only one that resizes its cache.
///
/// ```
/// # use keyway::{Cache, Config, Governor, Users};
/// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
/// // What the process takes while the cache is empty.
/// let governor = Governor::new(cache.clone(), 5 << 20);
/// governor.look((5 << 20) + (66 << 20));
/// assert!(cache.stats().budget < 53 << 20);
/// governor.look((5 << 20) + (60 << 20));
/// assert_eq!(cache.stats().budget, 64 << 20);
/// # Ok::<(), keyway::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Governor {
    cache: Cache,
    stated: usize,
    beside: usize,
}

/// The budget becomes smaller by so many bytes for each one that is too much. With `w` as the waste's part of what is stored, what
/// is resident comes to rest at (GAIN + 1) / (GAIN + 1 / (1 + w)) of where that begins. Twice as much costs a third of the items
/// after a single gust, since what is resident does not go back.
const GAIN: usize = 4;
/// What is resident counts as too much from here on, in parts of the budget.
const FROM: (usize, usize) = (95, 100);
/// A budget is let be that is off by less than one in so many.
const SLACK: usize = 256;

impl Governor {
    /// For this cache and the budget that it has now. `beside` is what the process takes that is not the cache's, in resident
    /// bytes: what it takes while the cache is empty.
    ///
    /// ```
    /// use keyway::{Cache, Config, Governor, Users};
    ///
    /// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
    /// let governor = Governor::new(cache.clone(), 5 << 20);
    /// // The program takes 5 MiB by itself, so 60 MiB is what 55 MiB of items would take.
    /// governor.look(60 << 20);
    /// assert_eq!(cache.budget(), 64 << 20);
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(cache: Cache, beside: usize) -> Self {
        let stated = cache.budget();
        Self { cache, stated, beside }
    }

    /// Sets the budget that is right for so many resident bytes of the process.
    ///
    /// ```
    /// use keyway::{Cache, Config, Governor, Users};
    ///
    /// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
    /// let governor = Governor::new(cache.clone(), 0);
    /// governor.look(64 << 20); // 5 % too much, which is taken off four times
    /// assert!((51 << 20..52 << 20).contains(&cache.budget()));
    /// governor.look(1 << 30); // however much it is
    /// assert_eq!(cache.budget(), 32 << 20);
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    pub fn look(&self, resident: usize) {
        let (now, wanted) = (self.cache.budget(), self.wanted(resident).max(self.cache.reserved()));
        if now.abs_diff(wanted) > self.stated / SLACK || wanted == self.stated && now != wanted {
            // A namespace that was added meanwhile has reserved more: at the next look.
            let _ = self.cache.resize(wanted);
        }
    }

    fn wanted(&self, resident: usize) -> usize {
        let enough = self.stated / FROM.1 * FROM.0;
        let too_much = resident.saturating_sub(self.beside).saturating_sub(enough);
        self.stated.saturating_sub(too_much.saturating_mul(GAIN)).max(self.stated / 2)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::{Config, Draft, Role, Users};

    const STATED: usize = 4 << 20;
    const BESIDE: usize = 1 << 20;

    fn governed() -> (Cache, Governor) {
        let cache = Cache::new(Config::new(STATED), Users::new()).unwrap();
        let governor = Governor::new(cache.clone(), BESIDE);
        (cache, governor)
    }

    #[test]
    fn a_budget_is_lowered_by_what_is_too_much_and_comes_back() {
        let (cache, governor) = governed();
        for (resident, left) in
            [(0, 100), (90, 100), (95, 100), (97, 92), (100, 80), (120, 50), (1000, 50), (95, 100)]
        {
            governor.look(BESIDE + STATED / 100 * resident);
            let budget = cache.budget() as f64 / STATED as f64 * 100.0;
            assert!((budget - f64::from(left)).abs() < 0.5, "{resident}: {budget}, {left}");
        }
    }

    /// An allocator that needs so much more than what is stored, and gives nothing back.
    #[test]
    fn what_is_resident_comes_to_rest_within_five_percent() {
        for (waste, rests_at, stored_at_least) in
            [(5, 101, 0.9), (15, 101, 0.84), (30, 102, 0.75), (70, 105, 0.6)]
        {
            let (cache, governor) = governed();
            cache.users().add_trusted("app", Role::ReadWrite).unwrap();
            let session = cache.session_for("app").unwrap();
            let mut resident = 0;
            for number in 0..100_000_u32 {
                session.set(&number.to_be_bytes(), Draft::new(&[0; 100])).unwrap();
                let stored = usize::try_from(cache.stats().bytes).unwrap();
                resident = resident.max(stored / 100 * (100 + waste));
                governor.look(BESIDE + resident);
            }
            assert!(resident < STATED / 100 * rests_at, "{waste}: {resident}");
            let stored = cache.stats().bytes as f64 / STATED as f64;
            assert!(stored > stored_at_least, "{waste}: {stored}");
        }
    }
}
