//! What the cache holds and did.

use super::flight::Loads;
use crate::core::Totals;
use std::time::Duration;

/// What a cache holds and did since it was made, by all callers together.
///
/// ```
/// use keyway::engine::Cache;
///
/// let cache = Cache::with_entries(100)?;
/// cache.insert("colour", "red")?;
/// assert!(cache.get("colour").is_some() && cache.get("size").is_none());
/// let stats = cache.stats();
/// assert_eq!((stats.entries, stats.hits, stats.misses), (1, 1, 1));
/// assert_eq!(stats.hit_ratio(), 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// Entries held now; expired ones count until their memory was given back.
    pub entries: u64,
    /// What they take of the limit, in its unit. With a limit in bytes the tables are in it.
    pub weight: u64,
    /// The limit.
    pub limit: u64,
    /// Times that `get` found a value.
    pub hits: u64,
    /// Times that `get` found none.
    pub misses: u64,
    /// Values ever stored.
    pub inserts: u64,
    /// Entries that made room for others.
    pub evicted: u64,
    /// Entries that went because their time was over.
    pub expired: u64,
    /// Values whose place another took.
    pub replaced: u64,
    /// Entries that were removed.
    pub removed: u64,
    /// Loaders that were run by `get_or_insert_with` and the like.
    pub loads: u64,
    /// Of these, how many failed, panicked or were cancelled.
    pub loads_failed: u64,
    /// How long all loaders together took.
    pub load_time: Duration,
}

impl Stats {
    /// Of the times that `get` was called, the part that found a value: from 0 to 1; 0 if it was never called.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// cache.get("a");
    /// cache.get("b");
    /// assert_eq!(cache.stats().hit_ratio(), 0.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio need not be exact")]
    pub fn hit_ratio(&self) -> f64 {
        let asked = self.hits.saturating_add(self.misses);
        if asked == 0 { 0.0 } else { self.hits as f64 / asked as f64 }
    }

    /// What was counted since an earlier look; entries, weight and limit are the present ones. Nothing has to be reset for that,
    /// and any number of observers may have their own intervals.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// let before = cache.stats();
    /// cache.insert("b", 2)?;
    /// let lately = cache.stats().since(&before);
    /// assert_eq!((lately.inserts, lately.entries), (1, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            entries: self.entries,
            weight: self.weight,
            limit: self.limit,
            hits: self.hits.saturating_sub(earlier.hits),
            misses: self.misses.saturating_sub(earlier.misses),
            inserts: self.inserts.saturating_sub(earlier.inserts),
            evicted: self.evicted.saturating_sub(earlier.evicted),
            expired: self.expired.saturating_sub(earlier.expired),
            replaced: self.replaced.saturating_sub(earlier.replaced),
            removed: self.removed.saturating_sub(earlier.removed),
            loads: self.loads.saturating_sub(earlier.loads),
            loads_failed: self.loads_failed.saturating_sub(earlier.loads_failed),
            load_time: self.load_time.saturating_sub(earlier.load_time),
        }
    }

    pub(super) fn of(totals: Totals, loads: Loads) -> Self {
        Self {
            entries: totals.entries,
            weight: totals.charged as u64,
            limit: totals.limit as u64,
            hits: totals.hits,
            misses: totals.misses,
            inserts: totals.stored,
            evicted: totals.evicted,
            expired: totals.expired,
            replaced: totals.replaced,
            removed: totals.removed,
            loads: loads.run,
            loads_failed: loads.failed,
            load_time: Duration::from_nanos(loads.nanos),
        }
    }
}
