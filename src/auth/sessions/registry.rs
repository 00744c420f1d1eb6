//! All live sessions of the same users.

use super::{super::account::Grant, By, Live, OpenedBy, SessionId, TrafficSeen};
use crate::audit::Origin;
use crate::sync::{AtomicU64, Mutex, Ordering};
use std::{collections::BTreeMap, time::SystemTime};

/// Sessions come and go on as many threads as there are; so many of them at once do not meet.
const SHARDS: usize = if crate::sync::MODELLED { 1 } else { 8 };

/// All live sessions, by their numbers. At most one lock at a time is held, for one entry or, where all are gone through, for
/// one part.
#[derive(Debug)]
pub(in crate::auth) struct Registry {
    next: AtomicU64,
    shards: [Mutex<BTreeMap<SessionId, Grant>>; SHARDS],
}

/// A live session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveSession {
    /// What it is called.
    pub id: SessionId,
    /// Whose it is.
    pub user: String,
    /// By what it was opened.
    pub by: OpenedBy,
    /// From where.
    pub origin: Origin,
    /// Since when.
    pub opened: SystemTime,
    /// How much went through it, if it belongs to a connection; what the process' own threads do is not counted.
    pub traffic: TrafficSeen,
    /// Whether it has been revoked, and its holder has not noticed yet: the next verb is refused.
    pub ended: bool,
}

impl Registry {
    pub(in crate::auth) fn new() -> Self {
        Self { next: AtomicU64::new(1), shards: std::array::from_fn(|_| Mutex::new(BTreeMap::new())) }
    }

    /// One that is not listed yet.
    pub(in crate::auth) fn prepare(&self, by: By) -> Live {
        // Relaxed: counter only.
        Live::new(SessionId::new(self.next.fetch_add(1, Ordering::Relaxed)), by)
    }

    pub(super) fn enter(&self, grant: &Grant) {
        self.shard(grant.live().id()).lock().insert(grant.live().id(), grant.clone());
    }

    pub(super) fn leave(&self, grant: &Grant) {
        let live = grant.live();
        let left = self.shard(live.id()).lock().remove(&live.id());
        // From here on nobody finds it to end it.
        if left.is_some() && live.is_ended() {
            grant.account().forget_suspect();
        }
    }

    /// Ends this one; whether there is one that had not ended.
    pub(in crate::auth) fn end(&self, id: SessionId) -> bool {
        // Under the lock, so that it either has not left, and its account forgets the mark when it does, or is not found.
        let shard = self.shard(id).lock();
        shard.get(&id).is_some_and(end)
    }

    /// Ends those that were opened before this time; how many that were.
    pub(in crate::auth) fn end_opened_before(&self, time: SystemTime) -> usize {
        let of_shard = |shard: &Mutex<BTreeMap<SessionId, Grant>>| {
            shard.lock().values().filter(|grant| grant.live().opened() < time && end(grant)).count()
        };
        self.shards.iter().map(of_shard).sum()
    }

    /// At most so many with higher numbers than this one, in the order in which they were opened.
    pub(in crate::auth) fn list(&self, after: Option<SessionId>, most: usize) -> Vec<LiveSession> {
        use std::ops::Bound::{Excluded, Unbounded};
        let mut found: Vec<Grant> = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock();
            let range = shard.range((after.map_or(Unbounded, Excluded), Unbounded));
            found.extend(range.take(most).map(|(_, grant)| grant.clone()));
        }
        found.sort_by_key(|grant| grant.live().id());
        found.truncate(most);
        found.iter().map(listed).collect()
    }

    /// How many there are of each user.
    pub(in crate::auth) fn count_by_user(&self) -> BTreeMap<String, usize> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for shard in &self.shards {
            for grant in shard.lock().values() {
                let user = grant.account().name();
                match counts.get_mut(user) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(user.to_owned(), 1)),
                }
            }
        }
        counts
    }

    /// How many there are.
    pub(in crate::auth) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    fn shard(&self, id: SessionId) -> &Mutex<BTreeMap<SessionId, Grant>> {
        &self.shards[usize::try_from(id.number()).unwrap_or(0) % SHARDS]
    }
}

fn end(grant: &Grant) -> bool {
    let ended = grant.live().end();
    if ended {
        grant.account().suspect();
    }
    ended
}

fn listed(grant: &Grant) -> LiveSession {
    let live = grant.live();
    LiveSession {
        id: live.id(),
        user: grant.account().name().to_owned(),
        by: live.by().told(),
        origin: live.origin(),
        opened: live.opened(),
        traffic: live.traffic().seen(),
        ended: grant.permits(crate::auth::Verbs::NONE, None).is_err(),
    }
}
