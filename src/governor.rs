//! Keeping what a process takes in memory near its cache's budget, whatever the allocator makes of it.

use crate::cache::Cache;

/// Lowers a cache's budget by what the allocator wastes, so that what is resident stays near the budget that was stated.
///
/// A budget bounds what is asked of the allocator. What is resident is more: the allocator rounds up, and keeps what was
/// given back in pieces that nothing fits into. A governor is told now and then what is resident, and by
/// [`resize`](Cache::resize) sets a budget that is less than the stated one by four times what is resident beyond 93 % of it,
/// and never less than a quarter of it, nor than what is reserved for namespaces. So a waste of up to 30 % of what is stored comes to rest below the stated budget, one of up to 70 % within 5 % of it, gusts
/// aside; at 30 % that costs a quarter of the items. It lowers a budget at once and raises it by little at a time: an allocator that gives memory
/// back at once would have it swing between little and too much otherwise, and one that keeps sizes apart needs some room when they change.
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
/// assert!(cache.stats().budget < 48 << 20);
/// while cache.stats().budget < 56 << 20 {
///     governor.look((5 << 20) + (59 << 20));
/// }
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
const FROM: (usize, usize) = (93, 100);
/// No budget is less than one in so many of the stated one. Where small items were everywhere and large ones come, an allocator
/// that keeps sizes apart gets pages back only when nearly all of the small ones have gone.
const LEAST: usize = 4;
/// A budget is let be that is too large by less than one in so many of the stated one.
const SLACK: usize = 256;
/// One that is too small by more than one in so many
const FAR: usize = 8;
/// is raised by one in so many of what it is too small by,
const STRIDE: usize = 32;
/// and another by one in so many of the stated one: the last eighth comes back with a thousand looks.
const STEP: usize = 8192;

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
    /// governor.look(64 << 20); // 7 % too much, which is taken off four times
    /// assert!((46 << 20..47 << 20).contains(&cache.budget()));
    /// governor.look(1 << 30); // however much it is
    /// assert_eq!(cache.budget(), 16 << 20);
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    pub fn look(&self, resident: usize) {
        let now = self.cache.budget();
        let next = self.next(now, self.wanted(resident).max(self.cache.reserved()));
        if next != now {
            // A namespace that was added meanwhile has reserved more: at the next look.
            let _ = self.cache.resize(next);
        }
    }

    /// The budget after this one, on the way to the one that is wanted.
    fn next(&self, now: usize, wanted: usize) -> usize {
        let (too_small, too_large) = (wanted.saturating_sub(now), now.saturating_sub(wanted));
        if too_large > self.stated / SLACK {
            wanted
        } else if too_small > self.stated / FAR {
            now + too_small / STRIDE
        } else {
            now + too_small.min(self.stated / STEP)
        }
    }

    fn wanted(&self, resident: usize) -> usize {
        let enough = self.stated / FROM.1 * FROM.0;
        let too_much = resident.saturating_sub(self.beside).saturating_sub(enough);
        self.stated.saturating_sub(too_much.saturating_mul(GAIN)).max(self.stated / LEAST)
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
            [(0, 100), (90, 100), (93, 100), (95, 92), (100, 72), (105, 52), (120, 25), (1000, 25)]
        {
            governor.look(BESIDE + STATED / 100 * resident);
            let budget = cache.budget() as f64 / STATED as f64 * 100.0;
            assert!((budget - f64::from(left)).abs() < 0.5, "{resident}: {budget}, {left}");
        }
        let mut looks = 0;
        while cache.budget() < STATED {
            let before = cache.budget();
            governor.look(BESIDE);
            assert!(cache.budget() > before && cache.budget() - before <= STATED / 40, "{before}");
            looks += 1;
        }
        assert!((1000..1200).contains(&looks), "{looks}");
    }

    /// An allocator that needs so much more than what is stored, and gives all back at once.
    #[test]
    fn a_budget_does_not_swing_where_memory_comes_back_at_once() {
        for (waste, lies_at) in [(20, 81), (40, 71), (70, 60)] {
            let (_, governor) = governed();
            let mut budget = STATED;
            let mut least = usize::MAX;
            for look in 0..4000 {
                let resident = budget / 100 * (100 + waste);
                budget = governor.next(budget, governor.wanted(BESIDE + resident));
                if look > 2000 {
                    least = least.min(budget);
                    assert!(budget < STATED / 100 * (lies_at + 1), "{waste}: {budget}");
                }
            }
            assert!(least > STATED / 100 * (lies_at - 1), "{waste}: {least}");
        }
    }

    /// An allocator that needs so much more than what is stored, and gives nothing back.
    #[test]
    fn what_is_resident_comes_to_rest_within_five_percent() {
        for (waste, rests_at, stored_at_least) in
            [(5, 99, 0.89), (15, 100, 0.82), (30, 100, 0.73), (70, 104, 0.58)]
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
