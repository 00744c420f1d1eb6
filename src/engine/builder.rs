//! What a generic cache is made with.

use super::{
    Cache, Cause, Held, Lifetime, RandomState, Shared, Weigh, Weigher,
    flight::Flights,
    lifetime::Lifetimes,
    listener::{Listener, Listeners},
};
use crate::{
    clock::Clock,
    core::{Engine, Tables, rounded_stripes, stripes_for},
    sync::{Arc, Mutex, cores},
};
use std::{
    error::Error,
    fmt,
    hash::{BuildHasher, Hash as Hashed},
    time::Duration,
};

/// What a [`Cache`] is made with.
///
/// ```
/// use keyway::engine::Builder;
/// use std::time::Duration;
///
/// let cache = Builder::with_bytes(64 << 20, |key: &String, value: &Vec<u8>| key.capacity() + value.capacity())
///     .time_to_live(Duration::from_secs(3600))
///     .time_to_idle(Duration::from_secs(60))
///     .build()?;
/// cache.insert("greeting".to_owned(), b"hello".to_vec())?;
/// assert!(cache.contains("greeting") && cache.weight() < cache.limit());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Builder<K, V, S = RandomState> {
    pub(super) limit: usize,
    weigh: Weigh<K, V>,
    hasher: S,
    pub(super) stripes: Option<usize>,
    pub(super) live: Option<Duration>,
    pub(super) idle: Option<Duration>,
    own: Option<Box<dyn Lifetime<K, V>>>,
    clock: Clock,
    listener: Option<Listener<K, V>>,
}

/// Small caches get few stripes, so that each has entries enough to choose from.
const ENTRIES_PER_STRIPE: usize = 512;
const BYTES_PER_STRIPE: usize = 64 << 10;

impl<K, V> Builder<K, V> {
    /// For a cache of so many entries.
    ///
    /// ```
    /// # use keyway::engine::Builder;
    /// let cache = Builder::with_entries(10).build()?;
    /// for number in 0..100 {
    ///     cache.insert(number, ())?;
    /// }
    /// assert!(cache.len() <= 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_entries(entries: usize) -> Self {
        Self::new(entries, Weigh::One)
    }

    /// For a cache of entries of so much weight together, in a unit of the caller's. An entry weighs at least 1. It is
    /// weighed once, when it is stored.
    ///
    /// ```
    /// # use keyway::engine::Builder;
    /// let cache = Builder::with_weight(100, |_: &u32, text: &String| text.len()).build()?;
    /// cache.insert(1, "hello".to_owned())?;
    /// assert_eq!((cache.weight(), cache.limit()), (5, 100));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_weight(limit: usize, weigh: impl Fn(&K, &V) -> usize + Send + Sync + 'static) -> Self {
        Self::new(limit, Weigh::By(Box::new(weigh) as Weigher<K, V>))
    }

    /// For a cache of so many bytes, everything included: entries, tables and stripes. `heap` says how many bytes key and value
    /// have on the heap, beyond their own size.
    ///
    /// ```
    /// # use keyway::engine::Builder;
    /// let cache = Builder::with_bytes(1 << 20, |_: &u32, text: &String| text.capacity()).build()?;
    /// let empty = cache.weight();
    /// cache.insert(1, "hello".to_owned())?;
    /// assert!(cache.weight() > empty + 5); // its own place is in it
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_bytes(limit: usize, heap: impl Fn(&K, &V) -> usize + Send + Sync + 'static) -> Self {
        Self::new(limit, Weigh::Bytes(Box::new(heap) as Weigher<K, V>))
    }

    fn new(limit: usize, weigh: Weigh<K, V>) -> Self {
        Self {
            limit,
            weigh,
            hasher: RandomState::default(),
            stripes: None,
            live: None,
            idle: None,
            own: None,
            clock: Clock::system(),
            listener: None,
        }
    }
}

impl<K, V, S> Builder<K, V, S> {
    /// Hashes keys with this. It need not be a good one.
    ///
    /// ```
    /// # use keyway::engine::Builder;
    /// let cache = Builder::with_entries(10).hasher(std::hash::RandomState::new()).build()?;
    /// cache.insert(1, "one")?;
    /// assert!(cache.contains(&1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn hasher<T>(self, hasher: T) -> Builder<K, V, T> {
        let Self { limit, weigh, stripes, live, idle, own, clock, listener, .. } = self;
        Builder { limit, weigh, hasher, stripes, live, idle, own, clock, listener }
    }

    /// Stripes: parts with a lock of their own. Rounded up to a power of two; 64 by default, fewer for small caches, and on more than
    /// four cores up to 16 for each, as long as each has room for 4,096 entries or half a MiB.
    ///
    /// ```
    /// # use keyway::engine::Builder;
    /// let cache = Builder::with_entries(10).stripes(1).build()?;
    /// cache.insert(1, "one")?;
    /// assert!(cache.contains(&1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stripes(mut self, stripes: usize) -> Self {
        self.stripes = Some(stripes);
        self
    }

    /// Entries end so long after they were stored.
    ///
    /// ```
    /// # use keyway::{Clock, engine::Builder};
    /// # use std::time::Duration;
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(10).time_to_live(Duration::from_secs(60)).clock(clock.clone()).build()?;
    /// cache.insert(1, "one")?;
    /// clock.advance(Duration::from_secs(61));
    /// assert!(cache.get(&1).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.live = Some(time);
        self
    }

    /// Entries end so long after they were last read or stored.
    ///
    /// ```
    /// # use keyway::{Clock, engine::Builder};
    /// # use std::time::Duration;
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(10).time_to_idle(Duration::from_secs(60)).clock(clock.clone()).build()?;
    /// cache.insert(1, "one")?;
    /// for _ in 0..3 {
    ///     clock.advance(Duration::from_secs(40));
    ///     assert!(cache.get(&1).is_some());
    /// }
    /// clock.advance(Duration::from_secs(61));
    /// assert!(cache.get(&1).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn time_to_idle(mut self, time: Duration) -> Self {
        self.idle = Some(time);
        self
    }

    /// Entries end when this says. Other bounds hold too: the earliest counts.
    ///
    /// ```
    /// # use keyway::{Clock, engine::{Builder, Lifetime}};
    /// # use std::time::Duration;
    /// /// As long as the value says.
    /// struct ItsOwn;
    ///
    /// impl Lifetime<&str, u64> for ItsOwn {
    ///     fn after_create(&self, _key: &&str, seconds: &u64) -> Option<Duration> {
    ///         Some(Duration::from_secs(*seconds))
    ///     }
    /// }
    ///
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(10).lifetime(ItsOwn).clock(clock.clone()).build()?;
    /// cache.insert("a minute", 60)?;
    /// clock.advance(Duration::from_secs(61));
    /// assert!(cache.get("a minute").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lifetime(mut self, lifetime: impl Lifetime<K, V> + 'static) -> Self {
        self.own = Some(Box::new(lifetime));
        self
    }

    /// Who is told of each entry that leaves, and why. The entry comes as a handle: [`Held::key`] and [`Held::value`] are what was
    /// stored, also where another value has taken its place since, and a clone of the handle keeps both for later.
    ///
    /// - Each value that was stored and has left is told of exactly once, whatever made it leave. What was never stored is not: a
    ///   value that did not fit, or one that was loaded while its key was written.
    /// - Those of one key are told of in the order in which they were stored, one after the other. Between keys there is no order.
    /// - It is called outside all locks, and may use the cache; it may run on several threads at once, for different stripes.
    /// - Mostly the thread that made an entry leave tells of it before its call returns; if another thread is just telling of
    ///   entries of the same stripe, that one does. So a slow listener makes slow writers: hand long work to somebody else.
    /// - What has expired is told of when it is found: by a write, or by [`maintain`](Cache::maintain).
    /// - If it panics, so does the call, after it has done its work, and later entries are told of by later calls.
    /// - Entries that are there when the cache itself is dropped are not told of: [`clear`](Cache::clear) it first if that matters.
    ///
    /// ```
    /// # use keyway::engine::{Builder, Cause, Held};
    /// # use std::sync::{Arc, Mutex};
    /// let gone = Arc::new(Mutex::new(Vec::new()));
    /// let told = gone.clone();
    /// let cache = Builder::with_entries(100)
    ///     .listener(move |held: &Held<&str, i32>, cause| told.lock().unwrap().push((*held.key(), cause)))
    ///     .build()?;
    /// cache.insert("a", 1)?;
    /// cache.insert("a", 2)?;
    /// cache.remove("a");
    /// assert_eq!(*gone.lock().unwrap(), [("a", Cause::Replaced), ("a", Cause::Removed)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn listener(mut self, listener: impl Fn(&Held<K, V>, Cause) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Where the time is read: the system's clock by default.
    ///
    /// ```
    /// # use keyway::{Clock, engine::Builder};
    /// # use std::time::Duration;
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(10).clock(clock.clone()).build()?;
    /// cache.insert_for(1, "one", Duration::from_secs(60))?;
    /// clock.advance(Duration::from_secs(61));
    /// assert!(!cache.contains(&1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<K: Hashed + Eq, V, S: BuildHasher> Builder<K, V, S> {
    /// Makes the cache.
    ///
    /// ```
    /// # use keyway::engine::Builder;
    /// let cache = Builder::with_entries(10).build()?;
    /// cache.insert(1, "one")?;
    /// assert!(Builder::<u32, u32>::with_entries(10).stripes(1 << 20).build().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BuildError`] says what to change.
    pub fn build(self) -> Result<Cache<K, V, S>, BuildError> {
        let (tables, per_stripe) = match &self.weigh {
            Weigh::Bytes(_) => (Tables::Charged, BYTES_PER_STRIPE),
            Weigh::One | Weigh::By(_) => (Tables::Free, ENTRIES_PER_STRIPE),
        };
        let stripes = self.stripes.unwrap_or_else(|| stripes_for(self.limit, per_stripe, cores()));
        let stripes = rounded_stripes(stripes).ok_or(BuildError::TooManyStripes)?;
        let engine =
            Engine::new(self.limit, tables, stripes, self.hasher, Listeners::new(self.listener, stripes));
        let engine = engine.ok_or(BuildError::TooSmall)?;
        let lifetimes = Lifetimes {
            live: self.live.and_then(Clock::ticks),
            idle: self.idle.and_then(Clock::ticks),
            own: self.own,
        };
        let (clock, weigh) = (self.clock, self.weigh);
        let (flights, resizing) = (Flights::new(), Mutex::new(()));
        Ok(Cache(Arc::new(Shared { engine, clock, lifetimes, weigh, resizing, flights })))
    }
}

impl<K, V, S> fmt::Debug for Builder<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// The cache cannot be made so.
///
/// ```
/// use keyway::engine::{BuildError, Builder};
///
/// let built = Builder::<u32, u32>::with_entries(1 << 20).stripes(1 << 20).build();
/// assert_eq!(built.err(), Some(BuildError::TooManyStripes));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// The limit does not even hold the empty stripes.
    TooSmall,
    /// More than 65,536 stripes.
    TooManyStripes,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "the limit does not even hold the empty stripes; raise it or take fewer",
            Self::TooManyStripes => "there can be 65,536 stripes at most; take fewer",
        })
    }
}

impl Error for BuildError {}
