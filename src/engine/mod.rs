//! The engine on its own, for any keys and values: a concurrent cache within a limit of entries, weight or bytes, without users and
//! sessions.
//!
//! You need it where a cache stays within one program and all of that may read it: objects instead of bytes, keys of a type of yours,
//! values that are loaded when they are missing. Where parts of a program are trusted less than others, or clients come over a network,
//! take [`keyway::Cache`](crate::Cache).
//!
//! ```
//! use keyway::engine::{Builder, Update};
//! use std::time::Duration;
//!
//! let cache = Builder::with_weight(1 << 20, |_key: &String, text: &String| text.len())
//!     .time_to_idle(Duration::from_secs(600))
//!     .build()?;
//! cache.insert("greeting".to_owned(), "hello".to_owned())?;
//! cache.compute("greeting", |text| match text {
//!     Some(text) => Update::Put(format!("{text}, world")),
//!     None => Update::Keep,
//! })?;
//! assert_eq!(cache.get("greeting").ok_or("it is there")?.as_str(), "hello, world");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which verb
//!
//! - To look: [`get`](Cache::get), [`get_many`](Cache::get_many); without leaving a trace, [`peek`](Cache::peek),
//!   [`contains`](Cache::contains), [`iter`](Cache::iter).
//! - To store: [`set`](Cache::set), [`set_for`](Cache::set_for) a time, [`insert_if_absent`](Cache::insert_if_absent); and to be handed
//!   what was there before, [`insert`](Cache::insert), [`insert_for`](Cache::insert_for).
//! - To look and change in one step, where others have an entry for that: [`compute`](Cache::compute).
//! - To load what is missing, once however many ask: [`get_or_insert_with`](Cache::get_or_insert_with), its fallible form, and
//!   [`get_or_insert_async`](Cache::get_or_insert_async) with its own.
//! - To remove: [`remove`](Cache::remove), [`remove_if`](Cache::remove_if), [`retain`](Cache::retain), [`clear`](Cache::clear).
//! - To keep: [`pin`](Cache::pin) against eviction, [`touch`](Cache::touch) against the end of its time.
//! - To save and to warm up: [`dump`](Cache::dump), [`restore`](Cache::restore).
//! - To watch: a [listener](Builder::listener), [`stats`](Cache::stats), [`weight`](Cache::weight), [`limit`](Cache::limit),
//!   [`len`](Cache::len).

mod builder;
mod candidate;
mod dump;
mod flight;
mod held;
mod insert;
mod iter;
mod lifetime;
mod listener;
mod load;
mod pinned;
mod remove;
mod restore;
mod settings;
mod state;
mod stats;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;
mod write;

pub use crate::core::{Cause, Part};
pub use builder::{BuildError, Builder};
pub use dump::{Dump, Dumped};
pub use held::Held;
pub use iter::Iter;
pub use lifetime::Lifetime;
pub use pinned::Pinned;
pub use restore::Saved;
pub use settings::Settings;
pub use state::RandomState;
pub use stats::Stats;
pub use write::{NotStored, Update};

use crate::{
    clock::Clock,
    core::{Engine, Glance, Hash},
    large_pages::LargePages,
    sync::{Arc, Mutex},
};
use flight::Flights;
use lifetime::Lifetimes;
use listener::Listeners;
use std::{
    borrow::Borrow,
    convert::Infallible,
    fmt,
    hash::{BuildHasher, Hash as Hashed},
};

/// A concurrent cache for any keys and values: Keyway's engine on its own, without users and sessions. Cheap to clone; clones share it.
///
/// Values stay where they are: a look-up hands out a [`Held`], a counted handle that derefs to the value. So a value need not be behind
/// an `Arc` to be read cheaply, and one that owns nothing, as an array, is in one piece of memory with its key and the fastest. No code
/// of the caller's runs under a lock, but for `Hash`, `Eq`, `Borrow` and `ToOwned` of the keys. The library starts no thread.
///
/// ```
/// use keyway::engine::Cache;
///
/// let cache = Cache::with_entries(10_000)?;
/// cache.insert("greeting".to_owned(), vec![1, 2, 3])?;
/// assert_eq!(**cache.get("greeting").ok_or("it was just stored")?, [1, 2, 3]);
/// assert!(cache.get("farewell").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Cache<K, V, S = RandomState>(Arc<Shared<K, V, S>>);

struct Shared<K, V, S> {
    engine: Engine<Held<K, V>, S, Listeners<K, V>>,
    clock: Clock,
    lifetimes: Lifetimes<K, V>,
    weigh: Weigh<K, V>,
    resizing: Mutex<()>,
    flights: Flights<K, Held<K, V>>,
}

/// What an entry takes of the budget.
enum Weigh<K, V> {
    One,
    By(Weigher<K, V>),
    /// Its allocation, and what the weigher says lies elsewhere on the heap.
    Bytes(Weigher<K, V>),
}

type Weigher<K, V> = Box<dyn Fn(&K, &V) -> usize + Send + Sync>;

impl<K: Hashed + Eq, V> Cache<K, V> {
    /// A cache of so many entries; for more see [`Builder`].
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache: Cache<u32, u32> = Cache::with_entries(100)?;
    /// assert_eq!((cache.limit(), cache.len()), (100, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn with_entries(entries: usize) -> Result<Self, BuildError> {
        Builder::with_entries(entries).build()
    }
}

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// The value for this key, if there is one. It stays as it is for as long as it is held.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// let held = cache.get("a").ok_or("it is there")?;
    /// cache.insert("a", 2)?;
    /// assert_eq!(*held, 1); // as it was
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn get<Q: Hashed + Eq + ?Sized>(&self, key: &Q) -> Option<Held<K, V>>
    where
        K: Borrow<Q>,
    {
        let hash = self.0.engine.hash_one(key);
        let take = |held: &Held<K, V>| {
            self.0.lifetimes.note_read(held, &self.0.clock);
            held.clone()
        };
        let found = self.0.engine.look_up(hash).take(is_for(key), &self.0.clock, take);
        if let Some(held) = &found
            && let Some(lifetime) = self.0.lifetimes.own()
        {
            self.redate_after_read(hash, held, lifetime);
        }
        found
    }

    /// As [`get`](Self::get), but it leaves no trace: neither a use nor a hit or a miss is counted, and no lifetime changes.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// assert_eq!(cache.peek("a").as_deref(), Some(&1));
    /// assert_eq!(cache.stats().hits, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn peek<Q: Hashed + Eq + ?Sized>(&self, key: &Q) -> Option<Held<K, V>>
    where
        K: Borrow<Q>,
    {
        self.0.engine.peek(self.0.engine.hash_one(key), is_for(key), &self.0.clock, |_| ())
    }

    /// Whether there is a value for this key. Leaves no trace, as [`peek`](Self::peek).
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// assert!(cache.contains("a") && !cache.contains("b"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn contains<Q: Hashed + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.peek(key).is_some()
    }

    /// The values for these keys, in order. With many keys whose entries are not in the processor's caches this takes about
    /// half the time of as many [`get`](Self::get)s: their ways to memory overlap. An own [`Lifetime`] is not asked.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert(1, "one")?;
    /// let found = cache.get_many(&[1, 2]);
    /// assert_eq!(found[0].as_deref(), Some(&"one"));
    /// assert!(found[1].is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_many<Q: Hashed + Eq>(&self, keys: &[Q]) -> Vec<Option<Held<K, V>>>
    where
        K: Borrow<Q>,
    {
        let hash_of = |key: &Q| Ok(self.0.engine.hash_one(key));
        let is_it = |key: &Q, held: &Held<K, V>| held.key().borrow() == key;
        let take = |held: &Held<K, V>| {
            self.0.lifetimes.note_read(held, &self.0.clock);
            held.clone()
        };
        let found = self.0.engine.read_many(keys, hash_of, is_it, &self.0.clock, |_| admitted(), take);
        found.unwrap_or_else(|never| match never {})
    }

    /// What the entries take of the limit, in its unit; with a limit in bytes the tables are in it.
    ///
    /// ```
    /// # use keyway::engine::Builder;
    /// let cache = Builder::with_weight(1000, |_: &u32, text: &String| text.len()).build()?;
    /// cache.insert(1, "hello".to_owned())?;
    /// assert_eq!(cache.weight(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn weight(&self) -> usize {
        self.0.engine.totals().charged
    }

    /// The limit that it was built with or [resized](Self::resize) to, in the same unit.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache: Cache<u32, u32> = Cache::with_entries(100)?;
    /// cache.resize(50);
    /// assert_eq!(cache.limit(), 50);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn limit(&self) -> usize {
        self.0.engine.limit()
    }

    /// How many entries there are; expired ones count until their memory was given back.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// assert_eq!(cache.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.stats().entries).unwrap_or(usize::MAX)
    }

    /// Whether there are none.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// assert!(cache.is_empty());
    /// cache.insert("a", 1)?;
    /// assert!(!cache.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Upkeep: gives back the memory of expired entries, each lock held for a bounded time. Writers do a share of this as
    /// they go; call it a few times a second so that a cache which nobody writes to gives memory back too. A large cache's index is
    /// put on large pages by it, as by [`Cache::maintain`](crate::Cache::maintain).
    ///
    /// ```
    /// # use keyway::{Clock, engine::Builder};
    /// # use std::time::Duration;
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(100).clock(clock.clone()).build()?;
    /// cache.insert_for("lease", 1, Duration::from_secs(10))?;
    /// clock.advance(Duration::from_secs(20));
    /// cache.maintain();
    /// assert_eq!((cache.len(), cache.stats().expired), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn maintain(&self) {
        self.0.engine.maintain(&self.0.clock);
    }

    /// Puts memory in which the entries lie on [large pages](LargePages) of the system, a little at a time: to be called as often as
    /// [`maintain`](Self::maintain), from a thread that may wait for the system. Of values that own memory it is promoted where
    /// entries lie beside it.
    ///
    /// ```
    /// # use keyway::{LargePages, engine::Cache};
    /// let cache = Cache::with_entries(200_000)?;
    /// for number in 0..100_000 {
    ///     cache.set(number, [number; 16])?;
    /// }
    /// let mut pages = LargePages::new();
    /// while !pages.is_settled() {
    ///     cache.maintain_large_pages(&mut pages);
    /// }
    /// println!("{} pages of 2 MiB", pages.promoted());
    /// assert_eq!(cache.len(), 100_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn maintain_large_pages(&self, pages: &mut LargePages) {
        pages.go_on(&[&self.0.engine]);
    }

    /// Changes the limit that it was [built](Builder) with, in the same unit. A lower one evicts what is too much, a few entries
    /// under each lock; writers go on meanwhile. False if pinned entries keep it above the limit: then nothing new is stored until
    /// they go.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(1000)?;
    /// for number in 0..1000 {
    ///     cache.insert(number, ())?;
    /// }
    /// assert!(cache.resize(10));
    /// assert!(cache.stats().weight <= 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resize(&self, limit: usize) -> bool {
        let _one_at_a_time = self.0.resizing.lock();
        self.0.engine.resize(limit, &self.0.clock)
    }

    /// Counters and gauges, summed over the stripes one after the other.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// cache.get("a");
    /// assert_eq!((cache.stats().inserts, cache.stats().hits), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::of(self.0.engine.totals(), self.0.flights.loads())
    }
}

/// There is nobody who could be refused.
#[expect(clippy::unnecessary_wraps, reason = "it stands where others are refused")]
fn admitted() -> Result<(), Infallible> {
    Ok(())
}

#[inline]
fn is_for<K: Borrow<Q>, V, Q: Eq + ?Sized>(key: &Q) -> impl Fn(&Held<K, V>) -> bool {
    move |held| held.key().borrow() == key
}

/// This very entry, not another one of its key.
fn is_same<K, V>(one: &Held<K, V>) -> impl Fn(&Held<K, V>) -> bool {
    move |held| held.is_same(one)
}

impl<K, V, S> Clone for Cache<K, V, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V, S> fmt::Debug for Cache<K, V, S> {
    /// Neither keys nor values: both may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl<K: Hashed + Eq, V, S: BuildHasher> Cache<K, V, S> {
    /// One look at the clock for all that one write does.
    #[inline]
    fn glance(&self) -> Glance<'_, Clock> {
        Glance::at(&self.0.clock)
    }

    fn hash(&self, held: &Held<K, V>) -> Hash {
        self.0.engine.hash_one(held.key())
    }
}
