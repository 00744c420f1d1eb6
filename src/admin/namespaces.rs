//! The namespaces of a cache.

use super::{Admin, AdminError};
use crate::{Limits, Namespace, NamespaceStats, Namespaces, Refusal, UserError};

impl Admin {
    /// What each namespace of this cache was promised, holds and did: see [`Namespaces::stats`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let held = admin.namespaces(&cache.namespaces())?;
    /// assert_eq!(held[0].namespace.name, ""); // the main key space
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn namespaces(&self, cache: &Namespaces) -> Result<Vec<NamespaceStats>, Refusal> {
        self.users()?;
        Ok(cache.stats())
    }

    /// See [`Namespaces::add`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.add_namespace(&cache.namespaces(), Namespace::new("shop"))?;
    /// assert_eq!(cache.namespaces().list()[0].name, "shop");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Namespace`].
    pub fn add_namespace(&self, cache: &Namespaces, namespace: Namespace) -> Result<(), AdminError> {
        let name = namespace.name.clone();
        self.act("add namespace", Some(&name), |_| cache.add(namespace))
    }

    /// See [`Namespaces::change`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let mut shop = Namespace::new("shop");
    /// admin.add_namespace(&cache.namespaces(), shop.clone())?;
    /// shop.ceiling_items = Some(10);
    /// admin.change_namespace(&cache.namespaces(), shop)?;
    /// assert_eq!(cache.namespaces().list()[0].ceiling_items, Some(10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Namespace`].
    pub fn change_namespace(&self, cache: &Namespaces, namespace: Namespace) -> Result<(), AdminError> {
        let name = namespace.name.clone();
        self.act("change namespace", Some(&name), |_| cache.change(namespace))
    }

    /// See [`Users::set_namespace`](crate::Users::set_namespace); but only for a namespace that this cache has now, since nobody could
    /// log in to another one.
    ///
    /// ```
    /// # use keyway::{AdminError, Cache, Config, Role, UserError, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let refused = admin.assign_namespace(&cache.namespaces(), "app", Some("shop"));
    /// assert_eq!(refused, Err(AdminError::User(UserError::UnknownNamespace("shop".to_owned()))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn assign_namespace(
        &self,
        cache: &Namespaces,
        name: &str,
        namespace: Option<&str>,
    ) -> Result<(), AdminError> {
        self.act("set namespace", Some(name), |users| {
            let unknown = namespace.filter(|name| !cache.list().iter().any(|space| space.name == *name));
            match unknown {
                Some(name) => Err(UserError::UnknownNamespace(name.to_owned())),
                None => users.set_namespace(name, namespace),
            }
        })
    }

    /// See [`Namespaces::set_limits`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Limits, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.add_namespace(&cache.namespaces(), Namespace::new("shop"))?;
    /// let mut limits = Limits::default();
    /// limits.operations_per_second = Some(20_000);
    /// admin.set_namespace_limits(&cache.namespaces(), "shop", limits)?;
    /// assert_eq!(cache.namespaces().list()[0].limits, limits);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Namespace`].
    pub fn set_namespace_limits(
        &self,
        cache: &Namespaces,
        name: &str,
        limits: Limits,
    ) -> Result<(), AdminError> {
        self.act("set namespace limits", Some(name), |_| cache.set_limits(name, limits))
    }

    /// See [`Namespaces::remove`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.add_namespace(&cache.namespaces(), Namespace::new("shop"))?;
    /// admin.remove_namespace(&cache.namespaces(), "shop")?;
    /// assert!(cache.namespaces().list().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Namespace`].
    pub fn remove_namespace(&self, cache: &Namespaces, name: &str) -> Result<(), AdminError> {
        self.act("remove namespace", Some(name), |_| cache.remove(name))
    }
}
