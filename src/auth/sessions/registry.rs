//! All live sessions of the same users.

use super::{super::grant::Grant, By, Live, OpenedBy, SessionId, TrafficSeen};
use crate::audit::Origin;
use crate::sync::{AtomicU64, Mutex, Ordering};
use std::{
    borrow::Borrow,
    cmp,
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
    time::SystemTime,
};

/// Sessions come and go on as many threads as there are; so many of them at once do not meet.
const SHARDS: usize = if crate::sync::MODELLED { 1 } else { 8 };

/// Sessions that are looked at under one lock: some microseconds.
const AT_ONCE: usize = if crate::sync::MODELLED { 1 } else { 128 };

/// All live sessions, by their numbers. At most one lock at a time is held, for one entry or, where all are gone through, for
/// one part.
#[derive(Debug)]
pub(in crate::auth) struct Registry {
    next: AtomicU64,
    shards: [Mutex<BTreeSet<Listed>>; SHARDS],
}

/// A grant by the number of its session, so that an entry is one pointer.
#[derive(Debug)]
struct Listed(Grant);

/// A live session.
///
/// ```
/// # use keyway::{Cache, Config, OpenedBy, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// session.set("greeting", "hello")?;
/// let live = &cache.users().sessions(None, 10)[0];
/// assert_eq!((live.user.as_str(), &live.by, live.ended), ("app", &OpenedBy::Code, false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

impl Borrow<SessionId> for Listed {
    fn borrow(&self) -> &SessionId {
        self.0.live().id_ref()
    }
}

impl PartialEq for Listed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Listed {}

impl PartialOrd for Listed {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Listed {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.0.live().id().cmp(&other.0.live().id())
    }
}

impl Registry {
    pub(in crate::auth) fn new() -> Self {
        Self { next: AtomicU64::new(1), shards: std::array::from_fn(|_| Mutex::new(BTreeSet::new())) }
    }

    /// One that is not listed yet.
    pub(in crate::auth) fn prepare(&self, by: By) -> Live {
        // Relaxed: counter only.
        Live::new(SessionId::new(self.next.fetch_add(1, Ordering::Relaxed)), by)
    }

    pub(super) fn enter(&self, grant: &Grant) {
        self.shard(grant.live().id()).lock().insert(Listed(grant.clone()));
    }

    pub(super) fn leave(&self, grant: &Grant) {
        let live = grant.live();
        let left = self.shard(live.id()).lock().remove(&live.id());
        // From here on nobody finds it to end it.
        if left && live.is_ended() {
            grant.account().forget_suspect();
        }
    }

    /// Ends this one; whether there is one that had not ended.
    pub(in crate::auth) fn end(&self, id: SessionId) -> bool {
        // Under the lock, so that it either has not left, and its account forgets the mark when it does, or is not found.
        let shard = self.shard(id).lock();
        let Some(Listed(grant)) = shard.get(&id) else { return false };
        let ended = grant.live().end();
        if ended {
            grant.account().suspect();
        }
        ended
    }

    /// Goes through all, a piece at a time: whoever logs in or leaves waits for no more than that.
    fn each(&self, mut look: impl FnMut(&Grant)) {
        for shard in &self.shards {
            let mut after: Option<SessionId> = None;
            loop {
                let shard = shard.lock();
                let range = shard.range((after.map_or(Unbounded, Excluded), Unbounded));
                let (mut looked_at, mut last) = (0, None);
                for Listed(grant) in range.take(AT_ONCE) {
                    look(grant);
                    (looked_at, last) = (looked_at + 1, Some(grant.live().id()));
                }
                after = last;
                if looked_at < AT_ONCE {
                    break;
                }
            }
        }
    }

    /// At most so many with higher numbers than this one, in the order in which they were opened.
    pub(in crate::auth) fn list(&self, after: Option<SessionId>, most: usize) -> Vec<LiveSession> {
        let mut found: Vec<Grant> = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock();
            let range = shard.range((after.map_or(Unbounded, Excluded), Unbounded));
            found.extend(range.take(most).map(|Listed(grant)| grant.clone()));
        }
        found.sort_by_key(|grant| grant.live().id());
        found.truncate(most);
        found.iter().map(listed).collect()
    }

    /// How many there are of each user.
    pub(in crate::auth) fn count_by_user(&self) -> BTreeMap<String, usize> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        self.each(|grant| {
            let user = grant.account().name();
            match counts.get_mut(user) {
                Some(count) => *count += 1,
                None => drop(counts.insert(user.to_owned(), 1)),
            }
        });
        counts
    }

    /// How many there are.
    pub(in crate::auth) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    fn shard(&self, id: SessionId) -> &Mutex<BTreeSet<Listed>> {
        &self.shards[usize::try_from(id.number()).unwrap_or(0) % SHARDS]
    }
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
