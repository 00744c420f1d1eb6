//! Who there is, and what each may do.

use super::{Admin, AdminError};
use crate::{Limits, Refusal, Roles, UserRecord, UserStatus};

impl Admin {
    /// See [`Users::known`](crate::Users::known): what is stored of the passwords is left out.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// assert_eq!(admin.user_list()?[0].record.name, "app");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn user_list(&self) -> Result<Vec<UserStatus>, Refusal> {
        Ok(self.users()?.known())
    }

    /// See [`Users::add_record`](crate::Users::add_record).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, UserRecord, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.add_user(UserRecord::with_credentials("worker", Role::ReadOnly, Vec::new()))?;
    /// assert!(cache.session_for("worker").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn add_user(&self, user: UserRecord) -> Result<(), AdminError> {
        let name = user.name.clone();
        self.act("add user", Some(&name), |users| users.add_record(user))
    }

    /// See [`Users::remove`](crate::Users::remove).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.remove_user("app")?;
    /// assert!(app.standing().is_err() && cache.session_for("app").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn remove_user(&self, name: &str) -> Result<(), AdminError> {
        self.act("remove user", Some(name), |users| users.remove(name))
    }

    /// See [`Users::set_roles`](crate::Users::set_roles).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.set_roles("app", Role::ReadOnly)?;
    /// assert_eq!(app.set("greeting", "hello"), Err(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn set_roles(&self, name: &str, roles: impl Into<Roles>) -> Result<(), AdminError> {
        self.act("set roles", Some(name), |users| users.set_roles(name, roles))
    }

    /// See [`Users::set_limits`](crate::Users::set_limits).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Limits, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let mut limits = Limits::default();
    /// limits.value = Some(3);
    /// admin.set_limits("app", limits)?;
    /// assert!(app.set("greeting", "hello").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn set_limits(&self, name: &str, limits: Limits) -> Result<(), AdminError> {
        self.act("set limits", Some(name), |users| users.set_limits(name, limits))
    }

    /// See [`Users::set_namespace`](crate::Users::set_namespace).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # cache.namespaces().add(Namespace::new("shop"))?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.set_namespace("app", Some("shop"))?;
    /// cache.session_for("app")?.set("colour", "red")?;
    /// admin.set_namespace("app", None)?;
    /// assert!(cache.session_for("app")?.get("colour")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn set_namespace(&self, name: &str, namespace: Option<&str>) -> Result<(), AdminError> {
        self.act("set namespace", Some(name), |users| users.set_namespace(name, namespace))
    }
}
