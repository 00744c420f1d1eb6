//! Removing entries.

use super::{
    Cache, Held, admitted, is_for, is_same,
    write::{Full, admit},
};
use crate::core::{Change, Hash};
use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash as Hashed},
};

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// Removes the entry for this key; what it was.
    ///
    /// What is being loaded for the key just now is not stored when this has returned: see
    /// [`get_or_insert_with`](Self::get_or_insert_with).
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// assert_eq!(cache.remove("a").as_deref(), Some(&1));
    /// assert!(cache.remove("a").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove<Q: Hashed + Eq + ?Sized>(&self, key: &Q) -> Option<Held<K, V>>
    where
        K: Borrow<Q>,
    {
        self.take(self.0.engine.hash_one(key), key, is_for(key))
    }

    /// Removes the entry for this key if `condition` holds for it; what it was. The condition is asked outside all locks. If
    /// another write comes between, it is asked again, about what is there then.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// assert!(cache.remove_if("a", |number| *number > 1).is_none());
    /// assert_eq!(cache.remove_if("a", |number| *number == 1).as_deref(), Some(&1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_if<Q>(&self, key: &Q, mut condition: impl FnMut(&V) -> bool) -> Option<Held<K, V>>
    where
        K: Borrow<Q>,
        Q: Hashed + Eq + ?Sized,
    {
        let hash = self.0.engine.hash_one(key);
        loop {
            let seen = self.0.engine.peek(hash, is_for(key), &self.0.clock, |_| ())?;
            if !condition(seen.value()) {
                return None;
            }
            let removed = self.take(hash, key, is_same(&seen));
            if removed.is_some() {
                return removed;
            }
        }
    }

    /// Removes what `keep` does not hold for. It is asked outside all locks, about each entry that was there when this was
    /// called and is still there when its turn comes, and perhaps about those that come meanwhile. What is being loaded at the time of the call is not stored: nobody could ask
    /// about it.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// for number in 0..10 {
    ///     cache.insert(number, number * number)?;
    /// }
    /// cache.retain(|_, square| square % 2 == 0);
    /// assert_eq!(cache.len(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.flights.overtake_all();
        for held in self {
            if !keep(held.key(), held.value()) {
                self.take(self.hash(&held), held.key(), is_same(&held));
            }
        }
    }

    /// Removes everything, stripe by stripe. What is being loaded at the time of the call is not stored.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// cache.clear();
    /// assert!(cache.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear(&self) {
        self.0.flights.overtake_all();
        self.0.engine.flush(admitted).unwrap_or_else(|never| match never {});
    }

    /// Removes the entry for this key for which `is_it` holds.
    pub(super) fn take<Q: Eq + ?Sized>(
        &self,
        hash: Hash,
        key: &Q,
        is_it: impl Fn(&Held<K, V>) -> bool,
    ) -> Option<Held<K, V>>
    where
        K: Borrow<Q>,
    {
        let removed = self.0.engine.write(hash, is_it, &self.glance(), admit, |present, _| {
            self.0.flights.overtake(hash.shard(), key);
            let change = if present.is_some() { Change::<Held<K, V>>::Remove } else { Change::Keep };
            Ok((change, present.cloned()))
        });
        removed.unwrap_or_else(|_: Full| None)
    }
}
