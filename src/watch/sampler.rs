//! Hot keys on demand: some of all uses are drawn and counted, while somebody asks.

use super::{
    HotKey, HotKeys, Lookouts,
    counters::{Counted, Counters},
};
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, StdArc};
use std::{cmp::Reverse, error::Error, fmt, time::Instant};

/// One use of so many is drawn, on average. By chance and not by turn, so that no rhythm of a client falls in with it.
const EVERY: u32 = if crate::sync::MODELLED { 1 } else { 16 };

/// What is counted, if anybody asks for it.
#[derive(Debug)]
pub(super) struct Sampler {
    /// Changed under the lock of the lookouts alone.
    on: AtomicBool,
    counters: Mutex<Option<Counters>>,
    /// Drawn, also what found the counters in use and is counted nowhere else.
    drawn: AtomicU64,
}

impl Sampler {
    pub(super) fn new() -> Self {
        Self { on: AtomicBool::new(false), counters: Mutex::new(None), drawn: AtomicU64::new(0) }
    }

    pub(super) fn is_on(&self) -> bool {
        // Relaxed: under the lock of the lookouts.
        self.on.load(Ordering::Relaxed)
    }

    /// False if it was begun already.
    fn begin(&self) -> bool {
        // Relaxed: under the lock of the lookouts.
        if self.on.swap(true, Ordering::Relaxed) {
            return false;
        }
        *self.counters.lock() = Some(Counters::new());
        // Relaxed: counter only.
        self.drawn.store(0, Ordering::Relaxed);
        true
    }

    fn end(&self) {
        // Relaxed: under the lock of the lookouts.
        self.on.store(false, Ordering::Relaxed);
        let gone = self.counters.lock().take();
        drop(gone);
    }

    /// Draws whether this use counts.
    pub(super) fn note(&self, namespace: &StdArc<str>, key: &[u8]) {
        if EVERY > 1 && fastrand::u32(..EVERY) != 0 {
            return;
        }
        // Relaxed: counter only.
        self.drawn.fetch_add(1, Ordering::Relaxed);
        if let Some(mut counters) = self.counters.try_lock()
            && let Some(counters) = counters.as_mut()
        {
            counters.count(namespace, key);
        }
    }

    fn hottest(&self, most: usize, began: Instant) -> HotKeys {
        let mut all: Vec<(u64, Counted)> = {
            let counters = self.counters.lock();
            counters.iter().flat_map(Counters::all).map(|(count, about)| (count, about.clone())).collect()
        };
        let lasted = began.elapsed();
        let sampled = all.iter().map(|(count, _)| count).sum::<u64>();
        // Relaxed: counter only.
        let uses = self.drawn.load(Ordering::Relaxed) as f64 * f64::from(EVERY);
        let per_second = uses / lasted.as_secs_f64().max(f64::EPSILON);
        all.sort_by_key(|(count, about)| Reverse(count - about.inherited));
        all.truncate(most);
        let part = |count: u64| count as f64 / (sampled as f64).max(1.0);
        let hot = |(count, about): &(u64, Counted)| HotKey {
            namespace: about.namespace.as_ref().to_owned(),
            key: about.key().into(),
            share: part(*count),
            least_share: part(count - about.inherited),
            per_second: part(*count) * per_second,
        };
        HotKeys { keys: all.iter().map(hot).collect(), sampled, per_second, lasted }
    }
}

/// Draws uses of keys from all namespaces until it is dropped. See the [module](super).
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadWrite)?;
/// let session = cache.session_for("app")?;
///
/// let sampler = cache.sample_keys()?;
/// for number in 0..10_000 {
///     session.get(&format!("user-{number}"))?;
///     session.get("the front page")?;
/// }
/// let hot = sampler.hottest(3);
/// assert_eq!(&*hot.keys[0].key, b"the front page");
/// assert!((0.4..0.6).contains(&hot.keys[0].share));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct KeySampler {
    lookouts: StdArc<Lookouts>,
    began: Instant,
}

/// Somebody samples the keys of this cache already, and one sample at a time is drawn.
///
/// ```
/// use keyway::{Cache, Config, Users, watch::SamplingAlready};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let first = cache.sample_keys()?;
/// assert!(matches!(cache.sample_keys(), Err(SamplingAlready { .. })));
/// drop(first);
/// assert!(cache.sample_keys().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SamplingAlready;

impl KeySampler {
    pub(crate) fn begin(lookouts: &StdArc<Lookouts>) -> Result<Self, SamplingAlready> {
        if lookouts.change(|| lookouts.sampler().begin()) {
            Ok(Self { lookouts: lookouts.clone(), began: Instant::now() })
        } else {
            Err(SamplingAlready)
        }
    }

    /// At most so many of the keys that were used most since it began, with estimates of how often. A key that has a five-hundredth
    /// of all uses is found once some thousands were drawn.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let sampler = cache.sample_keys()?;
    /// for _ in 0..1000 {
    ///     session.get_many(&["often", "often", "often", "seldom"])?;
    /// }
    /// let hot = sampler.hottest(1);
    /// assert_eq!((hot.keys.len(), &*hot.keys[0].key), (1, &b"often"[..]));
    /// assert!(hot.sampled > 100); // of 4000
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn hottest(&self, most: usize) -> HotKeys {
        self.lookouts.sampler().hottest(most, self.began)
    }
}

impl Drop for KeySampler {
    fn drop(&mut self) {
        self.lookouts.change(|| self.lookouts.sampler().end());
    }
}

impl fmt::Debug for KeySampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySampler").field("began", &self.began).finish_non_exhaustive()
    }
}

impl fmt::Display for SamplingAlready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keys of this cache are sampled already; try again when that is over")
    }
}

impl Error for SamplingAlready {}
