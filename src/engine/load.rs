//! Getting an entry, and loading it if it is missing: one loader a key, and the others wait.

use super::{
    Cache, Held,
    flight::{InLoader, Joined, Lead},
    is_for,
};
use crate::core::{Change, Hash};
use std::{
    borrow::Borrow,
    convert::Infallible,
    future::{Future, poll_fn},
    hash::{BuildHasher, Hash as Hashed},
};

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// The value for this key; if there is none, `load` makes it. Of those who ask at once one runs its loader, outside all locks, and
    /// the others wait for it. If it panics, they wake and one of them loads.
    ///
    /// A value that does not fit is returned all the same, and not stored. If somebody stores another one while this one is
    /// loaded, that one is returned and stays.
    ///
    /// What was loaded before a write is never stored after it: if the key is removed or cleared while its loader runs, or stored
    /// anew and gone again, or if [`retain`](Self::retain) is called, what the loader makes is returned to those who asked before, and
    /// not stored; who asks later loads anew. So whoever changes what loaders read, and then removes the key, can be sure that
    /// no older value stays.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// let read = cache.get_or_insert_with("price", || {
    ///     // The price changes while the old one is on its way here.
    ///     cache.remove("price");
    ///     10
    /// });
    /// assert_eq!(*read, 10);
    /// assert!(!cache.contains("price"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Loaders may use the cache, also for the same key. A thread that is in a loader never waits for another loader, so that no
    /// circle of them can wait for ever: it loads what it needs itself, even if somebody else is at it.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let squares = Cache::with_entries(100)?;
    /// assert_eq!(*squares.get_or_insert_with(&7, || 49), 49);
    /// assert_eq!(*squares.get_or_insert_with(&7, || unreachable!("it is there")), 49);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_or_insert_with<Q>(&self, key: &Q, load: impl FnOnce() -> V) -> Held<K, V>
    where
        K: Borrow<Q>,
        Q: Hashed + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let load = || Ok::<V, Infallible>(load());
        self.try_get_or_insert_with(key, load).unwrap_or_else(|never| match never {})
    }

    /// As [`get_or_insert_with`](Self::get_or_insert_with), with a loader that may fail: then one of those who wait loads.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// assert_eq!(cache.try_get_or_insert_with("price", || "ten".parse::<u32>()).ok().as_deref(), None);
    /// assert_eq!(*cache.try_get_or_insert_with("price", || "10".parse::<u32>())?, 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The own loader's.
    pub fn try_get_or_insert_with<Q, X>(
        &self,
        key: &Q,
        load: impl FnOnce() -> Result<V, X>,
    ) -> Result<Held<K, V>, X>
    where
        K: Borrow<Q>,
        Q: Hashed + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(held) = self.get(key) {
            return Ok(held);
        }
        let hash = self.0.engine.hash_one(key);
        let mut lead = loop {
            match self.0.flights.join(hash.shard(), key) {
                Joined::Lead(lead) => break lead,
                Joined::Wait(waiting) => {
                    if let Some(held) = waiting.wait() {
                        return Ok(held);
                    }
                }
            }
        };
        if let Some(held) = self.landed_before(hash, key) {
            lead.land(&held);
            return Ok(held);
        }
        lead.begin();
        let value = {
            let _marked = InLoader::enter();
            load()?
        };
        Ok(self.land(hash, key, value, lead))
    }

    /// As [`get_or_insert_with`](Self::get_or_insert_with), for async callers of any runtime: who waits does not block its thread. If
    /// the future of the one that loads is dropped, one of the others loads. Threads and futures may wait for each other's
    /// loaders.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// # pollster::block_on(async {
    /// let cache = Cache::with_entries(100)?;
    /// assert_eq!(*cache.get_or_insert_async("price", async { 10 }).await, 10);
    /// assert_eq!(*cache.get_or_insert_async("price", async { unreachable!("it is there") }).await, 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn get_or_insert_async<Q>(&self, key: &Q, load: impl Future<Output = V>) -> Held<K, V>
    where
        K: Borrow<Q>,
        Q: Hashed + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let load = async { Ok::<V, Infallible>(load.await) };
        self.try_get_or_insert_async(key, load).await.unwrap_or_else(|never| match never {})
    }

    /// As [`get_or_insert_async`](Self::get_or_insert_async), with a loader that may fail.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// # pollster::block_on(async {
    /// let cache = Cache::with_entries(100)?;
    /// assert!(cache.try_get_or_insert_async("price", async { "ten".parse::<u32>() }).await.is_err());
    /// assert_eq!(*cache.try_get_or_insert_async("price", async { "10".parse::<u32>() }).await?, 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The own loader's.
    pub async fn try_get_or_insert_async<Q, X>(
        &self,
        key: &Q,
        load: impl Future<Output = Result<V, X>>,
    ) -> Result<Held<K, V>, X>
    where
        K: Borrow<Q>,
        Q: Hashed + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(held) = self.get(key) {
            return Ok(held);
        }
        let hash = self.0.engine.hash_one(key);
        let mut lead = loop {
            match self.0.flights.join(hash.shard(), key) {
                Joined::Lead(lead) => break lead,
                Joined::Wait(waiting) => {
                    if let Some(held) = waiting.await {
                        return Ok(held);
                    }
                }
            }
        };
        if let Some(held) = self.landed_before(hash, key) {
            lead.land(&held);
            return Ok(held);
        }
        lead.begin();
        let mut load = Box::pin(load);
        // Between two polls the thread is somebody else's.
        let value = poll_fn(|context| {
            let _marked = InLoader::enter();
            load.as_mut().poll(context)
        });
        let value = value.await?;
        Ok(self.land(hash, key, value, lead))
    }

    /// Who leads may have come just after another has landed. It must look also for the sake of writers: see `flight`.
    fn landed_before<Q>(&self, hash: Hash, key: &Q) -> Option<Held<K, V>>
    where
        K: Borrow<Q>,
        Q: Hashed + Eq + ?Sized,
    {
        self.0.engine.peek(hash, is_for(key), &self.0.clock, |_| ())
    }

    /// Stores what was loaded, unless the key was written meanwhile.
    fn land<Q>(&self, hash: Hash, key: &Q, value: V, lead: Lead<'_, K, Held<K, V>>) -> Held<K, V>
    where
        K: Borrow<Q>,
        Q: Hashed + Eq + ToOwned<Owned = K> + ?Sized,
    {
        // A weigher, a lifetime or a listener that asks for this very key must not wait for us.
        let _marked = InLoader::enter();
        let (key_kept, now) = (key.to_owned(), self.glance());
        let weight = self.weigh(&key_kept, &value);
        let span = self.date(&key_kept, &value, None, &now, || None);
        // It is handed to all who wait, so it has memory of its own.
        let held = Held::new(key_kept, value, weight, span);
        let heavy = self.is_too_heavy(weight);
        let stored = self.0.engine.write(hash, is_for(key), &now, super::write::admit, |present, _| {
            Ok(match present {
                Some(present) => (Change::Keep, present.clone()),
                None if heavy || lead.is_overtaken() => (Change::Keep, held.clone()),
                None => (Change::Put(&held), held.clone()),
            })
        });
        let held = stored.unwrap_or(held);
        lead.land(&held);
        held
    }
}
