//! How long entries live.

use super::{
    Cache, Held,
    held::Span,
    is_for, is_same,
    write::{Full, admit},
};
use crate::{
    clock::Clock,
    core::{Change, Deadline, Hash, Now},
};
use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash as Hashed},
    time::Duration,
};

/// How long each entry lives, as its value says. `None` is for ever.
///
/// It is asked outside all locks, and may use the cache.
///
/// ```
/// use keyway::{Clock, engine::{Builder, Lifetime}};
/// use std::time::Duration;
///
/// struct AsLongAsItSays;
///
/// impl Lifetime<&'static str, u64> for AsLongAsItSays {
///     fn after_create(&self, _key: &&'static str, seconds: &u64) -> Option<Duration> {
///         Some(Duration::from_secs(*seconds))
///     }
/// }
///
/// let clock = Clock::manual();
/// let cache = Builder::with_entries(100).lifetime(AsLongAsItSays).clock(clock.clone()).build()?;
/// cache.insert("short", 1)?;
/// cache.insert("long", 100)?;
/// clock.advance(Duration::from_secs(2));
/// assert!(!cache.contains("short") && cache.contains("long"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Lifetime<K, V>: Send + Sync {
    /// Of a new entry.
    ///
    /// ```
    /// # use keyway::{Clock, engine::{Builder, Lifetime}};
    /// # use std::time::Duration;
    /// struct Answers;
    ///
    /// impl Lifetime<String, Option<String>> for Answers {
    ///     fn after_create(&self, _name: &String, address: &Option<String>) -> Option<Duration> {
    ///         let seconds = if address.is_some() { 3600 } else { 5 }; // what there is none of may be there soon
    ///         Some(Duration::from_secs(seconds))
    ///     }
    /// }
    ///
    /// # let clock = Clock::manual();
    /// let cache = Builder::with_entries(100).lifetime(Answers).clock(clock.clone()).build()?;
    /// cache.insert("here.example".to_owned(), Some("192.0.2.1".to_owned()))?;
    /// cache.insert("gone.example".to_owned(), None)?;
    /// clock.advance(Duration::from_secs(60));
    /// assert!(cache.contains("here.example") && !cache.contains("gone.example"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn after_create(&self, key: &K, value: &V) -> Option<Duration>;

    /// Of one that takes the place of another, which had so much time left.
    ///
    /// ```
    /// # use keyway::{Clock, engine::{Builder, Lifetime}};
    /// # use std::time::Duration;
    /// struct FromTheFirst;
    ///
    /// impl Lifetime<&'static str, u32> for FromTheFirst {
    ///     fn after_create(&self, _key: &&'static str, _value: &u32) -> Option<Duration> {
    ///         Some(Duration::from_secs(60))
    ///     }
    ///
    ///     fn after_update(&self, _: &&'static str, _: &u32, left: Option<Duration>) -> Option<Duration> {
    ///         left // another value does not prolong it
    ///     }
    /// }
    ///
    /// # let clock = Clock::manual();
    /// let window = Builder::with_entries(100).lifetime(FromTheFirst).clock(clock.clone()).build()?;
    /// for count in 1..=2 {
    ///     window.insert("requests", count)?;
    ///     clock.advance(Duration::from_secs(40));
    /// }
    /// assert!(window.get("requests").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn after_update(&self, key: &K, value: &V, left: Option<Duration>) -> Option<Duration> {
        let _ = left;
        self.after_create(key, value)
    }

    /// Of one that was read and has so much time left. What is returned unchanged costs nothing; a change takes the lock of the
    /// entry's stripe.
    ///
    /// ```
    /// # use keyway::{Clock, engine::{Builder, Lifetime}};
    /// # use std::time::Duration;
    /// struct AMinuteMore;
    ///
    /// impl Lifetime<&'static str, u32> for AMinuteMore {
    ///     fn after_create(&self, _key: &&'static str, _value: &u32) -> Option<Duration> {
    ///         Some(Duration::from_secs(60))
    ///     }
    ///
    ///     fn after_read(&self, key: &&'static str, value: &u32, _left: Option<Duration>) -> Option<Duration> {
    ///         self.after_create(key, value)
    ///     }
    /// }
    ///
    /// # let clock = Clock::manual();
    /// let cache = Builder::with_entries(100).lifetime(AMinuteMore).clock(clock.clone()).build()?;
    /// cache.insert("used", 1)?;
    /// for _ in 0..3 {
    ///     clock.advance(Duration::from_secs(50));
    ///     assert!(cache.get("used").is_some());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn after_read(&self, key: &K, value: &V, left: Option<Duration>) -> Option<Duration> {
        let _ = (key, value);
        left
    }
}

/// All that bounds the life of the entries of one cache: what ends first counts.
pub(super) struct Lifetimes<K, V> {
    /// Ticks; none of what is longer than any clock goes.
    pub(super) live: Option<u32>,
    pub(super) idle: Option<u32>,
    pub(super) own: Option<Box<dyn Lifetime<K, V>>>,
}

impl<K, V> Lifetimes<K, V> {
    pub(super) fn own(&self) -> Option<&dyn Lifetime<K, V>> {
        self.own.as_deref()
    }

    /// When a new entry ends. `replaced` says what one of the same key had left.
    #[inline]
    pub(super) fn span(
        &self,
        key: &K,
        value: &V,
        replaced: Option<Option<Duration>>,
        now: &impl Now,
    ) -> Span {
        let own = self.own().map(|own| match replaced {
            Some(left) => own.after_update(key, value, left),
            None => own.after_create(key, value),
        });
        let own = Deadline::after(own.flatten().and_then(Clock::ticks), now);
        self.span_to(earlier(Deadline::after(self.live, now), own), now)
    }

    /// Of an entry that ends at `latest`, or before if it idles.
    #[inline]
    pub(super) fn span_to(&self, latest: Deadline, now: &impl Now) -> Span {
        Span { end: earlier(latest, Deadline::after(self.idle, now)), latest }
    }

    /// Under the shared lock, where no sweep can have gone by a later look at the clock: an entry that was read does not idle.
    #[inline]
    pub(super) fn note_read(&self, held: &Held<K, V>, now: &impl Now) {
        if self.idle.is_none() {
            return;
        }
        let end = earlier(held.latest(), Deadline::after(self.idle, now));
        // Mostly it is the same tick as at the last hit, and nothing is written.
        if end != held.ends() {
            held.set_end(end);
        }
    }
}

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// How long an entry has yet to live, to a sixteenth of a second; `None` if it does not end by itself. A replaced or removed
    /// one keeps the time that it had.
    ///
    /// ```
    /// # use keyway::{Clock, engine::Builder};
    /// # use std::time::Duration;
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(100).clock(clock.clone()).build()?;
    /// cache.insert_for("lease", 1, Duration::from_secs(10))?;
    /// clock.advance(Duration::from_secs(8));
    /// let held = cache.get("lease").ok_or("it is there")?;
    /// assert_eq!(cache.time_left(&held).map(|left| left.as_secs()), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn time_left(&self, held: &Held<K, V>) -> Option<Duration> {
        self.0.clock.left(held.ends())
    }

    /// The entry for this key ends so long after now, whatever it was stored with; it can idle before. False if there is none. It
    /// is no use of the entry.
    ///
    /// ```
    /// # use keyway::{Clock, engine::Builder};
    /// # use std::time::Duration;
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(100).clock(clock.clone()).build()?;
    /// cache.insert_for("lease", 1, Duration::from_secs(10))?;
    /// clock.advance(Duration::from_secs(8));
    /// assert!(cache.touch("lease", Duration::from_secs(10)));
    /// clock.advance(Duration::from_secs(8));
    /// assert!(cache.contains("lease"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn touch<Q: Hashed + Eq + ?Sized>(&self, key: &Q, time: Duration) -> bool
    where
        K: Borrow<Q>,
    {
        self.rebound(self.0.engine.hash_one(key), is_for(key), Clock::ticks(time))
    }

    /// An own lifetime may change with a read.
    pub(super) fn redate_after_read(&self, hash: Hash, held: &Held<K, V>, lifetime: &dyn Lifetime<K, V>) {
        let left = self.0.clock.left(held.latest());
        let changed = lifetime.after_read(held.key(), held.value(), left);
        if changed != left {
            self.rebound(hash, is_same(held), changed.and_then(Clock::ticks));
        }
    }

    /// The entry for which `is_it` holds ends in so many ticks, or before if it idles. False if there is none.
    fn rebound(&self, hash: Hash, is_it: impl Fn(&Held<K, V>) -> bool, ticks: Option<u32>) -> bool {
        let now = self.glance();
        let found: Result<bool, Full> = self.0.engine.write(hash, is_it, &now, admit, |present, _| {
            let Some(held) = present else { return Ok((Change::<Held<K, V>>::Keep, false)) };
            let span = self.0.lifetimes.span_to(Deadline::after(ticks, &now), &now);
            held.set_latest(span.latest);
            Ok((Change::Redate(span.end), true))
        });
        // Nothing is stored, so there is always room.
        debug_assert!(found.is_ok(), "a deadline takes no room");
        found.unwrap_or(false)
    }
}

#[inline]
fn earlier(one: Deadline, other: Deadline) -> Deadline {
    match (one.is_none(), other.is_none()) {
        (true, _) => other,
        (_, true) => one,
        _ if one.to_bits() < other.to_bits() => one,
        _ => other,
    }
}
