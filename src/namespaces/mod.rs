//! Namespaces: tenants' own key spaces inside one budget.
//!
//! Each is a store of its own, with stripes, index, order, hash key, statistics and versions; what they share is the house's
//! budget. So nothing that is done in one is seen in another, and a session, which holds its store, pays nothing for it.

mod error;
mod spaces;
mod statistics;
mod terms;

pub use error::NamespaceError;
pub(crate) use spaces::Spaces;
pub use statistics::NamespaceStats;
pub use terms::Namespace;

use crate::{Limits, Refusal, Session, Verb, sync::Arc};
use std::fmt;

/// The namespaces of a cache: list, add, change and remove them while it runs. Cheap to clone; clones share them.
///
/// A user is of one namespace, or of the main key space, which has no name, nothing reserved and no ceiling; which one it is
/// counts from the login on, and clients need to know nothing of it. The same key names other data in each.
///
/// Where the budget is full, whoever stores something pays for it with what is furthest beyond its reservation, for each byte that
/// is reserved for it, itself included; one within its reservation gives nothing to others. A namespace at its ceiling pays with its own.
/// Reserved items are kept against all but those who take up what is reserved for them in bytes.
///
/// ```
/// # use keyway::{Cache, Config, Namespace, Users};
/// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
/// let namespaces = cache.namespaces();
/// let mut shop = Namespace::new("shop");
/// shop.reserve = 8 << 20;
/// namespaces.add(shop.clone())?;
/// shop.ceiling = Some(32 << 20);
/// namespaces.change(shop)?;
/// assert_eq!(namespaces.list()[0].ceiling, Some(32 << 20));
/// namespaces.remove("shop")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Namespaces {
    spaces: Arc<Spaces>,
}

impl Namespaces {
    pub(crate) fn new(spaces: Arc<Spaces>) -> Self {
        Self { spaces }
    }

    /// All but the main key space, sorted by name.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let namespaces = cache.namespaces();
    /// namespaces.add(Namespace::new("shop"))?;
    /// assert_eq!(namespaces.list()[0].name, "shop");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn list(&self) -> Vec<Namespace> {
        self.spaces.list()
    }

    /// Makes a namespace, with nothing in it. What it takes while it is empty, some 10 KiB, counts against the budget, and against
    /// what is reserved for it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, NamespaceError, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let namespaces = cache.namespaces();
    /// namespaces.add(Namespace::new("shop"))?;
    /// assert_eq!(namespaces.add(Namespace::new("shop")), Err(NamespaceError::Exists("shop".to_owned())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NamespaceError`], but for [`NamespaceError::Unknown`].
    pub fn add(&self, namespace: Namespace) -> Result<(), NamespaceError> {
        self.spaces.add(namespace)
    }

    /// Changes what a namespace is promised. When this returns, what it holds beyond a lower ceiling has been evicted. Its stripes
    /// stay.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let namespaces = cache.namespaces();
    /// namespaces.add(Namespace::new("shop"))?;
    /// let mut shop = Namespace::new("shop");
    /// shop.ceiling = Some(1 << 18);
    /// namespaces.change(shop)?;
    /// assert_eq!(namespaces.list()[0].ceiling, Some(1 << 18));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NamespaceError::Unknown`], [`NamespaceError::ReservedBeyondBudget`], [`NamespaceError::CeilingBelowReserve`],
    /// [`NamespaceError::CeilingTooLow`], [`NamespaceError::CeilingBelowReservedItems`], [`NamespaceError::NoItems`].
    pub fn change(&self, namespace: Namespace) -> Result<(), NamespaceError> {
        self.spaces.change(namespace)
    }

    /// Gives a namespace other limits in place of those that it has, which count from the very next verb of its live sessions on. Those
    /// that are over a limit of connections stay. What it was promised stays as well.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Limits, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let namespaces = cache.namespaces();
    /// namespaces.add(Namespace::new("shop"))?;
    /// cache.users().add_trusted("clerk", Role::ReadWrite)?;
    /// cache.users().set_namespace("clerk", Some("shop"))?;
    /// let clerk = cache.session_for("clerk")?;
    /// let mut limits = Limits::default();
    /// limits.value = Some(3);
    /// namespaces.set_limits("shop", limits)?;
    /// assert!(clerk.set("till", "low").is_ok() && clerk.set("till", "full").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NamespaceError::Unknown`].
    pub fn set_limits(&self, name: &str, limits: Limits) -> Result<(), NamespaceError> {
        self.spaces.set_limits(name, limits)
    }

    /// Removes a namespace and everything in it. Its users' sessions are refused from the next verb on, and they cannot log in
    /// while there is none of that name. When this returns, its bytes have come back, but for those of its empty stripes,
    /// which go with the last of its sessions.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let namespaces = cache.namespaces();
    /// namespaces.add(Namespace::new("shop"))?;
    /// cache.users().add_trusted("clerk", Role::ReadWrite)?;
    /// cache.users().set_namespace("clerk", Some("shop"))?;
    /// let clerk = cache.session_for("clerk")?;
    /// namespaces.remove("shop")?;
    /// assert!(clerk.get("till").is_err() && cache.session_for("clerk").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NamespaceError::Unknown`].
    pub fn remove(&self, name: &str) -> Result<(), NamespaceError> {
        self.spaces.remove(name)
    }

    /// Makes the namespaces exactly these, as a file lists them: those that are not listed are removed, those that are there are
    /// changed and keep what they hold. Nothing is done if the whole cannot be.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let namespaces = cache.namespaces();
    /// namespaces.add(Namespace::new("shop"))?;
    /// namespaces.replace(vec![Namespace::new("office")])?;
    /// let names: Vec<_> = namespaces.list().into_iter().map(|namespace| namespace.name).collect();
    /// assert_eq!(names, ["office"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NamespaceError`], but for [`NamespaceError::Unknown`] and [`NamespaceError::Exists`].
    pub fn replace(&self, namespaces: Vec<Namespace>) -> Result<(), NamespaceError> {
        self.spaces.replace(namespaces)
    }

    /// Removes everything from the main key space and from each namespace, for a session that may. When this returns, nothing is
    /// there that was stored before the call.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let namespaces = cache.namespaces();
    /// namespaces.add(Namespace::new("shop"))?;
    /// cache.users().add_trusted("root", Role::Admin)?;
    /// let root = cache.session_for("root")?;
    /// root.set("greeting", "hello")?;
    /// namespaces.flush_all(&root)?;
    /// assert!(root.get("greeting")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`]. If the session is revoked meanwhile, a part may have been removed.
    pub fn flush_all(&self, session: &Session) -> Result<(), Refusal> {
        self.spaces
            .stores()
            .iter()
            .try_for_each(|store| store.flush(|| session.admit_everywhere(Verb::FlushAll)))
    }

    /// What each holds and did, sorted by name; first the main key space, under an empty one.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let namespaces = cache.namespaces();
    /// namespaces.add(Namespace::new("shop"))?;
    /// let held = namespaces.stats();
    /// assert_eq!((held[0].namespace.name.as_str(), held[1].namespace.name.as_str()), ("", "shop"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Vec<NamespaceStats> {
        self.spaces.stats()
    }
}

impl fmt::Debug for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespaces").finish_non_exhaustive()
    }
}
