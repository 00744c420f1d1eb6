//! The live sessions, and how they end.

use super::{Admin, AdminError};
use crate::{LiveSession, Refusal, SessionId};
use std::time::SystemTime;

impl Admin {
    /// See [`Users::sessions`](crate::Users::sessions).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// assert!(admin.sessions(None, 100)?.iter().any(|session| session.id == app.id()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn sessions(&self, after: Option<SessionId>, most: usize) -> Result<Vec<LiveSession>, Refusal> {
        Ok(self.users()?.sessions(after, most))
    }

    /// See [`Users::revoke_session`](crate::Users::revoke_session).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.revoke_session(app.id())?;
    /// assert!(app.standing().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::UnknownSession`].
    pub fn revoke_session(&self, id: SessionId) -> Result<(), AdminError> {
        self.act("revoke session", Some(&id.to_string()), |users| {
            if users.revoke_session(id) { Ok(()) } else { Err(AdminError::UnknownSession(id)) }
        })
    }

    /// See [`Users::revoke`](crate::Users::revoke).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.revoke_user("app")?;
    /// assert!(app.standing().is_err() && cache.session_for("app").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn revoke_user(&self, name: &str) -> Result<(), AdminError> {
        self.act("revoke user", Some(name), |users| users.revoke(name))
    }

    /// See [`Users::revoke_role`](crate::Users::revoke_role).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// assert_eq!(admin.revoke_role("read-write")?, 1);
    /// assert!(app.standing().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn revoke_role(&self, role: &str) -> Result<usize, AdminError> {
        self.act("revoke role", Some(role), |users| users.revoke_role(role))
    }

    /// See [`Users::revoke_credential`](crate::Users::revoke_credential).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// cache.users().add("ada", "correct horse", Role::ReadWrite)?;
    /// let ada = cache.login("ada", "correct horse")?;
    /// admin.revoke_credential("ada", "1")?;
    /// assert!(ada.standing().is_err() && app.standing().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn revoke_credential(&self, name: &str, label: &str) -> Result<(), AdminError> {
        self.act("revoke credential", Some(name), |users| users.revoke_credential(name, label))
    }

    /// See [`Users::revoke_before`](crate::Users::revoke_before). This session may be among those that end.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.revoke_before(std::time::SystemTime::now())?;
    /// assert!(app.standing().is_err());
    /// assert!(admin.sessions(None, 10).is_err()); // the admin's own is one of them
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn revoke_before(&self, time: SystemTime) -> Result<(), Refusal> {
        self.users()?.revoke_before(time);
        self.tell("revoke before", None, None);
        Ok(())
    }
}
