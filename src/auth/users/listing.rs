//! All users as records: told, and exchanged for others.

use super::Users;
use crate::auth::{
    credential::Credential, directory::Listing, name::UserName, upgrade::Upgrade, user_error::UserError,
    user_record::UserRecord,
};
use std::time::SystemTime;

impl Users {
    /// What was upgraded since the last call: at the first good login by PLAIN with a weak [`PasswordHash`], a [`Verifier`] takes
    /// its place. Store it where the users come from, by [`Upgrade::apply_to`]. [`Users::replace`] with a list that still
    /// has the weak one does not undo it.
    ///
    /// [`PasswordHash`]: crate::PasswordHash
    /// [`Verifier`]: crate::Verifier
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, StoredForm, UserRecord, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// let weak: StoredForm = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".parse()?; // of the password "password"
    /// users.add_record(UserRecord::new("grace", Role::ReadOnly, weak))?;
    /// assert!(users.take_upgrades().is_empty());
    /// cache.login("grace", "password")?;
    /// assert_eq!(users.take_upgrades()[0].name, "grace");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn take_upgrades(&self) -> Vec<Upgrade> {
        if !self.shared.directory.read().has_upgrades() {
            return Vec::new();
        }
        self.shared.directory.write().take_upgrades()
    }

    /// How many users there are whom code or a users file added; not those whom a source knows.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// assert_eq!(users.user_count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn user_count(&self) -> usize {
        self.shared.directory.read().users().filter(|(_, user)| user.provenance().is_none()).count()
    }

    /// Everybody whom code or a users file added, sorted by name; not those whom a source knows.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// assert_eq!(users.list()[0].name, "app");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn list(&self) -> Vec<UserRecord> {
        let directory = self.shared.directory.read();
        let own = directory.users().filter(|(_, user)| user.provenance().is_none());
        own.map(|(_, user)| user.record()).collect()
    }

    /// Makes the users who have a password or an external name exactly these; all or nothing. A credential that has a form in common with one of
    /// the same user that was there is of the same password, and keeps its sessions; another role counts at once. Sessions
    /// that were opened with a credential which is gone end; so do those of trusted code where all credentials of a user are
    /// gone. Users without either, whom code added, stay, and no record may name them. Those of a source stay as well; one
    /// whom a record names is from then on what the record says.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, UserRecord, Users, Verifier};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let verifier = Verifier::derive("correct horse", Rounds::MIN)?;
    /// users.replace(vec![UserRecord::new("ada", Role::ReadOnly, verifier)])?;
    /// assert!(cache.login("ada", "correct horse").is_ok());
    /// users.replace(Vec::new())?;
    /// assert!(cache.login("ada", "correct horse").is_err());
    /// assert!(cache.session_for("app").is_ok()); // code's own users stay
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadName`], [`UserError::NamedTwice`], [`UserError::NoCredential`], [`UserError::Trusted`], and
    /// [`UserError::OfUser`] about the credentials, the external names or the roles of one. Nothing was changed then.
    pub fn replace(&self, records: Vec<UserRecord>) -> Result<(), UserError> {
        let listing = listing_of(records)?;
        self.alter(|directory| directory.replace(None, listing, SystemTime::now()))
    }
}

/// Checks what can be checked of each record by itself.
pub(super) fn listing_of(records: Vec<UserRecord>) -> Result<Listing, UserError> {
    let mut listing = Listing::new();
    for record in records {
        let name = UserName::new(&record.name)?;
        if record.credentials.is_empty() && record.external.is_empty() {
            return Err(UserError::NoCredential(record.name));
        }
        if let Err(error) = Credential::check_all(&record.credentials) {
            return Err(UserError::OfUser(record.name, Box::new(error)));
        }
        let given = record.name.clone();
        if listing.insert(name, record).is_some() {
            return Err(UserError::NamedTwice(given));
        }
    }
    Ok(listing)
}
