//! Storing entries.

use super::{
    Cache, Held, NotStored,
    candidate::{Candidate, Made, Plain},
    is_for,
    write::{Full, admit},
};
use crate::{
    clock::Clock,
    core::{Change, Glance, Hash, Recipe, Watch},
};
use std::{
    hash::{BuildHasher, Hash as Hashed},
    time::Duration,
};

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// Stores a value, whatever was there; what that was.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// assert!(cache.insert("a", 1)?.is_none());
    /// assert_eq!(cache.insert("a", 2)?.as_deref(), Some(&1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotStored`]. The older value is gone then too, so that nobody goes on reading what was to be replaced.
    pub fn insert(&self, key: K, value: V) -> Result<Option<Held<K, V>>, NotStored> {
        self.put(key, value, None, |older| older.cloned())
    }

    /// As [`insert`](Self::insert), but it ends after this time, whatever the cache was built with; it can idle before.
    ///
    /// ```
    /// # use keyway::{Clock, engine::Builder};
    /// # use std::time::Duration;
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(100).clock(clock.clone()).build()?;
    /// cache.insert_for("lease", 1, Duration::from_secs(10))?;
    /// clock.advance(Duration::from_secs(11));
    /// assert!(cache.get("lease").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn insert_for(&self, key: K, value: V, time: Duration) -> Result<Option<Held<K, V>>, NotStored> {
        self.put(key, value, Some(time), |older| older.cloned())
    }

    /// As [`insert`](Self::insert), but what was there is not handed back. It is the faster one where values are replaced: no handle is made,
    /// and if keys and values are plain data, as numbers and arrays, the new entry takes the memory of the older one, unless somebody
    /// holds that.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.set("a", 1)?;
    /// let held = cache.get("a").ok_or("it is there")?;
    /// cache.set("a", 2)?;
    /// assert_eq!(cache.get("a").as_deref(), Some(&2));
    /// assert_eq!(*held, 1); // what is held stays what it was
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn set(&self, key: K, value: V) -> Result<(), NotStored> {
        self.put(key, value, None, |_| ())
    }

    /// As [`insert_for`](Self::insert_for), but what was there is not handed back: see [`set`](Self::set).
    ///
    /// ```
    /// # use keyway::{Clock, engine::Builder};
    /// # use std::time::Duration;
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(100).clock(clock.clone()).build()?;
    /// cache.set_for("lease", 1, Duration::from_secs(10))?;
    /// clock.advance(Duration::from_secs(11));
    /// assert!(cache.get("lease").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn set_for(&self, key: K, value: V, time: Duration) -> Result<(), NotStored> {
        self.put(key, value, Some(time), |_| ())
    }

    /// Stores a value if there is none for this key. If there is one, it stays, and is returned; `None` says that the new one was
    /// stored.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// assert!(cache.insert_if_absent("a", 1)?.is_none());
    /// assert_eq!(cache.insert_if_absent("a", 2)?.as_deref(), Some(&1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotStored`]: there is none for this key.
    pub fn insert_if_absent(&self, key: K, value: V) -> Result<Option<Held<K, V>>, NotStored> {
        let (hash, weight, now) = (self.0.engine.hash_one(&key), self.weigh(&key, &value), self.glance());
        let span = self.date(&key, &value, None, &now, || None);
        if self.writes_over() {
            self.add(hash, weight, &Plain::new(key, value, weight, span), &now)
        } else {
            self.add(hash, weight, &Made::new(Held::new(key, value, weight, span)), &now)
        }
    }

    /// Stores this entry if there is none of its key.
    pub(super) fn add<C>(
        &self,
        hash: Hash,
        weight: usize,
        candidate: &C,
        now: &Glance<'_, Clock>,
    ) -> Result<Option<Held<K, V>>, NotStored>
    where
        C: Candidate<K, V>,
        for<'a> &'a C: Recipe<Held<K, V>>,
    {
        let heavy = self.is_too_heavy(weight);
        let stored = self.0.engine.write(hash, is_for_key_of(candidate), now, admit, |present, _| {
            if present.is_some() {
                return Ok((Change::Keep, present.cloned()));
            }
            if heavy {
                return Err(Full);
            }
            candidate.ask_key(|key| self.0.flights.overtake(hash.shard(), key));
            Ok((Change::Put(candidate), None))
        });
        stored.map_err(|_: Full| self.not_stored(weight))
    }

    /// Stores a value, whatever was there; what `answer` makes of that.
    #[inline]
    fn put<T>(
        &self,
        key: K,
        value: V,
        time: Option<Duration>,
        answer: impl Fn(Option<&Held<K, V>>) -> T,
    ) -> Result<T, NotStored> {
        let (hash, weight) = (self.0.engine.hash_one(&key), self.weigh(&key, &value));
        if self.is_too_heavy(weight) {
            self.take(hash, &key, is_for(&key));
            return Err(self.not_stored(weight));
        }
        let now = self.glance();
        let present = || self.0.engine.peek(hash, is_for(&key), &self.0.clock, |_| ());
        let span = self.date(&key, &value, time, &now, present);
        if self.writes_over() {
            self.put_candidate(hash, weight, &Plain::new(key, value, weight, span), &now, answer)
        } else {
            self.put_candidate(hash, weight, &Made::new(Held::new(key, value, weight, span)), &now, answer)
        }
    }

    #[inline]
    fn put_candidate<T, C>(
        &self,
        hash: Hash,
        weight: usize,
        candidate: &C,
        now: &Glance<'_, Clock>,
        answer: impl Fn(Option<&Held<K, V>>) -> T,
    ) -> Result<T, NotStored>
    where
        C: Candidate<K, V>,
        for<'a> &'a C: Recipe<Held<K, V>>,
    {
        let stored = self.0.engine.write(hash, is_for_key_of(candidate), now, admit, |present, _| {
            candidate.ask_key(|key| self.0.flights.overtake(hash.shard(), key));
            Ok((Change::Put(candidate), answer(present)))
        });
        stored.map_err(|_: Full| {
            candidate.ask_key(|key| self.take(hash, key, is_for(key)));
            self.not_stored(weight)
        })
    }

    /// Whether new entries are made in the memory of older ones. With a listener they are not: what leaves is handed to it as it was.
    #[inline]
    fn writes_over(&self) -> bool {
        Held::<K, V>::IS_PLAIN && !self.0.engine.watch().is_watching()
    }
}

#[inline]
fn is_for_key_of<K: Eq, V>(candidate: &impl Candidate<K, V>) -> impl Fn(&Held<K, V>) -> bool {
    move |held| candidate.ask_key(|key| held.key() == key).unwrap_or(false)
}
