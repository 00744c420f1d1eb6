//! What a cache, or a namespace of it, holds and did.

use crate::store::Totals;

/// What a cache, or a namespace of it, holds and did since it was made, by all callers together.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// session.set("greeting", "hello")?;
/// session.get("greeting")?;
/// session.get("farewell")?;
/// let stats = cache.stats();
/// assert_eq!((stats.items, stats.hits, stats.misses), (1, 1, 1));
/// assert!(stats.bytes <= stats.budget);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// Items held now; expired ones count until their memory was given back.
    pub items: u64,
    /// Stripes that they are spread over.
    pub stripes: u64,
    /// Items in the stripe that has most: far more than `items / stripes` means that keys meet in one.
    pub fullest_stripe: u64,
    /// Bytes charged now, overhead included; never more than `budget`.
    pub bytes: u64,
    /// The budget in bytes; of a namespace: its ceiling, if that is lower.
    pub budget: u64,
    /// Items ever stored.
    pub stored: u64,
    /// Times that `get` found an item.
    pub hits: u64,
    /// Times that `get` found none.
    pub misses: u64,
    /// Items evicted to make room.
    pub evictions: u64,
    /// Items removed because they had expired.
    pub expirations: u64,
}

impl From<Totals> for Stats {
    fn from(totals: Totals) -> Self {
        Self {
            items: totals.entries,
            stripes: totals.stripes as u64,
            fullest_stripe: totals.most_entries,
            bytes: totals.charged as u64,
            budget: totals.limit as u64,
            stored: totals.stored,
            hits: totals.hits,
            misses: totals.misses,
            evictions: totals.evicted,
            expirations: totals.expired,
        }
    }
}

impl Stats {
    /// Counters of both; gauges of the one.
    pub(crate) fn and_counts_of(self, other: Self) -> Self {
        Self {
            stored: self.stored + other.stored,
            hits: self.hits + other.hits,
            misses: self.misses + other.misses,
            evictions: self.evictions + other.evictions,
            expirations: self.expirations + other.expirations,
            ..self
        }
    }
}
