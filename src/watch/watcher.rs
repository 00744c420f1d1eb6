//! Who follows a topic.

use super::{Lookouts, stream::Position};
use crate::sync::StdArc;
use std::{fmt, time::SystemTime};

/// What can be watched.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users, watch::Topic};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// assert_eq!(cache.watch(Topic::Misses).topic(), Topic::Misses);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// Items that make room for others. What expired, was replaced or removed is none.
    Evictions,
    /// Gets that find nothing, as [`Stats::misses`](crate::Stats::misses) counts them.
    Misses,
}

/// Something that was seen.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users, watch::Topic};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let mut misses = cache.watch(Topic::Misses);
/// session.get("cart:19")?;
/// let sighting = &misses.take().sightings[0];
/// assert_eq!((&*sighting.key, sighting.namespace.as_str(), sighting.bytes), (&b"cart:19"[..], "", None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sighting {
    /// When, by the system's clock.
    pub at: SystemTime,
    /// The namespace; empty for the main key space.
    pub namespace: String,
    /// The key: any bytes, so it is to be escaped where it is shown.
    pub key: Box<[u8]>,
    /// Of an eviction, the bytes that the item was charged, overhead included.
    pub bytes: Option<usize>,
}

/// What was seen since a watcher last looked.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users, watch::Topic};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let mut misses = cache.watch(Topic::Misses);
/// session.get("cart:19")?;
/// let seen = misses.take();
/// assert_eq!(seen.sightings.len() as u64 + seen.dropped, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// In the order in which they were noted.
    pub sightings: Vec<Sighting>,
    /// How many more there were that could not be noted at once, or were overwritten by others before they were taken.
    pub dropped: u64,
}

/// Follows a topic until it is dropped. See the [module](super).
///
/// ```
/// # use keyway::{Cache, Config, Role, Users, watch::Topic};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let mut misses = cache.watch(Topic::Misses);
/// session.get("cart:19")?;
/// assert_eq!(misses.take().sightings.len(), 1);
/// assert!(misses.take().sightings.is_empty()); // it was taken
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Watcher {
    lookouts: StdArc<Lookouts>,
    topic: Topic,
    position: Position,
}

impl Watcher {
    pub(crate) fn new(lookouts: &StdArc<Lookouts>, topic: Topic) -> Self {
        Self { position: lookouts.join(topic), lookouts: lookouts.clone(), topic }
    }

    /// What it follows.
    ///
    /// ```
    /// use keyway::{Cache, Config, Users, watch::Topic};
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let watchers = [Topic::Evictions, Topic::Misses].map(|topic| cache.watch(topic));
    /// assert_eq!(watchers[0].topic(), Topic::Evictions);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// What was seen since the last call, or since this began to watch. It never waits.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, watch::Topic};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.get("before")?; // nobody watches yet
    /// let mut misses = cache.watch(Topic::Misses);
    /// session.get("one")?;
    /// session.get("two")?;
    /// let keys: Vec<_> = misses.take().sightings.into_iter().map(|it| it.key).collect();
    /// assert_eq!(keys, [Box::from(*b"one"), Box::from(*b"two")]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take(&mut self) -> Seen {
        let mut seen = Seen::default();
        seen.dropped = self.lookouts.stream(self.topic).read(&mut self.position, &mut seen.sightings);
        seen
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.lookouts.leave(self.topic);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("topic", &self.topic).finish_non_exhaustive()
    }
}
