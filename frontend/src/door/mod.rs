//! What connections of a server share: the cache, what is offered before login, and what `stats` tells.

mod entrance;
mod incoming;
mod policy;
mod turned_away;

pub use entrance::{Entrance, PlainOver, ServerFinal};
pub use policy::{MAX_LOGIN_FAILURES, Policy};
pub(crate) use turned_away::{NoSeat, TurnedAway};

use crate::tally::{Counts, Tally};
use incoming::Incoming;
use keyway::Cache;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Shared by all connections of a server that come in the same way.
///
/// ```
/// use keyway::{Cache, Config, Mechanism, Users};
/// use keyway_frontend::{Door, Entrance, Policy};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let mut entrance = Entrance::default();
/// entrance.mechanisms = vec![Mechanism::ScramSha256];
/// let inside = Door::new(cache, Policy::default());
/// let outside = inside.through(entrance);
/// outside.connection_opened(0);
/// assert_eq!(inside.connections(), 1); // what comes in here is counted there, too
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Door {
    cache: Cache,
    policy: Policy,
    entrance: Entrance,
    /// The socket in the file system by which one comes to it, if it is one.
    socket_file: Option<PathBuf>,
    incoming: Arc<Incoming>,
    turned_away: Arc<TurnedAway>,
    /// How many connections there may be.
    max_connections: Arc<AtomicUsize>,
    /// One for each thread, and never none.
    tallies: Arc<[Tally]>,
    /// What had been counted when `stats reset` was last asked for.
    baseline: Arc<Mutex<Counts>>,
    opened: Instant,
}

impl Door {
    /// A door to this cache, with the usual entrance; its uptime begins now.
    ///
    /// ```
    /// use keyway::{Cache, Config, Users};
    /// use keyway_frontend::{Door, Policy};
    ///
    /// let door = Door::new(Cache::new(Config::new(1 << 20), Users::new())?, Policy::default());
    /// assert_eq!(door.connections(), 0);
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(cache: Cache, policy: Policy) -> Self {
        let tallies = (0..policy.threads.max(1)).map(|_| Tally::default()).collect();
        let incoming = Incoming::new(policy.unfinished_values.unwrap_or_else(|| {
            let budget = usize::try_from(cache.stats().budget).unwrap_or(usize::MAX);
            budget / 4
        }));
        Self {
            max_connections: Arc::new(AtomicUsize::new(policy.max_connections)),
            cache,
            policy,
            entrance: Entrance::default(),
            socket_file: None,
            incoming: Arc::new(incoming),
            turned_away: Arc::default(),
            tallies,
            baseline: Arc::default(),
            opened: Instant::now(),
        }
    }

    /// Another door of the same server: all but what it lets through is shared, counts and limits too.
    ///
    /// ```
    /// use keyway::{Cache, Config, Users};
    /// use keyway_frontend::{Door, Entrance, Policy};
    ///
    /// let inside = Door::new(Cache::new(Config::new(1 << 20), Users::new())?, Policy::default());
    /// let outside = inside.through(Entrance::default());
    /// outside.connection_opened(0);
    /// assert_eq!(inside.connections(), 1); // counted together
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn through(&self, entrance: Entrance) -> Self {
        Self {
            cache: self.cache.clone(),
            policy: self.policy.clone(),
            entrance,
            socket_file: None,
            incoming: Arc::clone(&self.incoming),
            turned_away: Arc::clone(&self.turned_away),
            max_connections: Arc::clone(&self.max_connections),
            tallies: Arc::clone(&self.tallies),
            baseline: Arc::clone(&self.baseline),
            opened: self.opened,
        }
    }

    /// The same, of which those who come in are told that it is this socket in the file system.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        Self { socket_file: Some(path.to_owned()), ..self }
    }

    pub(crate) fn socket_file(&self) -> Option<&Path> {
        self.socket_file.as_deref()
    }

    /// Counts a connection that was accepted, for `stats`.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// // Each thread of an event loop counts for itself.
    /// door.connection_opened(0);
    /// door.connection_opened(1);
    /// assert_eq!(door.connections(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn connection_opened(&self, thread: usize) {
        self.tally(thread).connection_opened();
    }

    /// Counts a connection that ended, for `stats`; each that was opened must be closed once.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// door.connection_opened(0);
    /// door.connection_closed(0);
    /// assert_eq!(door.connections(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn connection_closed(&self, thread: usize) {
        self.tally(thread).connection_closed();
    }

    /// Connections open now.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// for _ in 0..3 {
    ///     door.connection_opened(0);
    /// }
    /// door.connection_closed(0);
    /// assert_eq!(door.connections(), 2); // now, not ever
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn connections(&self) -> u64 {
        let closed: u64 = self.tallies.iter().map(Tally::connections_closed).sum();
        self.connections_ever().saturating_sub(closed)
    }

    /// How many connections there may be now.
    pub(crate) fn max_connections(&self) -> usize {
        // Relaxed, here and below: a setting, which nothing else is ordered by.
        self.max_connections.load(Ordering::Relaxed)
    }

    /// So many connections from now on.
    pub(crate) fn let_in(&self, connections: usize) {
        self.max_connections.store(connections, Ordering::Relaxed);
    }

    /// Connections ever opened.
    pub(crate) fn connections_ever(&self) -> u64 {
        self.tallies.iter().map(Tally::connections_opened).sum()
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    /// Room for large values on their way in.
    pub(crate) fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    /// Connections that were closed at once.
    pub(crate) fn turned_away(&self) -> &TurnedAway {
        &self.turned_away
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.opened.elapsed()
    }

    /// The tally of that thread; numbers beyond the last begin again at the first.
    pub(crate) fn tally(&self, thread: usize) -> &Tally {
        // `new` makes one at least.
        &self.tallies[thread % self.tallies.len()]
    }

    /// What all threads counted since the last reset.
    pub(crate) fn counts(&self) -> Counts {
        let baseline = *self.baseline.lock().unwrap_or_else(PoisonError::into_inner);
        self.counts_ever().since(&baseline)
    }

    /// Begins all counts again at 0. The threads' own counters go on, so that none of them has to be asked.
    pub(crate) fn reset_counts(&self) {
        *self.baseline.lock().unwrap_or_else(PoisonError::into_inner) = self.counts_ever();
    }

    /// What all threads counted, whatever was reset.
    pub(crate) fn counts_ever(&self) -> Counts {
        self.tallies.iter().fold(Counts::default(), |sum, tally| sum.plus(&tally.counts()))
    }
}
