//! Who is in, and whose sessions end.

use super::Users;
use crate::auth::{
    name::UserName,
    sessions::{LiveSession, SessionId, since_1970},
    user_error::UserError,
};
use std::{
    collections::BTreeMap,
    time::{Instant, SystemTime},
};

impl Users {
    /// The live sessions of these users in all caches, in the order in which they were opened: at most so many of those after
    /// this one. A session is listed until its last clone is dropped.
    ///
    /// ```
    /// use keyway::{Cache, Config, OpenedBy, Role, Users};
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("app", Role::ReadWrite)?;
    /// let session = cache.session_for("app")?;
    /// let listed = cache.users().sessions(None, 100);
    /// assert_eq!((listed[0].id, listed[0].user.as_str()), (session.id(), "app"));
    /// assert_eq!(listed[0].by, OpenedBy::Code);
    ///
    /// assert!(cache.users().revoke_session(session.id()));
    /// assert!(session.get("greeting").is_err());
    /// drop(session);
    /// assert!(cache.users().sessions(None, 100).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sessions(&self, after: Option<SessionId>, most: usize) -> Vec<LiveSession> {
        self.shared.registry.list(after, most)
    }

    /// How many live sessions there are of users with which roles: the names of the roles as they are listed, sorted; empty for
    /// users who are gone. One look at each session, at most 128 of them under a lock at a time.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let _session = cache.session_for("app")?;
    /// assert_eq!(users.sessions_by_roles(), [("read-write".to_owned(), 1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sessions_by_roles(&self) -> Vec<(String, usize)> {
        let mut by_roles: BTreeMap<String, usize> = BTreeMap::new();
        for (user, count) in self.shared.registry.count_by_user() {
            *by_roles.entry(self.roles_of(&user).unwrap_or_default()).or_default() += count;
        }
        by_roles.into_iter().collect()
    }

    /// How many live sessions there are.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let session = cache.session_for("app")?;
    /// assert_eq!(users.session_count(), 1);
    /// drop(session);
    /// assert_eq!(users.session_count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.shared.registry.len()
    }

    /// Ends one live session, what was narrowed from it, and the tokens that it minted. When this returns, no write of theirs
    /// can land. Whether there is such a session that had not ended before.
    ///
    /// One step, however many sessions there are. Until that session is dropped, verbs of other sessions by the same credential
    /// cost some nanoseconds more.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let (one, other) = (cache.session_for("app")?, cache.session_for("app")?);
    /// assert!(users.revoke_session(one.id()));
    /// assert!(one.standing().is_err() && other.standing().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn revoke_session(&self, id: SessionId) -> bool {
        let ended = self.shared.registry.end(id);
        if ended {
            self.tell_revoked("session", Some(&id.to_string()), None);
        }
        ended
    }

    /// Ends the live sessions of everybody who has this role, by whichever credential, and takes back their tokens; what
    /// the role allows stays, and so do passwords, which are derived in full at the next login. Yields how many users that are.
    /// When this returns, no write of theirs can land.
    ///
    /// One step, however many users and sessions there are: each session finds out at its next verb.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let session = cache.session_for("app")?;
    /// assert_eq!(users.revoke_role("read-write")?, 1);
    /// assert!(session.standing().is_err() && cache.session_for("app").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::UnknownRole`] if there is no such role and nobody has it.
    pub fn revoke_role(&self, role: &str) -> Result<usize, UserError> {
        let having = {
            // Under its lock, so that nobody gets or loses the role meanwhile.
            let directory = self.shared.directory.read();
            let having = directory.holders().of(role);
            if having == 0 {
                directory.roles().check(&[role].into())?;
            }
            self.shared.revocations.add_role(role);
            having
        };
        self.tell_revoked("role", Some(role), None);
        Ok(having)
    }

    /// Ends the live sessions that one password of a user opened, and the tokens that they minted; the password stays, and is
    /// derived in full at the next login. One step, however many sessions there are.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("worker", "the old one", Role::ReadWrite)?;
    /// let session = cache.login("worker", "the old one")?;
    /// users.revoke_credential("worker", "1")?;
    /// assert!(session.standing().is_err() && cache.login("worker", "the old one").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::UnknownLabel`].
    pub fn revoke_credential(&self, name: &str, label: &str) -> Result<(), UserError> {
        let name = UserName::new(name)?;
        if !self.shared.directory.read().user(&name)?.revoke_credential(label) {
            return Err(UserError::UnknownLabel(label.to_owned()));
        }
        self.tell_revoked("credential", Some(name.as_str()), Some(label));
        Ok(())
    }

    /// Ends every live session that was opened before this time, and takes back every token that was minted before it, or by such
    /// a session. With a time that is not over, everything, and remembered passwords are derived in full at the next login. Logins
    /// that are under way and were proven before it are void. When this returns, no write of theirs can land.
    ///
    /// One step, however many sessions and tokens there are: each session finds out at its next verb.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// use std::time::SystemTime;
    ///
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let session = cache.session_for("app")?;
    /// users.revoke_before(SystemTime::UNIX_EPOCH);
    /// assert!(session.standing().is_ok());
    /// users.revoke_before(SystemTime::now());
    /// assert!(session.standing().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn revoke_before(&self, time: SystemTime) {
        if time >= SystemTime::now() {
            self.shared.revocations.add_everything();
            self.shared.memory.forget(Instant::now());
        } else {
            self.shared.revocations.add_older(since_1970(time));
        }
        self.tell_revoked("before", None, None);
    }
}
