//! Users that come, change their credential, and go.

use super::Users;
use crate::auth::{
    name::UserName, roles::Roles, rounds::Rounds, user_error::UserError, user_record::UserRecord,
    verifier::Verifier,
};
use std::time::SystemTime;

impl Users {
    /// Adds a user with a password, at the default [`Rounds`]: milliseconds of CPU.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, UserError, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("ada", "correct horse", Role::ReadWrite)?;
    /// assert_eq!(users.add("ada", "battery staple", Role::ReadOnly), Err(UserError::Exists));
    /// assert!(cache.login("ada", "correct horse").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Exists`], [`UserError::BadName`], [`UserError::BadPassword`], [`UserError::UnknownRole`],
    /// [`UserError::NoRandomness`].
    pub fn add(&self, name: &str, password: &str, roles: impl Into<Roles>) -> Result<(), UserError> {
        let name = UserName::new(name)?;
        if self.shared.directory.read().user(&name).is_ok() {
            return Err(UserError::Exists);
        }
        let verifier = Verifier::derive(password, Rounds::default())?;
        self.add_verifier(name.as_str(), verifier, roles)
    }

    /// Adds a user with what is stored of a password.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Users, Verifier};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_verifier("ada", Verifier::derive("correct horse", Rounds::MIN)?, Role::ReadWrite)?;
    /// assert!(cache.login("ada", "correct horse").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Exists`], [`UserError::BadName`], [`UserError::UnknownRole`].
    pub fn add_verifier(
        &self,
        name: &str,
        verifier: Verifier,
        roles: impl Into<Roles>,
    ) -> Result<(), UserError> {
        self.add_record(UserRecord::new(name, roles, verifier))
    }

    /// Adds a user as it is described, with several passwords or, for trusted code, none.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, UserRecord, Users, Verifier};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// let verifier = Verifier::derive("correct horse", Rounds::MIN)?;
    /// let mut ada = UserRecord::new("ada", Role::ReadWrite, verifier);
    /// ada.limits.connections = Some(10);
    /// users.add_record(ada)?;
    /// assert_eq!(users.list()[0].limits.connections, Some(10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Exists`], [`UserError::BadName`], [`UserError::BadLabel`], [`UserError::LabelTaken`],
    /// [`UserError::BadCredential`], [`UserError::TooManyCredentials`], [`UserError::ExternalNameTaken`],
    /// [`UserError::UnknownRole`].
    pub fn add_record(&self, user: UserRecord) -> Result<(), UserError> {
        let name = UserName::new(&user.name)?;
        self.alter(|directory| directory.add(&name, user, SystemTime::now()))
    }

    /// Adds a user without a password: every login is refused, only trusted code opens a session, by
    /// `Cache::session_for`.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// assert!(cache.login("app", "").is_err());
    /// assert!(cache.session_for("app").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Exists`], [`UserError::BadName`], [`UserError::UnknownRole`].
    pub fn add_trusted(&self, name: &str, roles: impl Into<Roles>) -> Result<(), UserError> {
        self.add_record(UserRecord::with_credentials(name, roles, Vec::new()))
    }

    /// Gives a user another password in place of all that it has, and ends its live sessions: milliseconds of CPU. A user who
    /// had none can log in from now on. [`Users::rotate`] does it with no outage.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("ada", "correct horse", Role::ReadWrite)?;
    /// let session = cache.login("ada", "correct horse")?;
    /// users.set_password("ada", "battery staple")?;
    /// assert!(session.get("greeting").is_err() && cache.login("ada", "correct horse").is_err());
    /// assert!(cache.login("ada", "battery staple").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::BadPassword`], [`UserError::NoRandomness`].
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), UserError> {
        let name = UserName::new(name)?;
        self.shared.directory.read().user(&name)?;
        let verifier = Verifier::derive(password, Rounds::default())?;
        self.set_verifier(name.as_str(), verifier)
    }

    /// Gives a user another password by what is stored of it, and ends its live sessions.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Users, Verifier};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("ada", "correct horse", Role::ReadWrite)?;
    /// users.set_verifier("ada", Verifier::derive("battery staple", Rounds::MIN)?)?;
    /// assert!(cache.login("ada", "battery staple").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`].
    pub fn set_verifier(&self, name: &str, verifier: Verifier) -> Result<(), UserError> {
        self.change(name, |user| {
            user.replace_credentials(vec![verifier.into()]);
            Ok(())
        })
    }

    /// Removes a user and ends its live sessions. A user of the same name who is added later is another one.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let session = cache.session_for("app")?;
    /// users.remove("app")?;
    /// assert_eq!(session.set("greeting", "hello"), Err(Refusal::Revoked));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`].
    pub fn remove(&self, name: &str) -> Result<(), UserError> {
        let name = UserName::new(name)?;
        self.alter(|directory| directory.remove(&name))
    }

    /// Ends a user's live sessions, and voids logins that are under way; the password stays, and is derived in full
    /// at the next login.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("ada", "correct horse", Role::ReadWrite)?;
    /// let session = cache.login("ada", "correct horse")?;
    /// users.revoke("ada")?;
    /// assert_eq!(session.set("greeting", "hello"), Err(Refusal::Revoked));
    /// assert!(cache.login("ada", "correct horse").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`].
    pub fn revoke(&self, name: &str) -> Result<(), UserError> {
        let name = UserName::new(name)?;
        self.shared.directory.read().user(&name)?.revoke();
        self.tell_revoked("user", Some(name.as_str()), None);
        Ok(())
    }
}
