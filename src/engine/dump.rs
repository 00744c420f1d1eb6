//! Saving a cache: everything in it, in the order in which it would go.

use super::{Cache, Held, Part, Saved};
use crate::core::{DumpFrom, Entry};
use std::{
    fmt,
    hash::{BuildHasher, Hash as Hashed},
    time::Duration,
    vec,
};

/// An entry that a [`Dump`] came to.
///
/// ```
/// use keyway::engine::Cache;
///
/// let cache = Cache::with_entries(100)?;
/// cache.insert("colour", "red")?;
/// let dumped = cache.dump().next().expect("there is one entry");
/// assert_eq!((*dumped.held.key(), dumped.left), ("colour", None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct Dumped<K, V> {
    /// Key, value and weight.
    pub held: Held<K, V>,
    /// How long it has yet to live, to a sixteenth of a second, however much it is used; `None` if it does not end by itself. A
    /// time to idle is not in it.
    pub left: Option<Duration>,
    /// The part of the cache that it is in.
    pub part: Part,
    /// How often it was used of late: from 0 to 2.
    pub uses: u8,
}

impl<K: Clone, V: Clone> Dumped<K, V> {
    /// A copy of its own, to be written somewhere and [restored](Cache::restore).
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let (cache, next) = (Cache::with_entries(100)?, Cache::with_entries(100)?);
    /// cache.insert("colour", "red")?;
    /// next.restore(cache.dump().map(|dumped| dumped.to_saved()));
    /// assert_eq!(next.get("colour").as_deref(), Some(&"red"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_saved(&self) -> Saved<K, V> {
        let Self { held, left, part, uses } = self;
        Saved { key: held.key().clone(), value: held.value().clone(), left: *left, part: *part, uses: *uses }
    }
}

/// The entries of a [`Cache`], in the order in which they would go; see [`Cache::dump`].
///
/// ```
/// use keyway::engine::Cache;
///
/// let cache = Cache::with_entries(100)?;
/// for number in 0..3 {
///     cache.insert(number, ())?;
/// }
/// let keys: Vec<_> = cache.dump().map(|dumped| *dumped.held.key()).collect();
/// assert_eq!(keys.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Dump<'a, K, V, S> {
    cache: &'a Cache<K, V, S>,
    part: Part,
    met: vec::IntoIter<Held<K, V>>,
    from: Option<DumpFrom>,
}

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// All live entries, so that they can be saved and brought back by [`restore`](Self::restore): what has shown its worth
    /// ([`Part::Main`]) first, then what is on probation, each from the next to go to the last. Over the stripes of a cache
    /// that order is approximate: to a thirtieth of a part, and to sixteen entries of each stripe. It is no use of an entry, and
    /// counts nowhere.
    ///
    /// Nothing is copied but handles, at most 256 at a time; no lock is held between two entries, and none for longer than it
    /// takes to look those up. What the caller does with an entry may take its time.
    ///
    /// While nothing is stored or removed, each entry comes exactly once, whoever reads. While others write:
    ///
    /// - an entry that was stored after the dump had begun may come or not;
    /// - one that was removed may still come if it was looked up before, among those 256;
    /// - one that the cache moved, because it was used and others needed room, may come more than once;
    ///   [`restore`](Self::restore) takes the first. One may be missed only if it was moved again and again before its turn
    ///   came, which means that writers go on faster than the dump.
    ///
    /// ```
    /// # use keyway::engine::{Cache, Saved};
    /// let cache = Cache::with_entries(100)?;
    /// for number in 0..50 {
    ///     cache.insert(number, number * number)?;
    /// }
    /// // With the feature `serde`, these can be written to a file as they are.
    /// let saved: Vec<Saved<i32, i32>> = cache.dump().map(|entry| entry.to_saved()).collect();
    ///
    /// let warm = Cache::with_entries(100)?;
    /// assert_eq!(warm.restore(saved), 50);
    /// assert_eq!(warm.get(&7).as_deref(), Some(&49));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dump(&self) -> Dump<'_, K, V, S> {
        let from = Some(self.0.engine.begin_dump());
        Dump { cache: self, part: Part::Main, met: Vec::new().into_iter(), from }
    }
}

impl<K: Hashed + Eq, V, S: BuildHasher> Iterator for Dump<'_, K, V, S> {
    type Item = Dumped<K, V>;

    fn next(&mut self) -> Option<Dumped<K, V>> {
        let shared = &self.cache.0;
        loop {
            // It may have ended since it was met.
            if let Some(held) = self.met.find(|held| !held.has_expired(&shared.clock)) {
                let (left, uses) = (shared.clock.left(held.latest()), held.uses());
                return Some(Dumped { held, left, part: self.part, uses });
            }
            let Some((part, met)) = shared.engine.dump(self.from.as_mut()?, &shared.clock) else {
                self.from = None;
                return None;
            };
            (self.part, self.met) = (part, met.into_iter());
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Dumped<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { held, left, part, uses } = self;
        let mut shown = f.debug_struct("Dumped");
        shown.field("held", held).field("left", left).field("part", part).field("uses", uses).finish()
    }
}

impl<K, V, S> fmt::Debug for Dump<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump").finish_non_exhaustive()
    }
}
