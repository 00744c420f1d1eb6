//! What happened at the doors of a cache, for whoever has to answer for it: who logged in and who failed to, what was refused,
//! what was revoked and changed, and by whom.
//!
//! You need it where somebody will ask who did what: it is there and counts without being asked, so all that is left to do is to read it,
//! or to have it written to a file, which the frontend's `AuditWriter` does. [`record`](Audit::record) is for doors of your own.
//!
//! [`Audit`] is had from [`Cache::audit`](crate::Cache::audit) or [`Users::audit`](crate::Users::audit). It keeps the last
//! events in a ring of bounded size, each an [`Entry`] with a [`Sequence`] number, and counts all of them by [`Kind`]. Whoever
//! reads remembers where it was: [`Audit::recent`] gives what came after it, and says how much was overwritten before it came.
//!
//! ```
//! use keyway::{Cache, Config, Role, Users, audit::{Event, Sequence}};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! cache.users().add("ada", "correct horse", Role::ReadWrite)?;
//! let seen = cache.audit().recent(Sequence::START).last;
//!
//! assert!(cache.login("ada", "guess").is_err());
//! let news = cache.audit().recent(seen);
//! let Event::LoginFailed { claimed, reason, .. } = &news.entries[0].event else { panic!("a login failed") };
//! assert_eq!(claimed.as_ref().map(|name| name.as_str()), Some("ada"));
//! assert_eq!(reason.as_str(), "WrongPassword");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What cannot get in
//!
//! Nothing here takes a password, a verifier or a value. The texts of an event are of four types: a [`Term`] is a word of the
//! program's own, a [`Name`] is that of a user (or role, and so on) that exists, a [`Claimed`] name is what a login said that it
//! was, cut short, and a [`KeyPrefix`] is the front of a key, where keys were asked for ([`Audit::show_keys`]). The last three
//! cannot be made outside of this crate.
//!
//! # What it costs
//!
//! A hit, or anything else that is allowed, does not come near it. An event takes a fraction of a microsecond and one short lock.
//! What peers can cause as often as they like is bounded: see [`Event::Folded`].

mod bounds;
mod breakdown;
mod counts;
mod entry;
mod event;
mod failure_id;
mod fields;
mod origin;
mod peer;
mod ring;
mod text;
mod trail;

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

pub use breakdown::{DenialCount, LoginCount};
pub use counts::Counts;
pub use entry::{Entry, Recent, Sequence};
pub use event::{Act, Event, Kind, Subject};
pub use failure_id::{BadFailureId, FailureId};
pub use fields::Value;
pub use origin::Origin;
pub use peer::Peer;
pub use text::{Claimed, KeyPrefix, Name, Term};
pub(crate) use trail::Trail;

use crate::sync::{Arc, AtomicUsize, Mutex, Ordering};
use bounds::{Bounds, Ruling};
use breakdown::Breakdown;
use counts::Counters;
use ring::Ring;
use std::{
    fmt,
    time::{Instant, SystemTime},
};

/// The audit of a cache and its users. Cheap to clone; clones share it.
///
/// ```
/// use keyway::{Cache, Config, Users, audit::{Event, Sequence}};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// assert!(cache.login("eve", "a guess").is_err());
/// let recent = cache.audit().recent(Sequence::START);
/// assert!(matches!(recent.entries[0].event, Event::LoginFailed { .. }));
/// // The next look begins where this one ended.
/// assert!(cache.audit().recent(recent.last).entries.is_empty());
/// # Ok::<(), keyway::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Audit {
    shared: Arc<Shared>,
}

struct Shared {
    ring: Mutex<Ring>,
    counters: Counters,
    breakdown: Breakdown,
    bounds: Bounds,
    /// Bytes of a key that a refusal or a sample shows.
    key_bytes: AtomicUsize,
}

/// Entries that are read under one lock: some microseconds, for which whoever has something to tell waits.
const READ_AT_ONCE: usize = 32;

impl Audit {
    /// Entries that the ring holds unless [`hold`](Self::hold) says otherwise. Each takes some 300 bytes, and a place is only
    /// taken by an entry.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::{Audit, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// for _ in 0..Audit::USUAL + 1 {
    ///     cache.users().add_trusted("app", keyway::Role::ReadOnly)?;
    ///     cache.users().remove("app")?;
    /// }
    /// assert_eq!(cache.audit().recent(Sequence::START).entries.len(), Audit::USUAL);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const USUAL: usize = 1024;

    pub(crate) fn new() -> Self {
        let shared = Shared {
            ring: Mutex::new(Ring::new(Self::USUAL)),
            counters: Counters::default(),
            breakdown: Breakdown::new(),
            bounds: Bounds::new(Instant::now()),
            key_bytes: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Lets the ring hold so many entries from now on; the oldest go where it held more. With 0, events are counted only.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::Sequence};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.audit().hold(1);
    /// for _ in 0..2 {
    ///     assert!(cache.login("eve", "a guess").is_err());
    /// }
    /// let recent = cache.audit().recent(Sequence::START);
    /// assert_eq!((recent.entries.len(), recent.missed), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hold(&self, entries: usize) {
        let gone = self.shared.ring.lock().hold(entries);
        drop(gone);
    }

    /// Shows the first bytes of keys in refusals and samples from now on, at most [`KeyPrefix::MAX`]. Keys may say much about
    /// whoever the data is of, so none are shown unless this is called.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::{Event, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.audit().show_keys(4);
    /// cache.users().add_trusted("reader", Role::ReadOnly)?;
    /// assert!(cache.session_for("reader")?.set("customer 7", "v").is_err());
    ///
    /// let last = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
    /// let Event::Refused { key: Some(key), .. } = last.event else { panic!("{last:?}") };
    /// assert_eq!((key.as_bytes(), key.len()), (&b"cust"[..], 10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn show_keys(&self, bytes: usize) {
        // Relaxed: a setting, which nothing else is ordered by.
        self.shared.key_bytes.store(bytes.min(KeyPrefix::MAX), Ordering::Relaxed);
    }

    /// What was told after that number, oldest first, and how much of it was overwritten before this call. Begin with
    /// [`Sequence::START`] and go on with [`Recent::last`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::Sequence};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let seen = cache.audit().recent(Sequence::START).last;
    /// assert!(cache.login("eve", "a guess").is_err());
    /// assert_eq!(cache.audit().recent(seen).entries.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn recent(&self, after: Sequence) -> Recent {
        let until = self.shared.ring.lock().last();
        let mut recent = Recent { entries: Vec::new(), missed: 0, last: after };
        while recent.last < until {
            self.shared.ring.lock().read(&mut recent, READ_AT_ONCE);
        }
        recent
    }

    /// How often each kind of event happened, and what became of those that were to be written down.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::Kind};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// assert!(cache.login("eve", "a guess").is_err());
    /// assert_eq!(cache.audit().counts().of(Kind::LoginFailed), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    /// How many logins ended in which way since the process began, those of trusted code included.
    ///
    /// ```
    /// use keyway::{Cache, Config, Users, audit::Kind};
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// assert!(cache.login("ada", "guess").is_err());
    /// let counted = cache.audit().login_counts();
    /// assert_eq!((counted[0].kind, counted[0].count), (Kind::LoginFailed, 1));
    /// assert_eq!(counted[0].mechanism.map(|it| it.as_str()), Some("password"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn login_counts(&self) -> Vec<LoginCount> {
        self.shared.breakdown.logins()
    }

    /// How many verbs were refused since the process began, by the roles of whose session it was.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("reader", Role::ReadOnly)?;
    /// assert!(cache.session_for("reader")?.set("k", "v").is_err());
    /// let counted = cache.audit().denial_counts();
    /// assert_eq!((counted[0].roles.as_str(), counted[0].verb.as_str()), ("read-only", "write"));
    /// assert_eq!((counted[0].reason.as_str(), counted[0].count), ("Forbidden", 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn denial_counts(&self) -> Vec<DenialCount> {
        self.shared.breakdown.denials()
    }

    /// Tells of something that happened: for whoever opens another door to the cache.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::{Event, FailureId, Kind, Origin, Term}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// // A door of one's own, at which somebody failed.
    /// let failed = Event::LoginFailed {
    ///     id: FailureId::next(),
    ///     mechanism: None,
    ///     claimed: None,
    ///     reason: Term::new("NoPassport"),
    /// };
    /// cache.audit().record(&Origin::connection(17, None), failed);
    /// assert_eq!(cache.audit().counts().of(Kind::LoginFailed), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record(&self, origin: &Origin, event: Event) {
        self.shared.breakdown.told(&event);
        let (kind, whom) = (event.kind(), event.whom().to_owned());
        self.tell(origin, kind, &whom, || event);
    }

    /// Counts entries that have been written down for good: for whoever carries them from the ring to somewhere else.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::Sequence};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let news = cache.audit().recent(Sequence::START);
    /// cache.audit().count_written(news.entries.len() as u64); // once they are where they stay
    /// assert_eq!(cache.audit().counts().written, news.entries.len() as u64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_written(&self, entries: u64) {
        self.shared.counters.add_written(entries);
    }

    /// Counts entries that could not be written down, or were overwritten before they were: see [`count_written`](Self::count_written).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::Sequence};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.audit().hold(1);
    /// for _ in 0..3 {
    ///     assert!(cache.login("eve", "a guess").is_err());
    /// }
    /// cache.audit().count_dropped(cache.audit().recent(Sequence::START).missed);
    /// assert_eq!(cache.audit().counts().dropped, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_dropped(&self, entries: u64) {
        self.shared.counters.add_dropped(entries);
    }

    /// Tells now what was folded and not told yet, whatever its time: before an end.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::{Event, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// for _ in 0..100 {
    ///     assert!(cache.login("eve", "a guess").is_err()); // more than are told one by one
    /// }
    /// cache.audit().settle();
    /// let last = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
    /// assert!(matches!(last.event, Event::Folded { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn settle(&self) {
        self.tell_folded(self.shared.bounds.take_all(Instant::now()));
    }

    /// Upkeep: tells what was folded for some seconds.
    pub(crate) fn maintain(&self) {
        if self.shared.bounds.has_folded() {
            self.tell_folded(self.shared.bounds.take_due(Instant::now()));
        }
    }

    /// Makes the event only where it is told and not folded.
    fn tell(&self, origin: &Origin, kind: Kind, whom: &str, event: impl FnOnce() -> Event) {
        self.shared.counters.count(kind);
        if kind.is_bounded() {
            let ruling = self.shared.bounds.rule(kind, origin, whom, Instant::now());
            self.tell_folded(ruling.folded);
            if ruling.ruling == Ruling::Fold {
                self.shared.counters.count_folded();
                return;
            }
        }
        self.push(origin.clone(), event());
    }

    fn tell_folded(&self, folded: impl IntoIterator<Item = bounds::Folded>) {
        for bounds::Folded { kind, count, origin } in folded {
            self.push(origin, Event::Folded { of: kind, count });
        }
    }

    fn push(&self, origin: Origin, event: Event) {
        let at = SystemTime::now();
        let gone = self.shared.ring.lock().push(at, origin, event);
        // Outside of the lock.
        drop(gone);
    }

    /// As much of a key as is to be shown.
    fn prefix_of(&self, key: &[u8]) -> Option<KeyPrefix> {
        // Relaxed: see `show_keys`.
        match self.shared.key_bytes.load(Ordering::Relaxed) {
            0 => None,
            bytes => Some(KeyPrefix::of(key, bytes)),
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
