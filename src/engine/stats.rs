//! What the cache holds and did.

use super::flight::Loads;
use crate::core::Totals;
use std::time::Duration;

/// What a cache holds and did since it was made, by all callers together.
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
