//! Storing and changing entries.

use super::{
    Cache, Held, Weigh,
    candidate::Candidate,
    held::{Span, allocation},
    is_for,
};
use crate::{
    clock::Clock,
    core::{Change, Deadline, Glance, Hash, NoRoom, Watch},
};
use std::{
    borrow::Borrow,
    error::Error,
    fmt,
    hash::{BuildHasher, Hash as Hashed},
    time::Duration,
};

/// What [`Cache::compute`] is to do with an entry.
///
/// ```
/// use keyway::engine::{Cache, Update};
///
/// let cache = Cache::with_entries(100)?;
/// for _ in 0..3 {
///     cache.compute("visits", |visits| Update::Put(visits.map_or(1, |visits: &u32| visits + 1)))?;
/// }
/// assert_eq!(cache.get("visits").map(|held| *held.value()), Some(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update<V> {
    /// Leave it.
    Keep,
    /// Store this value.
    Put(V),
    /// Remove it.
    Remove,
}

/// An entry does not fit, even with everything else evicted that is not pinned. In a cache of hardly more entries than there are threads
/// that write at once, it may also be that those hold all its room for the moment.
///
/// ```
/// use keyway::engine::Builder;
///
/// let cache = Builder::with_weight(100, |_: &u32, value: &String| value.len()).stripes(1).build()?;
/// let refused = cache.insert(1, "x".repeat(1_000)).unwrap_err();
/// assert_eq!((refused.weight, refused.limit), (1_000, 100));
/// # Ok::<(), keyway::engine::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotStored {
    /// What it weighs.
    pub weight: usize,
    /// The limit of the whole cache.
    pub limit: usize,
}

impl fmt::Display for NotStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { weight, limit } = self;
        write!(
            f,
            "an entry of weight {weight} does not fit a cache of {limit}; raise its limit or unpin entries"
        )
    }
}

impl Error for NotStored {}

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
        self.add(hash, &self.candidate(key, value, weight, span), &now)
    }

    /// Stores this entry if there is none of its key.
    pub(super) fn add(
        &self,
        hash: Hash,
        candidate: &Candidate<K, V>,
        now: &Glance<'_, Clock>,
    ) -> Result<Option<Held<K, V>>, NotStored> {
        let heavy = self.is_too_heavy(candidate.weight());
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
        stored.map_err(|_: Full| self.not_stored(candidate.weight()))
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
        let candidate = self.candidate(key, value, weight, span);
        let stored = self.0.engine.write(hash, is_for_key_of(&candidate), &now, admit, |present, _| {
            candidate.ask_key(|key| self.0.flights.overtake(hash.shard(), key));
            Ok((Change::Put(&candidate), answer(present)))
        });
        stored.map_err(|_: Full| {
            candidate.ask_key(|key| self.take(hash, key, is_for(key)));
            self.not_stored(weight)
        })
    }

    /// With a listener, what leaves is handed to it as it was, so nothing is to take its memory.
    #[inline]
    fn candidate(&self, key: K, value: V, weight: usize, span: Span) -> Candidate<K, V> {
        if Candidate::<K, V>::IS_REMADE && !self.0.engine.watch().is_watching() {
            Candidate::loose(key, value, weight, span)
        } else {
            Candidate::held(Held::new(key, value, weight, span))
        }
    }

    /// When a new entry ends: after `time`, or as the cache was built; `present` looks up what it takes the place of. An own
    /// lifetime may take its time, so it is asked before the clock.
    #[inline]
    pub(super) fn date(
        &self,
        key: &K,
        value: &V,
        time: Option<Duration>,
        now: &Glance<'_, Clock>,
        present: impl FnOnce() -> Option<Held<K, V>>,
    ) -> Span {
        let lifetimes = &self.0.lifetimes;
        match time {
            Some(time) => lifetimes.span_to(Deadline::after(Clock::ticks(time), now), now),
            None => {
                let replaced = lifetimes.own().and_then(|_| present()).map(|old| self.time_left(&old));
                lifetimes.span(key, value, replaced, now)
            }
        }
    }

    /// Looks at the entry for this key and changes it, as one step: no other write of the key comes between. What is there
    /// afterwards.
    ///
    /// `decide` runs outside all locks and may use the cache. If another write comes between, it is asked again: only its last
    /// answer counts.
    ///
    /// ```
    /// # use keyway::engine::{Cache, Update};
    /// let cache = Cache::with_entries(100)?;
    /// for _ in 0..3 {
    ///     cache.compute("count", |count| Update::Put(count.copied().unwrap_or(0) + 1))?;
    /// }
    /// assert_eq!(cache.get("count").as_deref(), Some(&3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotStored`]: the entry is as it was.
    pub fn compute<Q: Hashed + Eq + ToOwned<Owned = K> + ?Sized>(
        &self,
        key: &Q,
        mut decide: impl FnMut(Option<&V>) -> Update<V>,
    ) -> Result<Option<Held<K, V>>, NotStored>
    where
        K: Borrow<Q>,
    {
        let hash = self.0.engine.hash_one(key);
        loop {
            let seen = self.0.engine.peek(hash, is_for(key), &self.0.clock, |_| ());
            let now = self.glance();
            let next = match decide(seen.as_ref().map(Held::value)) {
                Update::Keep => return Ok(seen),
                Update::Remove => None,
                Update::Put(value) => {
                    let key = key.to_owned();
                    let weight = self.weigh(&key, &value);
                    if self.is_too_heavy(weight) {
                        return Err(self.not_stored(weight));
                    }
                    let span = self.date(&key, &value, None, &now, || seen.clone());
                    // It is handed back, so it has memory of its own.
                    Some(Held::new(key, value, weight, span))
                }
            };
            if self.swap(hash, key, seen.as_ref(), next.as_ref(), &now)? {
                return Ok(next);
            }
        }
    }

    /// Puts `next` in the place of what was seen, if that is still so: it is held, so that no other entry can have its memory.
    fn swap<Q: Hashed + Eq + ?Sized>(
        &self,
        hash: Hash,
        key: &Q,
        seen: Option<&Held<K, V>>,
        next: Option<&Held<K, V>>,
        now: &Glance<'_, Clock>,
    ) -> Result<bool, NotStored>
    where
        K: Borrow<Q>,
    {
        let swapped = self.0.engine.write(hash, is_for(key), now, admit, |present, _| {
            let unchanged = match (present, seen) {
                (Some(present), Some(seen)) => present.is_same(seen),
                (None, None) => true,
                _ => false,
            };
            if unchanged {
                self.0.flights.overtake(hash.shard(), key);
            }
            Ok(match next {
                _ if !unchanged => (Change::Keep, false),
                Some(next) => (Change::Put(next), true),
                None => (Change::Remove, true),
            })
        });
        match (swapped, next) {
            (Ok(swapped), _) => Ok(swapped),
            (Err(Full), Some(next)) => Err(self.not_stored(next.weight())),
            (Err(Full), None) => Ok(true),
        }
    }

    #[inline]
    pub(super) fn weigh(&self, key: &K, value: &V) -> usize {
        match &self.0.weigh {
            Weigh::One => 1,
            Weigh::By(weigh) => weigh(key, value).max(1),
            Weigh::Bytes(heap) => heap(key, value).saturating_add(allocation::<K, V>()),
        }
    }

    /// It could not be stored however much went for it, so nothing shall.
    #[inline]
    pub(super) fn is_too_heavy(&self, weight: usize) -> bool {
        weight > self.0.engine.limit()
    }

    fn not_stored(&self, weight: usize) -> NotStored {
        NotStored { weight, limit: self.0.engine.limit() }
    }
}

#[inline]
fn is_for_key_of<K: Eq, V>(candidate: &Candidate<K, V>) -> impl Fn(&Held<K, V>) -> bool {
    move |held| candidate.ask_key(|key| held.key() == key).unwrap_or(false)
}

/// Room could not be made.
#[derive(Debug)]
pub(super) struct Full;

impl From<NoRoom> for Full {
    fn from(_: NoRoom) -> Self {
        Self
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where others are refused")]
pub(super) fn admit() -> Result<(), Full> {
    Ok(())
}
