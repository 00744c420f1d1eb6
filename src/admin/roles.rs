//! What roles there are.

use super::{Admin, AdminError};
use crate::{Refusal, Rules};

impl Admin {
    /// See [`Users::roles`](crate::Users::roles).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.define_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// assert_eq!(admin.roles()?[0].0, "reporter");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn roles(&self) -> Result<Vec<(String, Rules)>, Refusal> {
        Ok(self.users()?.roles())
    }

    /// See [`Users::define_role`](crate::Users::define_role).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.define_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// admin.set_roles("app", ["reporter"])?;
    /// assert!(app.get("news").is_ok() && app.set("news", "none").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn define_role(&self, name: &str, rules: Rules) -> Result<(), AdminError> {
        self.act("define role", Some(name), |users| users.define_role(name, rules))
    }

    /// See [`Users::define_listed_role`](crate::Users::define_listed_role).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.define_listed_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// cache.users().replace_with_roles([], Vec::new())?; // a list that does not name it
    /// assert!(admin.roles()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn define_listed_role(&self, name: &str, rules: Rules) -> Result<(), AdminError> {
        self.act("define role", Some(name), |users| users.define_listed_role(name, rules))
    }

    /// See [`Users::remove_role`](crate::Users::remove_role).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.define_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// admin.remove_role("reporter")?;
    /// assert!(admin.roles()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn remove_role(&self, name: &str) -> Result<(), AdminError> {
        self.act("remove role", Some(name), |users| users.remove_role(name))
    }
}
