//! What holds for all connections of a server: every setting with its default and the reason for it.

use std::time::Duration;

/// What holds for all connections of a server, whichever way they come in by; what differs is an
/// [`Entrance`](super::Entrance)'s.
///
/// ```
/// # use keyway::{Cache, Config, Users};
/// # use keyway_frontend::{Door, status::StatusBoard};
/// let mut policy = keyway_frontend::Policy::default();
/// policy.max_connections = 64;
/// let door = Door::new(Cache::new(Config::new(1 << 20), Users::new())?, policy);
/// assert_eq!(StatusBoard::of(door.into()).status().connections.limit, 64);
/// # Ok::<(), keyway::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// The longest value of a request after login, in bytes; a longer one is answered 0x03 and skipped as it comes,
    /// without being buffered.
    pub max_item: usize,
    /// Refused logins of one connection before it is closed, at least one. By default
    /// [`MAX_LOGIN_FAILURES`].
    pub login_attempts: u8,
    /// Output of an open connection, in bytes, at which it takes no more requests until the output is written: what a
    /// client that asks and never reads can cost, give or take one answer. By default 64 KiB, enough to fill a write.
    pub unread_output: usize,
    /// Bytes of large requests (above 16 KiB) that have not come whole, over all connections: the values that are on their
    /// way in are not part of the cache's budget, and this is theirs. What is announced counts, as a whole. A request that
    /// finds no room is answered 0x82 and skipped as it comes, without being buffered; one alone always finds room.
    /// `None`: a quarter of the budget, which with the usual 64 MiB is sixteen of the largest at once.
    pub unfinished_values: Option<usize>,
    /// How long somebody who is logged in may be silent before the connection is closed, give or take a quarter more;
    /// `None`: for ever. By default so, as in memcached: pools keep connections that they do not need at the moment, an
    /// idle one costs some 400 bytes, and a client that finds its connection gone may report an error. What is under way
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
///
/// ```
/// use keyway_frontend::{MAX_LOGIN_FAILURES, Policy};
///
/// assert_eq!(Policy::default().login_attempts, MAX_LOGIN_FAILURES);
/// ```
pub const MAX_LOGIN_FAILURES: u8 = 5;

/// memcached's own, which clients' tests expect.
const MAX_CONNECTIONS: usize = 1024;

impl Default for Policy {
    /// Values up to 1 MiB, 1024 connections, one thread.
    fn default() -> Self {
        Self {
            max_item: 1 << 20,
            login_attempts: MAX_LOGIN_FAILURES,
            unread_output: 64 << 10,
            unfinished_values: None,
            idle_timeout: None,
            max_connections: MAX_CONNECTIONS,
            threads: 1,
        }
    }
}
