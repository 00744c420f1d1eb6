//! The cache: owns the store, the users and the clock, and hands out sessions.

use crate::{
    Config, ConfigError, Exchange, LargePages, LoginError, Mechanism, NamespaceError, Namespaces, Session,
    Stats, UserError, Users,
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
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
    /// assert_eq!(cache.budget(), 64 << 20);
    /// assert!(Cache::new(Config::new(100), Users::new()).is_err()); // too little for anything
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] says what to change.
    pub fn new(config: Config, users: Users) -> Result<Self, ConfigError> {
        Ok(Self { spaces: Arc::new(Spaces::new(config.open()?, users)) })
    }

    /// Its users: add, change and remove them while it runs.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("app", Role::ReadOnly)?;
    /// assert_eq!(cache.users().user_count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn users(&self) -> &Users {
        self.spaces.users()
    }

    /// Its namespaces: add, change and remove them while it runs.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.namespaces().add(Namespace::new("shop"))?;
    /// assert_eq!(cache.namespaces().list()[0].name, "shop");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn namespaces(&self) -> Namespaces {
        Namespaces::new(self.spaces.clone())
    }

    /// Logs in by password, which derives a key and takes milliseconds of CPU, or by a token ([`Session::mint`]), which takes
    /// microseconds.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add("ada", "correct horse", Role::ReadWrite)?;
    /// cache.login("ada", "correct horse")?.set("greeting", "hello")?;
    /// assert_eq!(cache.login("ada", "a guess").err().map(|error| error.to_string()), Some("login refused".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    /// ```
    /// # use keyway::{Cache, Config, Role, UserError, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("app", Role::ReadWrite)?;
    /// cache.session_for("app")?.set("greeting", "hello")?;
    /// assert_eq!(cache.session_for("nobody").err(), Some(UserError::Unknown));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::UnknownNamespace`].
    pub fn session_for(&self, name: &str) -> Result<Session, UserError> {
        self.opening("trusted").open_for_code(self.users().grant_trusted(name)?)
    }

    /// Begins a login by a SASL mechanism; for whoever speaks a protocol to somebody elsewhere.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// assert!(matches!(cache.exchange(Mechanism::Plain).step(b"nonsense"), Step::Refused(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn exchange(&self, mechanism: Mechanism) -> Exchange {
        Exchange::new(auth::Exchange::begin(mechanism, self.users()), self.opening(mechanism.name()))
    }

    /// What happened at its doors. It is its users' audit, too.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::Kind};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// assert!(cache.login("eve", "a guess").is_err());
    /// assert_eq!(cache.audit().counts().of(Kind::LoginFailed), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn audit(&self) -> &Audit {
        self.users().audit()
    }

    /// Follows what is evicted or missed, from now on and in all namespaces, for as long as the watcher is there. Whoever has it
    /// sees keys of everybody: see [`watch`](crate::watch).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, watch::Topic};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut misses = cache.watch(Topic::Misses);
    /// session.get("cart:19")?;
    /// assert_eq!(&*misses.take().sightings[0].key, b"cart:19");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn watch(&self, topic: Topic) -> Watcher {
        Watcher::new(self.spaces.lookouts(), topic)
    }

    /// Draws a sample of which keys are used, from now on and in all namespaces, for as long as the sampler is there: see
    /// [`KeySampler`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let sampler = cache.sample_keys()?;
    /// for _ in 0..1000 {
    ///     session.get("the front page")?;
    /// }
    /// assert_eq!(&*sampler.hottest(1).keys[0].key, b"the front page");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", "hello")?;
    /// assert_eq!(cache.stats().items, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.spaces.sum()
    }

    /// The largest value in bytes.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// assert_eq!(cache.max_value(), Config::new(1 << 20).max_value);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn max_value(&self) -> usize {
        self.spaces.main().max_value()
    }

    /// The budget that it has now, in bytes.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// assert_eq!(cache.budget(), 1 << 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Users};
    /// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
    /// assert_eq!(cache.reserved(), 0);
    /// let mut shop = Namespace::new("shop");
    /// shop.reserve = 8 << 20;
    /// cache.namespaces().add(shop)?;
    /// assert!(cache.reserved() >= 8 << 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn reserved(&self) -> usize {
        self.spaces.reserved()
    }

    /// Upkeep: gives back the memory of expired items, carries out flushes that have come due, ends the sessions of
    /// credentials that have expired, and overwrites what was remembered of passwords for long enough. Each lock is held
    /// for microseconds only. Writers do a share of this as they go; call it a few times a second, so that the memory of a cache which
    /// nobody writes to comes back too; of items that expire at once, one call gives back some three million a second. Where nothing has
    /// expired, it costs some nanoseconds for each 64 items. The library starts no thread of its own.
    ///
    /// Of a cache of some 400,000 items and more, one call also has the system put up to 2 MiB of the index on a large page (feature
    /// `large-pages`, Linux 6.1 and later), until all of it is there: who looks something up in these meanwhile waits, for a
    /// millisecond or some. What it gives is in `docs/performance-tried.md`: with a million items and the way to memory long, mixes of gets
    /// and sets took 2 to 14 % less time.
    ///
    /// ```
    /// # use keyway::{Cache, Clock, Config, Draft, Role, Users};
    /// # use std::time::Duration;
    /// # let clock = Clock::manual();
    /// # let mut config = Config::new(1 << 20);
    /// # config.clock = clock.clone();
    /// # let cache = Cache::new(config, Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// cache.session_for("app")?.set("lease", Draft::new("7").expires(Duration::from_secs(10)))?;
    /// clock.advance(Duration::from_secs(20));
    /// cache.maintain();
    /// assert_eq!(cache.stats().items, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn maintain(&self) {
        self.spaces.maintain();
        self.users().maintain();
        self.audit().maintain();
    }

    /// Puts memory in which the items lie on [large pages](LargePages) of the system, a little at a time: to be called as often as
    /// [`maintain`](Self::maintain), from a thread that may wait for the system.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Draft, LargePages, Role, Users};
    /// let cache = Cache::new(Config::new(16 << 20), Users::new())?;
    /// cache.users().add_trusted("app", Role::ReadWrite)?;
    /// let session = cache.session_for("app")?;
    /// for number in 0..50_000 {
    ///     session.set(&number.to_string(), Draft::new("a value"))?;
    /// }
    /// let mut pages = LargePages::new();
    /// while !pages.is_settled() {
    ///     cache.maintain_large_pages(&mut pages);
    /// }
    /// println!("{} pages of 2 MiB", pages.promoted());
    /// assert_eq!(session.get("7")?.as_deref(), Some(&b"a value"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn maintain_large_pages(&self, pages: &mut LargePages) {
        self.spaces.maintain_large_pages(pages);
    }
}
