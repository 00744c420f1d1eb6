//! How a server is run: every setting with its default and the reason for it.

use super::{Listener, ServerError};
use crate::Policy;
use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZero,
    thread,
    time::Duration,
};

/// How a server is run. How many event loops it has and how many connections it takes is part of the
/// [`Policy`], because clients can ask for both.
///
/// ```
/// use keyway_frontend::{Policy, ServerConfig};
/// use std::time::Duration;
///
/// let mut config = ServerConfig::new(Policy::default());
/// config.login_deadline = Duration::from_secs(3);
/// config.guesses_per_address = 5; // fewer than for one name, by default
/// assert!(config.check().is_err());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Where to listen, and what to let through there. By default [`DEFAULT_PORT`](Self::DEFAULT_PORT) on the
    /// IPv4 loopback only, because the protocol is not encrypted.
    pub listen: Vec<Listener>,
    /// What is let through, by how many threads and for how many connections at once.
    pub policy: Policy,
    /// How long a connection may take to log in before it is closed. By default 10 seconds: a client that is
    /// behind a slow link and a full verifier queue makes it, and a stranger cannot hold a socket for longer.
    pub login_deadline: Duration,
    /// Threads that derive keys from passwords, which costs milliseconds and so never runs on an event loop. By
    /// default half of the cores, at least one: a storm of logins leaves the other half to those logged in.
    pub verifier_threads: usize,
    /// Passwords that may wait for such a thread; beyond it a login is answered "temporary failure" (0x86). One
    /// whose connection is lost or closed meanwhile is not derived. By
    /// default 256: at some 9 ms each, one thread works that off in a quarter of the login deadline.
    pub verifier_queue: usize,
    /// Passwords of one address (of IPv6, of 64 bits of it) that wait for such a thread or are with one; at most the queue.
    /// `None`: 32, or the queue if that is less. That is an eighth of the usual queue: one address leaves room for others
    /// whatever it sends, and it is more than the guesses that an address has by default, so that it limits only where
    /// those are raised. What is over it waits like a guess too many.
    pub derivations_per_address: Option<usize>,
    /// Wrong passwords, or wrong proofs of SCRAM, that one address may try for one name at once; as many come back over a minute. By default
    /// 10: a person's slips and a misconfigured worker or two, and 14,400 guesses a day at most. A right one counts
    /// for nothing. What is over it waits up to two seconds and is then answered "temporary failure" (0x86), without a look
    /// at whether it is right; logins with a remembered password and those of other addresses go on.
    pub guesses_per_name: u32,
    /// The same for one address, whatever the names. By default 30: half a derivation a second, less than half a
    /// percent of a core, and for SCRAM, which derives nothing here, no more guesses than for PLAIN.
    pub guesses_per_address: u32,
    /// Connections that have not logged in; beyond it new ones are closed at once. By default no fewer than there may
    /// be connections: then the whole pool of a client can reconnect at once. Each costs some 9 KiB at most, so this
    /// bounds the memory before login, too.
    pub strangers: usize,
    /// The same for one address (of IPv6, for 64 bits of it). By default 256: pools of many workers behind one address
    /// come through, and one stranger cannot take a usual server's seats.
    pub strangers_per_address: usize,
}

/// See [`ServerConfig::derivations_per_address`].
const USUAL_SHARE: usize = 32;

impl ServerConfig {
    /// The port that memcached clients try when they are told none.
    ///
    /// ```
    /// use keyway_frontend::{Policy, ServerConfig};
    ///
    /// let usual = ServerConfig::new(Policy::default()).listen[0].endpoint.named()?.0;
    /// assert_eq!(usual.tcp(), Some(([127, 0, 0, 1], ServerConfig::DEFAULT_PORT).into()));
    /// # Ok::<(), keyway_frontend::ServerError>(())
    /// ```
    pub const DEFAULT_PORT: u16 = 11211;

    /// This policy with every other setting at its default.
    ///
    /// ```
    /// use keyway_frontend::{Policy, ServerConfig};
    ///
    /// let config = ServerConfig::new(Policy::default());
    /// assert!(config.check().is_ok());
    /// assert!(config.verifier_threads >= 1 && config.guesses_per_name <= config.guesses_per_address);
    /// ```
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, Self::DEFAULT_PORT)).into()],
            policy,
            login_deadline: Duration::from_secs(10),
            verifier_threads: (cores / 2).max(1),
            verifier_queue: 256,
            derivations_per_address: None,
            guesses_per_name: 10,
            guesses_per_address: 30,
            strangers: usize::MAX,
            strangers_per_address: 256,
        }
    }

    /// How many derivations one address may have under way.
    pub(super) fn share_of_derivations(&self) -> usize {
        self.derivations_per_address.unwrap_or_else(|| self.verifier_queue.clamp(1, USUAL_SHARE))
    }

    /// Whether a server can be run like this, as far as that can be told without one; [`Server::start`](crate::Server::start)
    /// asks it first.
    ///
    /// ```
    /// use keyway_frontend::{Policy, ServerConfig, ServerError};
    ///
    /// let mut config = ServerConfig::new(Policy::default());
    /// config.listen.clear();
    /// let why = config.check().err().ok_or("it would serve nobody")?;
    /// assert!(matches!(why, ServerError::Config(_)) && why.to_string().contains("no address to listen on"));
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// # Errors
    /// A setting that cannot work, or two that contradict each other.
    pub fn check(&self) -> Result<(), ServerError> {
        if self.listen.is_empty() {
            return Err(ServerError::Config("there is no address to listen on; name at least one"));
        }
        if self.policy.threads == 0 {
            return Err(ServerError::Config("`policy.threads` is 0; at least one event loop is needed"));
        }
        if self.verifier_threads == 0 {
            return Err(ServerError::Config("`verifier_threads` is 0; at least one is needed to log in"));
        }
        if self.derivations_per_address == Some(0) {
            return Err(ServerError::Config(
                "`derivations_per_address` is 0; with none, nobody could log in",
            ));
        }
        if self.derivations_per_address.is_some_and(|share| share > self.verifier_queue) {
            return Err(ServerError::Config(
                "`derivations_per_address` is more than `verifier_queue`, so one address could fill it; raise the latter or \
                 lower the former",
            ));
        }
        if self.strangers == 0 || self.strangers_per_address == 0 {
            return Err(ServerError::Config(
                "`strangers` or `strangers_per_address` is 0; with none, nobody could come in to log in",
            ));
        }
        if self.strangers_per_address > self.strangers {
            return Err(ServerError::Config(
                "`strangers_per_address` is more than `strangers`; raise the latter or lower the former",
            ));
        }
        if self.policy.login_attempts == 0 {
            return Err(ServerError::Config(
                "`policy.login_attempts` is 0; at least one is needed to log in",
            ));
        }
        if self.policy.idle_timeout.is_some_and(|idle| idle.is_zero()) {
            return Err(ServerError::Config(
                "`policy.idle_timeout` is 0; use `None` to let connections be idle for ever",
            ));
        }
        if self.policy.unread_output == 0 {
            return Err(ServerError::Config("`policy.unread_output` is 0; nothing could be answered"));
        }
        if self.guesses_per_name == 0 || self.guesses_per_address == 0 {
            return Err(ServerError::Config(
                "`guesses_per_name` or `guesses_per_address` is 0; with none, no password could be verified",
            ));
        }
        if self.guesses_per_name > self.guesses_per_address {
            return Err(ServerError::Config(
                "`guesses_per_name` is more than `guesses_per_address`, which would never let it be reached; raise \
                 the latter or lower the former",
            ));
        }
        Ok(())
    }
}
