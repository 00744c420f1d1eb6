//! How often limits were in the way.

use crate::{
    Limit,
    sync::{AtomicU64, Ordering},
};

/// How often each limit of a user or of a namespace was in the way, since it was made: what was asked for and not done.
///
/// ```
/// use keyway::{Cache, Config, Limit, Limits, Namespace, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let mut shop = Namespace::new("shop");
/// shop.limits.operations_per_second = Some(2);
/// cache.namespaces().add(shop)?;
/// cache.users().add_trusted("clerk", Role::ReadWrite)?;
/// cache.users().set_namespace("clerk", Some("shop"))?;
/// let clerk = cache.session_for("clerk")?;
/// let refused = (0..5).filter(|_| clerk.get("greeting").is_err()).count();
/// let stats = cache.namespaces().stats();
/// assert_eq!(stats[1].refused.of(Limit::Operations), refused as u64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LimitRefusals {
    /// Logins that would have been a connection too many.
    pub connections: u64,
    /// Verbs that would have been too many in a second; a look-up of many keys counts once.
    pub operations: u64,
    /// Verbs that would have brought bytes in while too many had come.
    pub bytes_in: u64,
    /// Verbs that would have given bytes out while too many had gone.
    pub bytes_out: u64,
}

impl LimitRefusals {
    /// Those by this limit.
    ///
    /// ```
    /// use keyway::{Limit, LimitRefusals};
    ///
    /// assert_eq!(LimitRefusals::default().of(Limit::Connections), 0);
    /// ```
    #[must_use]
    pub fn of(&self, limit: Limit) -> u64 {
        match limit {
            Limit::Connections => self.connections,
            Limit::Operations => self.operations,
            Limit::BytesIn => self.bytes_in,
            Limit::BytesOut => self.bytes_out,
        }
    }

    /// All of them together.
    ///
    /// ```
    /// assert_eq!(keyway::LimitRefusals::default().total(), 0);
    /// ```
    #[must_use]
    pub fn total(&self) -> u64 {
        [Limit::Connections, Limit::Operations, Limit::BytesIn, Limit::BytesOut]
            .iter()
            .fold(0, |sum, limit| sum.saturating_add(self.of(*limit)))
    }
}

/// The same, while it is counted. All accesses are relaxed: counters only. What is not refused comes nowhere near them.
#[derive(Debug, Default)]
pub(super) struct Refused {
    connections: AtomicU64,
    operations: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Refused {
    pub(super) fn count(&self, limit: Limit) {
        let counter = match limit {
            Limit::Connections => &self.connections,
            Limit::Operations => &self.operations,
            Limit::BytesIn => &self.bytes_in,
            Limit::BytesOut => &self.bytes_out,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> LimitRefusals {
        LimitRefusals {
            connections: self.connections.load(Ordering::Relaxed),
            operations: self.operations.load(Ordering::Relaxed),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
        }
    }
}
