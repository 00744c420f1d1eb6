//! What can be done with the several credentials of one user.

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::Users;
use crate::auth::{
    credential::Credential,
    name::UserName,
    user::{Held, User},
    user_error::UserError,
    user_record::UserRecord,
};
use std::time::{Duration, SystemTime};

/// A credential of a running cache, and what has come of it; nothing that is secret.
///
/// ```
/// use keyway::{Role, Users};
/// use std::time::Duration;
///
/// let users = Users::new();
/// users.add("worker", "the old passphrase", Role::ReadWrite)?;
/// users.rotate("worker", "the new passphrase", Duration::from_secs(3600))?;
/// let credentials = users.credentials("worker")?;
/// assert_eq!(credentials.len(), 2);
/// assert!(credentials[0].expires.is_some() && credentials[1].expires.is_none());
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialStatus {
    /// Its label.
    pub label: String,
    /// When it was made.
    pub created: SystemTime,
    /// No login before.
    pub not_before: Option<SystemTime>,
    /// No login from then on.
    pub expires: Option<SystemTime>,
    /// When a login with it last succeeded, to the second; `None`: not since this process has it.
    pub last_used: Option<SystemTime>,
}

impl Users {
    /// Adds a password to those that a user has; nothing ends.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Credential, Role, Rounds, Users, Verifier};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("worker", "the old one", Role::ReadWrite)?;
    /// let second = Verifier::derive("a second one", Rounds::MIN)?;
    /// users.add_credential("worker", Credential::new("laptop", second))?;
    /// assert!(cache.login("worker", "the old one").is_ok());
    /// assert!(cache.login("worker", "a second one").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::LabelTaken`], [`UserError::BadLabel`],
    /// [`UserError::BadCredential`], [`UserError::TooManyCredentials`].
    pub fn add_credential(&self, name: &str, credential: Credential) -> Result<(), UserError> {
        self.change(name, |user| user.add_credential(credential))
    }

    /// Removes one password of a user. The sessions that were opened with it end, those that were opened with others go on.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("worker", "the old one", Role::ReadWrite)?;
    /// use std::time::Duration;
    ///
    /// let label = users.rotate("worker", "the new one", Duration::from_secs(3600))?;
    /// let session = cache.login("worker", "the old one")?;
    /// users.remove_credential("worker", "1")?;
    /// assert!(session.get("greeting").is_err());
    /// assert_eq!(users.credentials("worker")?[0].label, label);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::UnknownLabel`], [`UserError::LastCredential`].
    pub fn remove_credential(&self, name: &str, label: &str) -> Result<(), UserError> {
        self.change(name, |user| user.remove_credential(label))
    }

    /// Lets one password of a user expire at a time, or never. When it is over, logins with it are refused at once, and the
    /// sessions that were opened with it end at the next [`Cache::maintain`](crate::Cache::maintain) or login.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("worker", "the old one", Role::ReadWrite)?;
    /// use std::time::SystemTime;
    ///
    /// users.expire_credential("worker", "1", Some(SystemTime::now()))?;
    /// assert!(cache.login("worker", "the old one").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::UnknownLabel`], [`UserError::BadCredential`] if it begins
    /// only later.
    pub fn expire_credential(
        &self,
        name: &str,
        label: &str,
        expires: Option<SystemTime>,
    ) -> Result<(), UserError> {
        self.change(name, |user| user.expire_credential(label, expires))
    }

    /// Gives a user a further password, and lets those that there are expire when `grace` is over: milliseconds of CPU. So
    /// clients can be told the new one while others still log in with the old one, and no session ends before that. Yields
    /// the label of the new one, a number.
    ///
    /// ```
    /// use keyway::{Cache, Config, Role, Users};
    /// use std::time::Duration;
    ///
    /// let users = Users::new();
    /// users.add("worker", "the old one", Role::ReadWrite)?;
    /// let cache = Cache::new(Config::new(1 << 20), users)?;
    ///
    /// cache.users().rotate("worker", "the new one", Duration::from_secs(24 * 60 * 60))?;
    /// assert!(cache.login("worker", "the old one").is_ok());
    /// assert!(cache.login("worker", "the new one").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`], [`UserError::BadPassword`], [`UserError::NoRandomness`],
    /// [`UserError::TooManyCredentials`].
    pub fn rotate(&self, name: &str, password: &str, grace: Duration) -> Result<String, UserError> {
        let derived = self.record(name)?.derive(password)?;
        let mut label = String::new();
        self.change(name, |user| {
            label = Credential::next_label(&user.credentials);
            user.rotate(Credential::with_forms(label.clone(), derived), grace, SystemTime::now())
        })?;
        Ok(label)
    }

    /// The credentials of a user, in the order in which they were made.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("worker", "the old one", Role::ReadWrite)?;
    /// let credentials = users.credentials("worker")?;
    /// assert_eq!((credentials[0].label.as_str(), credentials[0].expires), ("1", None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`].
    pub fn credentials(&self, name: &str) -> Result<Vec<CredentialStatus>, UserError> {
        let name = UserName::new(name)?;
        let directory = self.shared.directory.read();
        Ok(directory.user(&name)?.credentials().iter().rev().map(status).collect())
    }

    /// Of every credential, name, label and when a login with it last succeeded, to the second; `None`: not since this process
    /// has it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("worker", "the old one", Role::ReadWrite)?;
    /// assert_eq!(users.last_used(), [("worker".to_owned(), "1".to_owned(), None)]);
    /// cache.login("worker", "the old one")?;
    /// assert!(users.last_used()[0].2.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn last_used(&self) -> Vec<(String, String, Option<SystemTime>)> {
        let directory = self.shared.directory.read();
        let of = |(name, user): (&UserName, &User)| -> Vec<_> {
            let held = user.credentials().iter();
            held.map(|held| (name.as_str().to_owned(), held.credential.label.clone(), held.slot.last_used()))
                .collect()
        };
        directory.users().flat_map(of).collect()
    }

    fn record(&self, name: &str) -> Result<UserRecord, UserError> {
        let name = UserName::new(name)?;
        Ok(self.shared.directory.read().user(&name)?.record())
    }

    pub(super) fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut UserRecord) -> Result<(), UserError>,
    ) -> Result<(), UserError> {
        let name = UserName::new(name)?;
        self.alter(|directory| directory.change(&name, SystemTime::now(), change))
    }
}

fn status(held: &Held) -> CredentialStatus {
    let credential = &held.credential;
    CredentialStatus {
        label: credential.label.clone(),
        created: credential.created,
        not_before: credential.not_before,
        expires: credential.expires,
        last_used: held.slot.last_used(),
    }
}
