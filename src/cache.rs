//! The cache: owns the store, the users and the clock, and hands out sessions.

use crate::{
    Config, ConfigError, Exchange, LoginError, Mechanism, NamespaceError, Namespaces, Session, Stats,
    UserError, Users,
    audit::{Audit, Origin, Term, Trail},
    auth::{self, Claim},
    namespaces::Spaces,
    opening::Opening,
    sync::Arc,
    watch::{KeySampler, SamplingAlready, Topic, Watcher},
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
    spaces: Arc<Spaces>,
}

impl Cache {
    /// Makes a cache with these users, whom it shares with the caller.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] says what to change.
    pub fn new(config: Config, users: Users) -> Result<Self, ConfigError> {
        Ok(Self { spaces: Arc::new(Spaces::new(config.open()?, users)) })
    }

    /// Its users: add, change and remove them while it runs.
    #[must_use]
    pub fn users(&self) -> &Users {
        self.spaces.users()
    }

    /// Its namespaces: add, change and remove them while it runs.
    #[must_use]
    pub fn namespaces(&self) -> Namespaces {
        Namespaces::new(self.spaces.clone())
    }

    /// Logs in by password, which derives a key and takes milliseconds of CPU, or by a token ([`Session::mint`]), which takes
    /// microseconds.
    ///
    /// # Errors
    ///
    /// [`LoginError`]; what it displays does not tell an unknown name from a wrong password.
    pub fn login(&self, name: &str, password: &str) -> Result<Session, LoginError> {
        let opening = self.opening("password");
        match Claim::new(self.users(), name, password).verify() {
            Ok(grant) => opening.open(grant),
            Err(error) => Err(opening.refuse(error)),
        }
    }

    /// A session for trusted code of the application itself: names a user and proves nothing.
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::UnknownNamespace`].
    pub fn session_for(&self, name: &str) -> Result<Session, UserError> {
        self.opening("trusted").open_for_code(self.users().grant_trusted(name)?)
    }

    /// Begins a login by a SASL mechanism; for whoever speaks a protocol to somebody elsewhere.
    #[must_use]
    pub fn exchange(&self, mechanism: Mechanism) -> Exchange {
        Exchange::new(auth::Exchange::begin(mechanism, self.users()), self.opening(mechanism.name()))
    }

    /// What happened at its doors. It is its users' audit, too.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        self.users().audit()
    }

    /// Follows what is evicted or missed, from now on and in all namespaces, for as long as the watcher is there. Whoever has it
    /// sees keys of everybody: see [`watch`](crate::watch).
    #[must_use]
    pub fn watch(&self, topic: Topic) -> Watcher {
        Watcher::new(self.spaces.lookouts(), topic)
    }

    /// Draws a sample of which keys are used, from now on and in all namespaces, for as long as the sampler is there: see
    /// [`KeySampler`].
    ///
    /// # Errors
    ///
    /// [`SamplingAlready`].
    pub fn sample_keys(&self) -> Result<KeySampler, SamplingAlready> {
        KeySampler::begin(self.spaces.lookouts())
    }

    fn opening(&self, by: &'static str) -> Opening {
        Opening::new(self.spaces.clone(), Trail::new(self.audit(), Origin::here()), Term::new(by))
    }

    /// Counters and gauges of all namespaces together, summed over the stripes one after the other. Of each apart:
    /// [`Namespaces::stats`].
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.spaces.sum()
    }

    /// The largest value in bytes.
    #[must_use]
    pub fn max_value(&self) -> usize {
        self.spaces.main().max_value()
    }

    /// The budget that it has now, in bytes.
    #[must_use]
    pub fn budget(&self) -> usize {
        self.spaces.budget()
    }

    /// Changes the budget, in bytes. A lower one lets go of what is too much, a few items under each lock, and holds when this
    /// returns; writers go on meanwhile. The stripes and the largest value stay what they are: where the budget becomes less than
    /// twice the latter, values near it may be refused for want of room. What goes first is what namespaces hold beyond their
    /// reservations.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
    /// cache.resize(32 << 20)?;
    /// assert_eq!(cache.stats().budget, 32 << 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NamespaceError::ReservedBeyondBudget`]: nothing was changed then.
    pub fn resize(&self, budget: usize) -> Result<(), NamespaceError> {
        self.spaces.resize(budget)
    }

    /// What is reserved for namespaces, with what the main key space takes while it is empty: the budget cannot be less. 0 if there
    /// are no namespaces.
    #[must_use]
    pub fn reserved(&self) -> usize {
        self.spaces.reserved()
    }

    /// Upkeep: gives back the memory of expired items, carries out flushes that have come due, ends the sessions of
    /// credentials that have expired, and overwrites what was remembered of passwords for long enough. Each lock is held
    /// for microseconds only. Writers do a share of this as they go; call it a few times a second, so that the memory of a cache which
    /// nobody writes to comes back too, and that of very many items which expire at once within two seconds. Where nothing has
    /// expired, it costs some nanoseconds for each 64 items. The library starts no thread of its own.
    pub fn maintain(&self) {
        self.spaces.maintain();
        self.users().maintain();
        self.audit().maintain();
    }
}
