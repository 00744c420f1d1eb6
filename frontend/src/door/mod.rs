//! What all connections of a server share: the cache, what is offered before login, and what `stats` tells.

mod incoming;
mod policy;

pub use policy::{MAX_LOGIN_FAILURES, Policy, ServerFinal};

use crate::tally::{Counts, Tally};
use incoming::Incoming;
use keyway::Cache;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Shared by all connections of a server.
#[derive(Debug)]
pub struct Door {
    cache: Cache,
    policy: Policy,
    incoming: Incoming,
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
        let incoming = Incoming::new(policy.unfinished_values.unwrap_or_else(|| {
            let budget = usize::try_from(cache.stats().budget).unwrap_or(usize::MAX);
            budget / 4
        }));
        Self { cache, policy, incoming, tallies, baseline: Mutex::default(), opened: Instant::now() }
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

    /// Room for large values on their way in.
    pub(crate) fn incoming(&self) -> &Incoming {
        &self.incoming
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
