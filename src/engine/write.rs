//! Changing entries, and what all writes have in common.

use super::{
    Cache, Held, Weigh,
    held::{Span, allocation},
    is_for,
};
use crate::{
    clock::Clock,
    core::{Change, Deadline, Glance, Hash, NoRoom},
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

    pub(super) fn not_stored(&self, weight: usize) -> NotStored {
        NotStored { weight, limit: self.0.engine.limit() }
    }
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
