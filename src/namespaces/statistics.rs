//! Statistics by namespace.

use super::Namespace;
use crate::{LimitRefusals, Stats};

/// What a namespace was promised, holds, and did.
///
/// ```
/// use keyway::{Cache, Config, Namespace, Users};
///
/// let cache = Cache::new(Config::new(16 << 20), Users::new())?;
/// cache.namespaces().add(Namespace::new("shop"))?;
/// let stats = cache.namespaces().stats();
/// // The main key space, which has no name, comes first.
/// assert_eq!(stats[0].namespace.name, "");
/// assert_eq!((stats[1].namespace.name.as_str(), stats[1].stats.items), ("shop", 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NamespaceStats {
    /// What it was promised.
    pub namespace: Namespace,
    /// What it holds and did.
    pub stats: Stats,
    /// Logins that are held in it, of all its users together: what a limit of connections counts. Sessions of trusted code are none.
    pub connections: u64,
    /// How often its limits were in the way of any of its users.
    pub refused: LimitRefusals,
}
