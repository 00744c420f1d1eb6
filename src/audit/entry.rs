//! An event with its number, time and origin.

use super::{Event, Origin};
use std::{fmt, time::SystemTime};

/// The number of an entry: one more than that of the entry before, from 1 on, for as long as the process lives.
///
/// ```
/// use keyway::{Cache, Config, Users, audit::Sequence};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// assert!(cache.login("eve", "a guess").is_err());
/// let entry = &cache.audit().recent(Sequence::START).entries[0];
/// assert_eq!(entry.sequence.number(), 1);
/// assert!(entry.sequence > Sequence::START);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(u64);

impl Sequence {
    /// Before the first entry.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::Sequence};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let mut last = Sequence::START; // nothing was read yet
    /// cache.users().add_trusted("app", Role::ReadOnly)?;
    /// last = cache.audit().recent(last).last;
    /// assert!(last > Sequence::START);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const START: Self = Self(0);

    pub(super) fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::Sequence};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("app", Role::ReadOnly)?;
    /// cache.users().remove("app")?;
    /// let told = cache.audit().recent(Sequence::START).entries;
    /// let numbers: Vec<u64> = told.iter().map(|entry| entry.sequence.number()).collect();
    /// assert_eq!(numbers, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What happened, when and from where.
///
/// ```
/// use keyway::{Cache, Config, Users, audit::{Kind, Sequence}};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// assert!(cache.login("eve", "a guess").is_err());
/// let entry = &cache.audit().recent(Sequence::START).entries[0];
/// assert_eq!(entry.event.kind(), Kind::LoginFailed);
/// assert_eq!(entry.origin.number(), None); // no connection: this process
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// Its number.
    pub sequence: Sequence,
    /// When it was told, by the system's clock: the numbers say what came first, should that be set back.
    pub at: SystemTime,
    /// From where.
    pub origin: Origin,
    /// What.
    pub event: Event,
}

impl Entry {
    /// One that tells of entries which were lost on the way to where they were to be written. It has no number of its own.
    ///
    /// ```
    /// use keyway::audit::{Entry, Event};
    ///
    /// let gap = Entry::of_dropped(3);
    /// assert_eq!(gap.event, Event::Dropped { count: 3 });
    /// gap.fields(|name, _| assert_ne!(name, "seq"));
    /// ```
    #[must_use]
    pub fn of_dropped(count: u64) -> Self {
        let event = Event::Dropped { count };
        Self { sequence: Sequence::START, at: SystemTime::now(), origin: Origin::here(), event }
    }
}

/// What was told since a reader last looked.
///
/// ```
/// use keyway::{Cache, Config, Users, audit::Sequence};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.audit().hold(1);
/// for name in ["eve", "mallory"] {
///     assert!(cache.login(name, "a guess").is_err());
/// }
/// // One entry had to make room for the other.
/// let recent = cache.audit().recent(Sequence::START);
/// assert_eq!((recent.entries.len(), recent.missed), (1, 1));
/// # Ok::<(), keyway::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Recent {
    /// In the order of their numbers.
    pub entries: Vec<Entry>,
    /// How many there were that had been overwritten by others when they were to be read.
    pub missed: u64,
    /// Where to go on.
    pub last: Sequence,
}
