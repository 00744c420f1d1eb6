//! Who is in a users file, and how that is changed.

use super::{UsersFile, UsersFileError, error::Problem};
use crate::timestamp;
use keyway::{Credential, ExternalName, Role, Roles, StoredForm, Upgrade, UserError, UserRecord, Users};

impl UsersFile {
    /// How many users it has.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// assert_eq!(file.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether it has no users, so that nobody can log in.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// assert!(!file.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The users, sorted by name.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// assert_eq!(file.users().next().map(|user| user.name.as_str()), Some("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn users(&self) -> impl Iterator<Item = &UserRecord> {
        self.users.values()
    }

    /// The user of this name.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// assert!(file.user("ada")?.roles.contains("read-write"));
    /// assert!(file.user("eve").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// There is no such user.
    pub fn user(&self, name: &str) -> Result<&UserRecord, UsersFileError> {
        let known = canonical(name).ok().and_then(|name| self.users.get(&name));
        known.ok_or_else(|| Problem::user(name, UserError::Unknown).into())
    }

    /// Whether there is a user of this name.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// assert!(file.contains("ada") && !file.contains("eve"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        canonical(name).is_ok_and(|name| self.users.contains_key(&name))
    }

    /// Whether this user could be added once it has a credential.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, UserRecord, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// assert!(file.admits(&UserRecord::with_credentials("ada", Role::ReadOnly, Vec::new())).is_err());
    /// assert!(file.admits(&UserRecord::with_credentials("eve", Role::ReadOnly, Vec::new())).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The name is taken, or none that a cache takes, or there is no such role or namespace.
    pub fn admits(&self, user: &UserRecord) -> Result<(), UsersFileError> {
        self.vacant(&user.name)?;
        Ok(self.check_names(user)?)
    }

    /// Adds a user with one password, labelled `1`.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// assert!(file.add("ada", Role::ReadOnly, verifier("battery staple")?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The name is taken, or none that a cache takes, or there is no such role.
    pub fn add(
        &mut self,
        name: &str,
        roles: impl Into<Roles>,
        form: impl Into<StoredForm>,
    ) -> Result<(), UsersFileError> {
        self.add_record(UserRecord::new(name, roles, form))
    }

    /// Adds a user as it is described; times count to the second.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, UserRecord, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// file.add_record(UserRecord::new("eve", Role::ReadOnly, verifier("battery staple")?))?;
    /// assert_eq!(file.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The name is taken, or none that a cache takes, the user's credentials are none that could be used, or there is no
    /// such role or namespace.
    pub fn add_record(&mut self, mut user: UserRecord) -> Result<(), UsersFileError> {
        let name = self.vacant(&user.name)?;
        let wrong = |error| Problem::user(&user.name, error);
        if user.credentials.is_empty() && user.external.is_empty() {
            return Err(wrong(UserError::NoCredential(user.name.clone())).into());
        }
        Credential::check_all(&user.credentials).map_err(wrong)?;
        self.check_names(&user)?;
        self.check_external(&user.name, &name, &user.external)?;
        user.name.clone_from(&name);
        settle(&mut user);
        self.users.insert(name, user);
        Ok(())
    }

    /// Changes a user by one of the changes of [`UserRecord`]; what that makes of the name counts for nothing.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// file.change("ada", |user| {
    ///     user.roles = Role::ReadOnly.into();
    ///     Ok(())
    /// })?;
    /// assert!(file.user("ada")?.roles.contains("read-only"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// There is no such user; those of `change`, and those of [`add_record`](Self::add_record) about credentials, roles and
    /// namespaces. Nothing
    /// was changed then.
    pub fn change<T>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut UserRecord) -> Result<T, UserError>,
    ) -> Result<T, UsersFileError> {
        let mut user = self.user(name)?.clone();
        let stored = user.name.clone();
        let wrong = |error| Problem::user(name, error);
        let outcome = change(&mut user).map_err(wrong)?;
        Credential::check_all(&user.credentials).map_err(wrong)?;
        if user.credentials.is_empty() && user.external.is_empty() {
            return Err(wrong(UserError::LastCredential).into());
        }
        self.check_names(&user)?;
        self.check_external(name, &stored, &user.external)?;
        user.name.clone_from(&stored);
        settle(&mut user);
        self.users.insert(stored, user);
        Ok(outcome)
    }

    /// Gives a user another password in place of all that it has.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// file.change_verifier("ada", verifier("battery staple")?)?;
    /// let cache = Cache::new(Config::new(1 << 20), file.to_users())?;
    /// assert!(cache.login("ada", "battery staple").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// There is no such user.
    pub fn change_verifier(&mut self, name: &str, form: impl Into<StoredForm>) -> Result<(), UsersFileError> {
        self.change(name, |user| {
            user.replace_credentials(vec![form.into()]);
            Ok(())
        })
    }

    /// Stores what took the place of something weak, if that is still there; whether it was.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, StoredForm, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// let weak: StoredForm = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".parse()?; // of the password "password"
    /// file.change_verifier("ada", weak)?;
    /// let cache = Cache::new(Config::new(1 << 20), file.to_users())?;
    /// cache.login("ada", "password")?;
    /// assert!(file.upgrade(&cache.users().take_upgrades()[0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upgrade(&mut self, upgrade: &Upgrade) -> bool {
        let Some(user) = self.users.get_mut(&upgrade.name) else { return false };
        user.credentials.iter_mut().any(|credential| upgrade.apply_to(&mut credential.forms))
    }

    /// Removes a user.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// file.remove("ada")?;
    /// assert!(file.remove("ada").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// There is no such user.
    pub fn remove(&mut self, name: &str) -> Result<(), UsersFileError> {
        let known = canonical(name).ok().and_then(|name| self.users.remove(&name));
        known.map(drop).ok_or_else(|| Problem::user(name, UserError::Unknown).into())
    }

    /// Each external name is one user's; `stored` is whose these are to be.
    fn check_external(&self, given: &str, stored: &str, names: &[ExternalName]) -> Result<(), Problem> {
        let others = self.users.values().filter(|user| user.name != stored);
        let taken = others.flat_map(|user| &user.external).find(|taken| names.contains(taken));
        taken.map_or(Ok(()), |taken| Err(Problem::user(given, UserError::ExternalNameTaken(taken.clone()))))
    }

    fn vacant(&self, name: &str) -> Result<String, UsersFileError> {
        let stored = canonical(name).map_err(|error| Problem::user(name, error))?;
        if self.users.contains_key(&stored) {
            return Err(Problem::user(name, UserError::Exists).into());
        }
        Ok(stored)
    }
}

/// Makes a user what is loaded again once it was saved.
fn settle(user: &mut UserRecord) {
    for credential in &mut user.credentials {
        let times = [credential.not_before.as_mut(), credential.expires.as_mut()];
        for time in times.into_iter().flatten().chain([&mut credential.created]) {
            *time = timestamp::to_the_second(*time);
        }
    }
    user.credentials.sort_by(|one, other| (one.created, &one.label).cmp(&(other.created, &other.label)));
}

/// The name as a cache stores it: names that only look different to a computer are one. The rules are the
/// library's, and so it is asked.
pub(super) fn canonical(name: &str) -> Result<String, UserError> {
    let users = Users::new();
    users.add_trusted(name, Role::ReadOnly)?;
    users.list().pop().map(|user| user.name).ok_or(UserError::BadName)
}
