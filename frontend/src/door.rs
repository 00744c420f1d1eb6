//! What all connections of a server share: the cache, what is offered before login, and what `stats` tells.

use crate::tally::{Counts, Tally};
use keyway::{Cache, Mechanism, Session};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What a door lets through.
///
/// ```
/// let mut policy = keyway_frontend::Policy::default();
/// policy.max_connections = 64;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// Offered mechanisms, in this order. Empty: SASL is off (0x81), which is only useful with `anonymous`.
    pub mechanisms: Vec<Mechanism>,
    /// If set, connections have this session without login. One that tries to log in as somebody gives it up: a
    /// client that claims a name has to prove it.
    pub anonymous: Option<Session>,
    /// The longest value of a request after login, in bytes; a longer one is answered 0x03 and skipped as it comes,
    /// without being buffered.
    pub max_item: usize,
    /// Refused logins of one connection before it is closed, at least one. By default
    /// [`MAX_LOGIN_FAILURES`].
    pub login_attempts: u8,
    /// Output of an open connection, in bytes, at which it takes no more requests until the output is written: what a
    /// client that asks and never reads can cost, give or take one answer. By default 64 KiB, enough to fill a write.
    pub unread_output: usize,
    /// How long somebody who is logged in may be silent before the connection is closed, give or take a quarter more;
    /// `None`: for ever. By default so, as in memcached: pools keep connections that they do not need at the moment, an
    /// idle one costs some 300 bytes, and a client that finds its connection gone may report an error. What is under way
    /// and does not move, such as half a request or an answer that is not taken, is silence, too.
    pub idle_timeout: Option<Duration>,
    /// For `stats settings`.
    pub max_connections: usize,
    /// Event loop threads (and tallies).
    pub threads: usize,
}

/// Refused logins of one connection before it is closed, unless the policy says otherwise: enough for a client that tries several mechanisms, few
/// enough that guessing costs a new connection all the time. A good login in between does not start it again, or
/// whoever has one password could guess at the others without end.
pub const MAX_LOGIN_FAILURES: u8 = 5;

/// memcached's own, which clients' tests expect.
const MAX_CONNECTIONS: usize = 1024;

impl Default for Policy {
    /// SCRAM-SHA-256 and PLAIN, nobody without login, values up to 1 MiB, 1024 connections, one thread.
    fn default() -> Self {
        Self {
            mechanisms: vec![Mechanism::ScramSha256, Mechanism::Plain],
            anonymous: None,
            max_item: 1 << 20,
            login_attempts: MAX_LOGIN_FAILURES,
            unread_output: 64 << 10,
            idle_timeout: None,
            max_connections: MAX_CONNECTIONS,
            threads: 1,
        }
    }
}

/// Shared by all connections of a server.
#[derive(Debug)]
pub struct Door {
    cache: Cache,
    policy: Policy,
    /// One for each thread, and never none.
    tallies: Box<[Tally]>,
    /// What had been counted when `stats reset` was last asked for.
    baseline: Mutex<Counts>,
    opened: Instant,
}

impl Door {
    /// A door to this cache; its uptime begins now.
    #[must_use]
    pub fn new(cache: Cache, policy: Policy) -> Self {
        let tallies = (0..policy.threads.max(1)).map(|_| Tally::default()).collect();
        Self { cache, policy, tallies, baseline: Mutex::default(), opened: Instant::now() }
    }

    /// Counts a connection that was accepted, for `stats`.
    pub fn connection_opened(&self, thread: usize) {
        self.tally(thread).connection_opened();
    }

    /// Counts a connection that ended, for `stats`; each that was opened must be closed once.
    pub fn connection_closed(&self, thread: usize) {
        self.tally(thread).connection_closed();
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> u64 {
        let closed: u64 = self.tallies.iter().map(Tally::connections_closed).sum();
        self.connections_ever().saturating_sub(closed)
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

    fn counts_ever(&self) -> Counts {
        self.tallies.iter().fold(Counts::default(), |sum, tally| sum.plus(&tally.counts()))
    }
}
