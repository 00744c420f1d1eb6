//! Warming a cache up: bringing back what was saved.

use super::{Cache, Held, Part, candidate::Made};
use std::{
    hash::{BuildHasher, Hash as Hashed},
    time::Duration,
};

/// An entry to be brought back: what a [`Dump`](super::Dump) tells of one, or what somebody else knows.
///
/// ```
/// use keyway::engine::Saved;
/// use std::time::Duration;
///
/// let mut saved = Saved::from(("key", "value", Some(Duration::from_secs(60))));
/// // It was written ten seconds ago.
/// saved.left = saved.left.map(|left| left.saturating_sub(Duration::from_secs(10)));
/// assert_eq!(saved.left, Some(Duration::from_secs(50)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Saved<K, V> {
    /// Its key.
    pub key: K,
    /// Its value.
    pub value: V,
    /// How long it has yet to live from when it is restored. `None`: as long as a new one.
    pub left: Option<Duration>,
    /// The part of the cache that it was in.
    #[cfg_attr(feature = "serde", serde(default))]
    pub part: Part,
    /// How often it was used of late: from 0 to 2, and more counts as 2.
    #[cfg_attr(feature = "serde", serde(default))]
    pub uses: u8,
}

/// Key, value, and how long it has yet to live: on probation, as a new entry.
impl<K, V> From<(K, V, Option<Duration>)> for Saved<K, V> {
    fn from((key, value, left): (K, V, Option<Duration>)) -> Self {
        Self { key, value, left, part: Part::Probation, uses: 0 }
    }
}

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// Brings entries back, in the order in which [`dump`](Self::dump) tells them or, if they come from elsewhere, with those that are
    /// wanted most last. How many were stored.
    ///
    /// In a new cache with as much room, everything is as it was: what is there, which of it has shown its worth, and what
    /// goes next, but for a few entries where one part ends and the other begins. With less room the policy decides while it
    /// fills, so that what is newest of each part stays. What does not carry over is
    /// what was remembered of entries that had gone, and the statistics.
    ///
    /// - A key that has a value already keeps it: a cache may be in use while it is warmed up.
    /// - An entry whose time is over, or that weighs more than the limit, is left out.
    /// - Entries are weighed as new ones. An own [`Lifetime`](super::Lifetime) is asked, as about a new one, only where no time is given;
    ///   a given time counts whatever the cache was built with. A deadline may move by an eighth of a second; idling begins anew.
    /// - Time goes on while a cache is saved: take off what has gone by since.
    ///
    /// Each entry is a write of its own: no lock is held while `entries` makes the next one.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// # use std::time::Duration;
    /// let cache = Cache::with_entries(100)?;
    /// let minute = Some(Duration::from_secs(60));
    /// assert_eq!(cache.restore([("a", 1, None), ("b", 2, minute), ("a", 3, None)]), 2);
    /// assert_eq!(cache.get("a").as_deref(), Some(&1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn restore<T: Into<Saved<K, V>>>(&self, entries: impl IntoIterator<Item = T>) -> usize {
        let (mut stored, mut main_is_back) = (0, false);
        for Saved { key, value, left, part, uses } in entries.into_iter().map(Into::into) {
            if left == Some(Duration::ZERO) {
                continue;
            }
            if part == Part::Probation && !main_is_back {
                // What is on probation must not be taken for what a cold cache has yet to judge.
                self.0.engine.resume();
                main_is_back = true;
            }
            let (hash, weight, now) = (self.0.engine.hash_one(&key), self.weigh(&key, &value), self.glance());
            let span = self.date(&key, &value, left, &now, || None);
            let held = Held::new(key, value, weight, span);
            if let Ok(None) = self.add(hash, weight, &Made::new(held.clone()), &now) {
                self.0.engine.reinstate(hash, &held, part, uses, &self.0.clock);
                stored += 1;
            }
        }
        self.0.engine.resume();
        stored
    }
}
