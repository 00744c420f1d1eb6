//! The snapshot. Its fields are the keys of `/status.json`.

use super::limits::{LimitsRow, RefusedRow};
use serde::{Deserialize, Serialize};

/// What a server does at a moment. Counters begin with the server and never go back (`stats reset` does not touch them).
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// let json = serde_json::to_string(&*board.status())?;
/// assert!(json.contains("\"uptime_ms\":"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// When this was made, in RFC 3339.
    pub at: String,
    /// Milliseconds since the server began: what rates are divided by.
    pub uptime_ms: u64,
    /// Threads that serve connections.
    pub event_loops: u64,
    /// Who is connected.
    pub connections: Connections,
    /// Who there is, and who is in.
    pub users: Users,
    /// What was asked for over connections.
    pub requests: Requests,
    /// What is held, in all namespaces together.
    pub memory: Memory,
    /// The main key space, under an empty name, and each namespace.
    pub namespaces: Vec<NamespaceStatus>,
    /// What was refused.
    pub refusals: Refusals,
}

/// Who is connected.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// assert_eq!((board.status().connections.open, board.status().connections.limit), (0, 1024));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Connections {
    /// Now.
    pub open: u64,
    /// Ever.
    pub total: u64,
    /// As many as there may be at once.
    pub limit: u64,
}

/// Who there is, and who is in.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// let _session = cache.session_for("app")?;
/// let users = board.status().users.clone();
/// assert_eq!((users.known, users.sessions, users.active_count), (1, 1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Users {
    /// Users that are known.
    pub known: u64,
    /// Live sessions.
    pub sessions: u64,
    /// Users with live sessions; those with most come first, and no more than [`Users::LISTED`] of them.
    pub active: Vec<UserSessions>,
    /// Users with live sessions, listed or not.
    pub active_count: u64,
}

impl Users {
    /// Users that are listed at most.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Door, Policy, status::StatusBoard};
    /// # use std::sync::Arc;
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
    /// # use keyway_frontend::status;
    /// let mut sessions = Vec::new();
    /// for number in 0..status::Users::LISTED + 5 {
    ///     let name = format!("worker-{number}");
    ///     cache.users().add_trusted(&name, Role::ReadOnly)?;
    ///     sessions.push(cache.session_for(&name)?);
    /// }
    /// let users = &board.status().users;
    /// assert_eq!((users.active.len(), users.active_count), (status::Users::LISTED, 25));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const LISTED: usize = 20;
}

/// The live sessions of a user.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// let _session = cache.session_for("app")?;
/// let active = &board.status().users.active[0];
/// assert_eq!((active.user.as_str(), active.sessions), ("app", 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserSessions {
    /// The name.
    pub user: String,
    /// How many.
    pub sessions: u64,
    /// Requests that these sessions made. It goes back when one of them ends.
    pub requests: u64,
    /// Bytes that came in, likewise.
    pub bytes_in: u64,
    /// Bytes that went out, likewise.
    pub bytes_out: u64,
    /// Of these sessions, those that came by a login: what a limit of connections counts.
    #[serde(default)]
    pub connections: u64,
    /// How much the user may do.
    #[serde(skip_serializing_if = "LimitsRow::is_none", default)]
    pub limits: LimitsRow,
    /// How often its own limits were in the way.
    #[serde(skip_serializing_if = "RefusedRow::is_none", default)]
    pub refused: RefusedRow,
}

/// What was asked for over connections. Counters.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// cache.session_for("app")?.set("k", "v")?;
/// assert_eq!(board.status().requests.sets, 0); // no connection asked for it
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Requests {
    /// Gets that found something.
    pub get_hits: u64,
    /// Gets that found nothing.
    pub get_misses: u64,
    /// Storage requests, whatever became of them.
    pub sets: u64,
    /// Deletes.
    pub deletes: u64,
    /// Touches.
    pub touches: u64,
    /// Increments and decrements.
    pub arithmetic: u64,
    /// Flushes.
    pub flushes: u64,
    /// Logins that ended, either way.
    pub logins: u64,
    /// Of these, the refused ones.
    pub login_errors: u64,
    /// Bytes of requests.
    pub bytes_in: u64,
    /// Bytes of answers.
    pub bytes_out: u64,
}

/// What is held. Gauges, then counters.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// cache.session_for("app")?.set("k", "v")?;
/// assert_eq!((board.status().memory.items, board.status().memory.budget), (1, 1 << 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Memory {
    /// Bytes that may be held.
    pub budget: u64,
    /// Bytes that are held, overhead included.
    pub bytes: u64,
    /// Items that are held.
    pub items: u64,
    /// Items ever stored.
    pub stored: u64,
    /// Items evicted to make room.
    pub evictions: u64,
    /// Items removed because they had expired.
    pub expirations: u64,
}

/// A namespace, or the main key space.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// cache.session_for("app")?.get("k")?;
/// let main = &board.status().namespaces[0];
/// assert_eq!((main.name.as_str(), main.hits, main.misses), ("", 0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NamespaceStatus {
    /// The name; empty for the main key space.
    pub name: String,
    /// Bytes that are reserved for it.
    pub reserve: u64,
    /// Items that are reserved for it, whatever their size.
    #[serde(default)]
    pub reserve_items: u64,
    /// The most bytes that it may hold, if there is a ceiling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceiling: Option<u64>,
    /// The most items that it may hold, if there is a ceiling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceiling_items: Option<u64>,
    /// Bytes that it holds.
    pub bytes: u64,
    /// Items that it holds.
    pub items: u64,
    /// Gets that found an item, by connections and by the process itself.
    pub hits: u64,
    /// Gets that found none, likewise.
    pub misses: u64,
    /// Items evicted to make room.
    pub evictions: u64,
    /// Items removed because they had expired.
    pub expirations: u64,
    /// Logins that are held in it, of all its users together: what a limit of connections counts.
    #[serde(default)]
    pub connections: u64,
    /// How much may be done in it, by all its users together.
    #[serde(skip_serializing_if = "LimitsRow::is_none", default)]
    pub limits: LimitsRow,
    /// How often its limits were in the way of any of its users.
    #[serde(skip_serializing_if = "RefusedRow::is_none", default)]
    pub refused: RefusedRow,
}

/// What was refused. Counters, and the last ones.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// assert!(cache.login("eve", "a guess").is_err());
/// assert_eq!(board.status().refusals.logins, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refusals {
    /// Logins that were refused.
    pub logins: u64,
    /// Logins that were put off.
    pub put_off: u64,
    /// Verbs that were refused.
    pub verbs: u64,
    /// The last ones that the audit told one by one, the newest first, and no more than [`Refusals::LISTED`].
    pub recent: Vec<RecentRefusal>,
}

impl Refusals {
    /// Refusals that are listed at most.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Door, Policy, status::StatusBoard};
    /// # use std::sync::Arc;
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
    /// # use keyway_frontend::status::Refusals;
    /// for number in 0..Refusals::LISTED + 5 {
    ///     let name = format!("reader-{number}");
    ///     cache.users().add_trusted(&name, Role::ReadOnly)?;
    ///     assert!(cache.session_for(&name)?.set("k", "v").is_err());
    /// }
    /// let refusals = &board.status().refusals;
    /// assert_eq!((refusals.recent.len(), refusals.verbs), (Refusals::LISTED, 25));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const LISTED: usize = 20;
}

/// Something that was refused.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Door, Policy, status::StatusBoard};
/// # use std::sync::Arc;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
/// assert!(cache.login("eve", "a guess").is_err());
/// let refusal = &board.status().refusals.recent[0];
/// assert_eq!((refusal.kind.as_str(), refusal.user.as_deref()), ("login_failed", Some("eve")));
/// assert_eq!((refusal.reason.as_str(), refusal.from.as_str()), ("UnknownUser", "process"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecentRefusal {
    /// Its number in the audit: no two have the same.
    pub number: u64,
    /// When, in RFC 3339.
    pub at: String,
    /// As the audit calls the kind: `login_failed`, `login_put_off` or `refusal`.
    pub kind: String,
    /// Of a login: what `keyway doctor explain` can be asked about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// The user, or what a login claimed to be called: any text, so it is to be escaped where it is shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// The verb, or the mechanism of a login.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verb: Option<String>,
    /// Why.
    pub reason: String,
    /// From where: `process`, or an address.
    pub from: String,
}

impl Status {
    /// The part of gets that found something; `None` before the first.
    ///
    /// ```
    /// use keyway_frontend::status::Status;
    ///
    /// let mut status = Status::default();
    /// assert_eq!(status.hit_ratio(), None);
    /// (status.requests.get_hits, status.requests.get_misses) = (3, 1);
    /// assert_eq!(status.hit_ratio(), Some(0.75));
    /// ```
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        ratio(self.requests.get_hits, self.requests.get_misses)
    }
}

/// The first's part of both.
#[expect(clippy::cast_precision_loss, reason = "a part of very many need not be exact")]
pub(super) fn ratio(hits: u64, misses: u64) -> Option<f64> {
    let all = hits.saturating_add(misses);
    (all > 0).then(|| hits as f64 / all as f64)
}
