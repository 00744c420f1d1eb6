//! What roles there are, and who has which.

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::{Users, listing::listing_of};
use crate::{
    Limits,
    auth::{name::UserName, roles::Roles, rules::Rules, user_error::UserError, user_record::UserRecord},
};
use std::time::SystemTime;

impl Users {
    /// Defines a role, or defines it anew: then that counts at the very next verb of the live sessions of everybody who has
    /// it. When this returns, no write that is forbidden now can land.
    ///
    /// ```
    /// use keyway::{Cache, Config, Refusal, Rule, Rules, Users, Verb};
    ///
    /// let users = Users::new();
    /// users.define_role("reporter", Rules::from([Rule::allow(Verb::Read).under("reports/")]))?;
    /// users.add_trusted("rita", ["reporter"])?;
    /// let cache = Cache::new(Config::new(1 << 20), users)?;
    /// let rita = cache.session_for("rita")?;
    /// assert!(rita.get("reports/today")?.is_none());
    /// assert_eq!(rita.get("orders/1").err(), Some(Refusal::Forbidden));
    /// assert_eq!(rita.set("reports/today", "..."), Err(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadRoleName`], [`UserError::BuiltInRole`].
    pub fn define_role(&self, name: &str, rules: Rules) -> Result<(), UserError> {
        self.alter(|directory| directory.define_role(name, rules))
    }

    /// As [`define_role`](Self::define_role), but until a list says otherwise: a role that was not there before counts as one of the
    /// last [`replace_with_roles`](Self::replace_with_roles), and goes with the next one that does not name it.
    ///
    /// ```
    /// use keyway::{Rules, Users, Verb, Rule};
    ///
    /// let users = Users::new();
    /// users.define_listed_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// assert_eq!(users.roles().len(), 1);
    /// users.replace_with_roles([], Vec::new())?;
    /// assert!(users.roles().is_empty());
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`define_role`](Self::define_role).
    pub fn define_listed_role(&self, name: &str, rules: Rules) -> Result<(), UserError> {
        self.alter(|directory| directory.define_listed_role(name, rules))
    }

    /// Removes a role. Who has it loses what it allowed, at the very next verb, and what it denied is denied no more.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.define_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// users.add_trusted("rita", ["reporter"])?;
    /// let session = cache.session_for("rita")?;
    /// users.remove_role("reporter")?;
    /// assert_eq!(session.get("news").err(), Some(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::UnknownRole`], [`UserError::BuiltInRole`].
    pub fn remove_role(&self, name: &str) -> Result<(), UserError> {
        self.alter(|directory| directory.remove_role(name))
    }

    /// The roles that were defined, sorted by name; not those that are built in ([`Role::ALL`](crate::Role::ALL)).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.define_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// assert_eq!(users.roles()[0].0, "reporter");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn roles(&self) -> Vec<(String, Rules)> {
        let directory = self.shared.directory.read();
        directory.roles().iter().map(|(name, rules)| (name.clone(), rules.clone())).collect()
    }

    /// The names of this user's roles, as they are listed.
    pub(crate) fn roles_of(&self, name: &str) -> Option<String> {
        let name = UserName::new(name).ok()?;
        self.shared.directory.read().user(&name).ok().map(|user| user.roles().to_string())
    }

    /// Gives a user other roles in place of those that it has, which counts at the very next verb of its live sessions.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let session = cache.session_for("app")?;
    /// users.set_roles("app", Role::ReadOnly)?;
    /// assert_eq!(session.set("greeting", "hello"), Err(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::UnknownRole`].
    pub fn set_roles(&self, name: &str, roles: impl Into<Roles>) -> Result<(), UserError> {
        let name = UserName::new(name)?;
        self.alter(|directory| directory.set_roles(&name, roles.into()))
    }

    /// Gives a user other limits in place of those that it has, which count from the very next verb of its live sessions on. Those
    /// that are over a limit of connections stay.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Limits, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let session = cache.session_for("app")?;
    /// let mut limits = Limits::default();
    /// limits.value = Some(3);
    /// users.set_limits("app", limits)?;
    /// assert!(session.set("greeting", "hi").is_ok() && session.set("greeting", "hello").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`].
    pub fn set_limits(&self, name: &str, limits: Limits) -> Result<(), UserError> {
        self.change(name, |user| {
            user.limits = limits;
            Ok(())
        })
    }

    /// As [`replace`](Self::replace), and makes the roles of such a list exactly these, as one change: nobody has in between
    /// what neither the old lists nor the new ones give. Roles that code defined stay, and no list may name them.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Rounds, Rule, Rules, UserRecord, Users, Verb, Verifier};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// let reporter = ("reporter".to_owned(), Rules::from([Rule::allow(Verb::Read)]));
    /// let rita = UserRecord::new("rita", ["reporter"], Verifier::derive("correct horse", Rounds::MIN)?);
    /// users.replace_with_roles([reporter], vec![rita])?;
    /// assert!(cache.login("rita", "correct horse")?.get("news")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`replace`](Self::replace) and of [`define_role`](Self::define_role), [`UserError::RoleNamedTwice`], and
    /// [`UserError::RoleOfCode`]. Nothing was changed then.
    pub fn replace_with_roles(
        &self,
        roles: impl IntoIterator<Item = (String, Rules)>,
        records: Vec<UserRecord>,
    ) -> Result<(), UserError> {
        let (roles, listing) = (roles.into_iter().collect(), listing_of(records)?);
        self.alter(|directory| directory.replace(Some(roles), listing, SystemTime::now()))
    }
}
