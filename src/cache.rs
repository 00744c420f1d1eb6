//! The cache: owns the store, the users and the clock, and hands out sessions.

use crate::{
    Config, ConfigError, Exchange, LoginError, Mechanism, Session, UserError, Users,
    audit::{Audit, Origin, Term, Trail},
    auth::{self, Claim},
    opening::Opening,
    store::Store,
    sync::Arc,
};

/// The cache. It has no data verbs: those are on a [`Session`], and a session is had by proving who one is. Cheap to
/// clone; clones share it.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
///
/// let users = Users::new();
/// users.add("ada", "correct horse battery staple", Role::ReadWrite)?;
/// let cache = Cache::new(Config::new(64 << 20), users)?;
///
/// let session = cache.login("ada", "correct horse battery staple")?;
/// session.set("greeting", "hello")?;
/// assert!(cache.login("ada", "guess").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cache {
    store: Arc<Store>,
    users: Users,
}

/// What a cache holds and did since it was made, by all callers together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// Items held now; expired ones count until their memory was given back.
    pub items: u64,
    /// Bytes charged now, overhead included; never more than `budget`.
    pub bytes: u64,
    /// The budget in bytes.
    pub budget: u64,
    /// Items ever stored.
    pub stored: u64,
    /// Times that `get` found an item.
    pub hits: u64,
    /// Times that `get` found none.
    pub misses: u64,
    /// Items evicted to make room.
    pub evictions: u64,
    /// Items removed because they had expired.
    pub expirations: u64,
}

impl Cache {
    /// Makes a cache with these users, whom it shares with the caller.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] says what to change.
    pub fn new(config: Config, users: Users) -> Result<Self, ConfigError> {
        Ok(Self { store: Arc::new(config.open_store()?), users })
    }

    /// Its users: add, change and remove them while it runs.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// Logs in by password. This derives a key, which takes milliseconds of CPU.
    ///
    /// # Errors
    ///
    /// [`LoginError`]; what it displays does not tell an unknown name from a wrong password.
    pub fn login(&self, name: &str, password: &str) -> Result<Session, LoginError> {
        let opening = self.opening("password");
        match Claim::new(&self.users, name, password).verify() {
            Ok(grant) => Ok(opening.open(grant)),
            Err(error) => Err(opening.refuse(error)),
        }
    }

    /// A session for trusted code of the application itself: names a user and proves nothing.
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`].
    pub fn session_for(&self, name: &str) -> Result<Session, UserError> {
        Ok(self.opening("trusted").open(self.users.grant_trusted(name)?))
    }

    /// Begins a login by a SASL mechanism; for whoever speaks a protocol to somebody elsewhere.
    #[must_use]
    pub fn exchange(&self, mechanism: Mechanism) -> Exchange {
        Exchange::new(auth::Exchange::begin(mechanism, &self.users), self.opening(mechanism.name()))
    }

    /// What happened at its doors. It is its users' audit, too.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        self.users.audit()
    }

    fn opening(&self, by: &'static str) -> Opening {
        Opening::new(&self.store, Trail::new(self.audit(), Origin::here()), Term::new(by))
    }

    /// Counters and gauges, summed over the stripes one after the other.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let totals = self.store.totals();
        Stats {
            items: totals.entries,
            bytes: totals.charged as u64,
            budget: totals.limit as u64,
            stored: totals.stored,
            hits: totals.hits,
            misses: totals.misses,
            evictions: totals.evicted,
            expirations: totals.expired,
        }
    }

    /// The largest value in bytes.
    #[must_use]
    pub fn max_value(&self) -> usize {
        self.store.max_value()
    }

    /// The budget that it has now, in bytes.
    #[must_use]
    pub fn budget(&self) -> usize {
        self.store.budget()
    }

    /// Changes the budget, in bytes. A lower one lets go of what is too much, a few items under each lock, and holds when this
    /// returns; writers go on meanwhile. The stripes and the largest value stay what they are: where the budget becomes less than
    /// twice the latter, values near it may be refused for want of room.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
    /// cache.resize(32 << 20);
    /// assert_eq!(cache.stats().budget, 32 << 20);
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    pub fn resize(&self, budget: usize) {
        self.store.resize(budget);
    }

    /// Upkeep: gives back the memory of expired items, carries out flushes that have come due, ends the sessions of
    /// credentials that have expired, and overwrites what was remembered of passwords for long enough. Each lock is held
    /// for microseconds only. Writers do a share of this as they go; call it a few times a second, so that the memory of a cache which
    /// nobody writes to comes back too, and that of very many items which expire at once within two seconds. Where nothing has
    /// expired, it costs some nanoseconds for each 64 items. The library starts no thread of its own.
    pub fn maintain(&self) {
        self.store.maintain();
        self.users.maintain();
        self.audit().maintain();
    }
}
