//! Names that something else than a password proves.

use super::Users;
use crate::auth::{
    channel::ExternalIdentity, external_name::ExternalName, failure::LoginFailure, grant::Grant,
    name::UserName, sessions::By, user_error::UserError,
};

impl Users {
    /// Lets a user log in by this name where something else has proven it: see
    /// [`Mechanism::External`](crate::Mechanism::External). One that the user has already stays.
    ///
    /// ```
    /// # use keyway::{Cache, Config, ExternalName, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("worker", Role::ReadWrite)?;
    /// users.add_external("worker", ExternalName::Uid(1000))?;
    /// users.add_trusted("other", Role::ReadOnly)?;
    /// assert!(users.add_external("other", ExternalName::Uid(1000)).is_err()); // a name is one user's
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::ExternalNameTaken`].
    pub fn add_external(&self, name: &str, external: ExternalName) -> Result<(), UserError> {
        self.change(name, |user| {
            user.add_external(external);
            Ok(())
        })
    }

    /// Takes the name from the user, and ends the sessions that were opened by it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, ExternalName, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("worker", Role::ReadWrite)?;
    /// users.add_external("worker", ExternalName::Uid(1000))?;
    /// users.remove_external("worker", &ExternalName::Uid(1000))?;
    /// assert!(users.remove_external("worker", &ExternalName::Uid(1000)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::UnknownExternalName`].
    pub fn remove_external(&self, name: &str, external: &ExternalName) -> Result<(), UserError> {
        self.change(name, |user| user.remove_external(external))
    }

    /// Whether one of these names is a user's, so that EXTERNAL is worth offering.
    ///
    /// ```
    /// # use keyway::{Cache, Config, ExternalIdentity, ExternalName, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// let mut identity = ExternalIdentity::default();
    /// identity.names.push(ExternalName::Uid(1000));
    /// assert!(!users.know(&identity));
    /// users.add_trusted("worker", Role::ReadWrite)?;
    /// users.add_external("worker", ExternalName::Uid(1000))?;
    /// assert!(users.know(&identity));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn know(&self, identity: &ExternalIdentity) -> bool {
        let directory = self.shared.directory.read();
        identity.names.iter().any(|name| directory.external_names().user(name).is_some())
    }

    /// A grant for who is at the other end of a channel. Where its names are those of several users, the client has to have said
    /// which of them it wants to act as.
    pub(in crate::auth) fn log_in_by_identity(
        &self,
        identity: &ExternalIdentity,
        acting_as: Option<&UserName>,
    ) -> Result<Grant, LoginFailure> {
        let directory = self.shared.directory.read();
        let of_user = |name: &ExternalName| {
            let user = directory.user(directory.external_names().user(name)?).ok()?;
            user.external().iter().find(|held| *held.name == *name).map(|held| (user, held))
        };
        let mut proven: Vec<_> = identity.names.iter().filter_map(of_user).collect();
        if proven.is_empty() {
            return Err(LoginFailure::UnknownUser);
        }
        if let Some(acting_as) = acting_as {
            let wanted = directory.login(acting_as).map(|user| user.account().name());
            proven.retain(|(user, _)| Some(user.account().name()) == wanted);
        }
        let Some((user, held)) = proven.first() else { return Err(LoginFailure::NotAuthorized) };
        if proven.iter().any(|(other, _)| !std::ptr::eq(*other, *user)) {
            return Err(LoginFailure::SeveralUsers);
        }
        let live = self.shared.registry.prepare(By::External(held.name.clone()));
        // The name and since when under one lock: see `Candidate`.
        Ok(Grant::new(held.account.clone(), held.account.since(), live))
    }
}
