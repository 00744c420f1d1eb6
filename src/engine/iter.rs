//! Going over all entries.

use super::{Cache, Held};
use crate::core::WalkFrom;
use std::{
    fmt,
    hash::{BuildHasher, Hash as Hashed},
    vec,
};

/// The entries of a [`Cache`], in no order; see [`Cache::iter`].
///
/// ```
/// use keyway::engine::Cache;
///
/// let cache = Cache::with_entries(100)?;
/// cache.insert("red", 1)?;
/// cache.insert("green", 2)?;
/// assert_eq!(cache.iter().map(|held| *held.value()).sum::<i32>(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Iter<'a, K, V, S> {
    cache: &'a Cache<K, V, S>,
    page: vec::IntoIter<Held<K, V>>,
    next: Option<WalkFrom>,
}

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// All entries, in no order. No lock is held between two of them, and none for longer than it takes to count up some hundred
    /// handles. An entry that is there throughout comes exactly once; one that comes or goes meanwhile may or may not.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("red", 1)?;
    /// cache.insert("green", 2)?;
    /// let mut names: Vec<_> = cache.iter().map(|held| *held.key()).collect();
    /// names.sort();
    /// assert_eq!(names, ["green", "red"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> Iter<'_, K, V, S> {
        Iter { cache: self, page: Vec::new().into_iter(), next: Some(WalkFrom::default()) }
    }
}

impl<K: Hashed + Eq, V, S: BuildHasher> Iterator for Iter<'_, K, V, S> {
    type Item = Held<K, V>;

    fn next(&mut self) -> Option<Held<K, V>> {
        loop {
            if let Some(held) = self.page.next() {
                return Some(held);
            }
            let shared = &self.cache.0;
            let (page, next) = shared.engine.walk(self.next.take()?, &shared.clock)?;
            self.page = page.into_iter();
            self.next = Some(next);
        }
    }
}

impl<'a, K: Hashed + Eq, V, S: BuildHasher> IntoIterator for &'a Cache<K, V, S> {
    type Item = Held<K, V>;
    type IntoIter = Iter<'a, K, V, S>;

    fn into_iter(self) -> Iter<'a, K, V, S> {
        self.iter()
    }
}

impl<K, V, S> fmt::Debug for Iter<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").finish_non_exhaustive()
    }
}
