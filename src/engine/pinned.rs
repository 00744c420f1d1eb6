//! Entries that must not be evicted.

use super::{Cache, Held, is_for};
use std::{
    borrow::Borrow,
    fmt,
    hash::{BuildHasher, Hash as Hashed},
    ops::Deref,
};

/// Keeps an entry from being evicted for as long as it lives. The entry can still expire, be replaced or be removed. One that 65,535 or more
/// pin at once stays pinned.
///
/// ```
/// use keyway::engine::Cache;
///
/// let cache = Cache::with_entries(10)?;
/// cache.insert(0, "stays")?;
/// let pinned = cache.pin(&0).ok_or("it is there")?;
/// for number in 1..100 {
///     cache.insert(number, "comes and goes")?;
/// }
/// assert!(cache.contains(&0));
/// assert_eq!(**pinned, "stays");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pinned<K, V>(Held<K, V>);

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// Pins the entry for this key, if there is one.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert(0, "to be kept")?;
    /// let pinned = cache.pin(&0);
    /// for number in 1..10_000 {
    ///     cache.insert(number, "of no use")?;
    /// }
    /// assert!(cache.contains(&0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pin<Q: Hashed + Eq + ?Sized>(&self, key: &Q) -> Option<Pinned<K, V>>
    where
        K: Borrow<Q>,
    {
        let hash = self.0.engine.hash_one(key);
        // Under the lock, so that it is not evicted between being found and being pinned.
        self.0.engine.peek(hash, is_for(key), &self.0.clock, Held::pin).map(Pinned)
    }
}

impl<K, V> Deref for Pinned<K, V> {
    type Target = Held<K, V>;

    fn deref(&self) -> &Held<K, V> {
        &self.0
    }
}

impl<K, V> Drop for Pinned<K, V> {
    fn drop(&mut self) {
        self.0.unpin();
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Pinned<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pinned").field(&self.0).finish()
    }
}
