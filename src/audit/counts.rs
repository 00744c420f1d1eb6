//! How often each kind of event happened.

use super::Kind;
use crate::sync::{AtomicU64, Ordering};

const KINDS: usize = Kind::ALL.len();

/// How often each kind of event happened since the process began, and what became of those that were to be written down.
///
/// ```
/// use keyway::{Cache, Config, Users, audit::Kind};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// assert!(cache.login("eve", "a guess").is_err());
/// assert_eq!(cache.audit().counts().of(Kind::LoginFailed), 1);
/// # Ok::<(), keyway::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    happened: [u64; KINDS],
    /// Events that were counted and not told one by one: see [`Event::Folded`](super::Event::Folded).
    pub folded: u64,
    /// Entries that were written down for good.
    pub written: u64,
    /// Entries that were lost on the way there.
    pub dropped: u64,
}

impl Counts {
    /// How often this kind of event happened, folded ones included.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::Kind};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("app", Role::ReadOnly)?;
    /// let counts = cache.audit().counts();
    /// assert_eq!((counts.of(Kind::Changed), counts.of(Kind::LoginFailed)), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.happened[kind as usize]
    }
}

/// On cache lines of their own (two, because processors fetch lines in pairs): whoever floods them slows nobody down who
/// reads something beside them. All accesses are relaxed: counters only, nothing is ordered by them.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Counters {
    happened: [AtomicU64; KINDS],
    folded: AtomicU64,
    written: AtomicU64,
    dropped: AtomicU64,
}

impl Counters {
    pub(super) fn count(&self, kind: Kind) {
        self.happened[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_folded(&self) {
        self.folded.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_written(&self, entries: u64) {
        self.written.fetch_add(entries, Ordering::Relaxed);
    }

    pub(super) fn add_dropped(&self, entries: u64) {
        self.dropped.fetch_add(entries, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counts {
        Counts {
            happened: std::array::from_fn(|at| self.happened[at].load(Ordering::Relaxed)),
            folded: self.folded.load(Ordering::Relaxed),
            written: self.written.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }
}
