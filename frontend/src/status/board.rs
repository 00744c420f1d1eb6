//! Where snapshots are made.

use super::{
    Connections, Memory, NamespaceStatus, Requests, Status, UserSessions, Users, refusals::Follower,
};
use crate::{Door, tally::Count, timestamp};
use keyway::{NamespaceStats, SessionId};
use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// A snapshot is as good as new for so long: making one goes through stripes and sessions, and so any number of readers costs no
/// more than two a second.
const FRESH: Duration = Duration::from_millis(500);

/// Sessions are looked at in pages of so many: under each lock, some microseconds.
const PAGE: usize = 256;

/// Makes snapshots of a server. Cheap to clone; clones share it.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::{Door, Policy, status::StatusBoard};
/// use std::sync::Arc;
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let board = StatusBoard::of(Arc::new(Door::new(cache, Policy::default())));
/// let status = board.status();
/// assert_eq!((status.connections.open, status.memory.budget), (0, 1 << 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct StatusBoard {
    shared: Arc<Shared>,
}

struct Shared {
    door: Arc<Door>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    made: Option<(Instant, Arc<Status>)>,
    refusals: Follower,
}

impl StatusBoard {
    /// Of the server behind this door.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// use keyway_frontend::{Door, Policy, status::StatusBoard};
    /// use std::sync::Arc;
    ///
    /// let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), Users::new())?, Policy::default()));
    /// let board = StatusBoard::of(door.clone());
    /// door.connection_opened(0);
    /// assert_eq!(board.status().connections.open, 1);
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    #[must_use]
    pub fn of(door: Arc<Door>) -> Self {
        Self { shared: Arc::new(Shared { door, last: Mutex::default() }) }
    }

    /// How it is now, or was half a second ago at most.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Door, Policy, status::StatusBoard};
    /// # use std::sync::Arc;
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let board = StatusBoard::of(Arc::new(Door::new(cache.clone(), Policy::default())));
    /// let status = board.status();
    /// assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
    /// assert!(Arc::ptr_eq(&board.status(), &status)); // the same snapshot, for half a second
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        let mut last = self.shared.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, status)) = &last.made
            && at.elapsed() < FRESH
        {
            return status.clone();
        }
        let status = Arc::new(make(&self.shared.door, &mut last.refusals));
        last.made = Some((Instant::now(), status.clone()));
        status
    }
}

impl fmt::Debug for StatusBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusBoard").finish_non_exhaustive()
    }
}

fn make(door: &Door, refusals: &mut Follower) -> Status {
    let cache = door.cache();
    let stats = cache.stats();
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: timestamp::write(SystemTime::now()),
        uptime_ms: u64::try_from(door.uptime().as_millis()).unwrap_or(u64::MAX),
        event_loops: door.policy().threads as u64,
        connections: Connections {
            open: door.connections(),
            total: door.connections_ever(),
            limit: door.max_connections() as u64,
        },
        users: users(cache.users()),
        requests: requests(door),
        memory: Memory {
            budget: stats.budget,
            bytes: stats.bytes,
            items: stats.items,
            stored: stats.stored,
            evictions: stats.evictions,
            expirations: stats.expirations,
        },
        namespaces: cache.namespaces().stats().into_iter().map(namespace).collect(),
        refusals: refusals.refusals(cache.audit()),
    }
}

fn requests(door: &Door) -> Requests {
    let counts = door.counts_ever();
    let sum = |these: &[Count]| these.iter().map(|count| counts.of(*count)).sum();
    Requests {
        get_hits: counts.of(Count::GetHits),
        get_misses: counts.of(Count::GetMisses),
        sets: counts.of(Count::Sets),
        deletes: sum(&[Count::DeleteHits, Count::DeleteMisses]),
        touches: sum(&[Count::TouchHits, Count::TouchMisses]),
        arithmetic: sum(&[Count::IncrHits, Count::IncrMisses, Count::DecrHits, Count::DecrMisses]),
        flushes: counts.of(Count::Flushes),
        logins: counts.of(Count::Logins),
        login_errors: counts.of(Count::LoginErrors),
        bytes_in: counts.of(Count::BytesRead),
        bytes_out: counts.of(Count::BytesWritten),
    }
}

fn users(users: &keyway::Users) -> Users {
    let mut by_user: BTreeMap<String, UserSessions> = BTreeMap::new();
    let (mut after, mut sessions): (Option<SessionId>, u64) = (None, 0);
    loop {
        let page = users.sessions(after, PAGE);
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        sessions += page.len() as u64;
        for session in page {
            let of = by_user.entry(session.user).or_default();
            of.sessions += 1;
            of.requests += session.traffic.requests;
            of.bytes_in += session.traffic.bytes_in;
            of.bytes_out += session.traffic.bytes_out;
        }
    }
    let active_count = by_user.len() as u64;
    let mut active: Vec<UserSessions> =
        by_user.into_iter().map(|(user, of)| UserSessions { user, ..of }).collect();
    active.sort_by_key(|of| Reverse((of.sessions, of.requests)));
    active.truncate(Users::LISTED);
    for of in &mut active {
        // One that was removed meanwhile has neither.
        if let Some(status) = users.known_as(&of.user) {
            of.connections = status.connections;
            of.limits = status.record.limits.into();
            of.refused = status.refused.into();
        }
    }
    Users { known: users.user_count() as u64, sessions, active, active_count }
}

fn namespace(of: NamespaceStats) -> NamespaceStatus {
    let NamespaceStats { namespace, stats, connections, refused, .. } = of;
    NamespaceStatus {
        connections,
        limits: namespace.limits.into(),
        refused: refused.into(),
        reserve_items: namespace.reserve_items as u64,
        ceiling_items: namespace.ceiling_items.map(|items| items as u64),
        name: namespace.name,
        reserve: namespace.reserve as u64,
        ceiling: namespace.ceiling.map(|bytes| bytes as u64),
        bytes: stats.bytes,
        items: stats.items,
        hits: stats.hits,
        misses: stats.misses,
        evictions: stats.evictions,
        expirations: stats.expirations,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;
    use keyway::{Cache, Config, Namespace, Role};

    #[test]
    fn a_snapshot_tells_what_is_there_and_is_read_back_as_it_was_written() {
        let cache = Cache::new(Config::new(1 << 20), keyway::Users::new()).unwrap();
        cache.users().add_trusted("ada", Role::ReadWrite).unwrap();
        cache.users().add_trusted("bob", Role::ReadWrite).unwrap();
        let mut shop = Namespace::new("shop");
        shop.reserve = 1 << 16;
        cache.namespaces().add(shop).unwrap();
        cache.users().set_namespace("bob", Some("shop")).unwrap();
        let ada = [(); 3].map(|()| cache.session_for("ada").unwrap());
        let bob = cache.session_for("bob").unwrap();
        bob.set("k", "v").unwrap();
        assert!(ada[0].get("k").unwrap().is_none());
        let door = Arc::new(Door::new(cache, Policy::default()));
        door.connection_opened(0);
        door.tally(0).add(Count::GetHits, 3);
        door.tally(0).count(Count::GetMisses);
        door.reset_counts();
        door.let_in(7);
        let board = StatusBoard::of(door);
        let status = board.status();
        assert_eq!(status.hit_ratio(), Some(0.75), "a reset of `stats` is none here");
        assert_eq!(status.connections.limit, 7, "the one that counts now");
        assert_eq!((status.connections.open, status.users.known, status.users.sessions), (1, 2, 4));
        let active: Vec<_> = status.users.active.iter().map(|of| (of.user.as_str(), of.sessions)).collect();
        assert_eq!(active, [("ada", 3), ("bob", 1)]);
        let names: Vec<_> =
            status.namespaces.iter().map(|of| (of.name.as_str(), of.items, of.misses)).collect();
        assert_eq!(names, [("", 0, 1), ("shop", 1, 0)]);
        let text = serde_json::to_string(&*status).unwrap();
        assert_eq!(serde_json::from_str::<Status>(&text).unwrap(), *status);
        assert!(Arc::ptr_eq(&board.status(), &status), "asked again at once, it is the same");
    }
}
