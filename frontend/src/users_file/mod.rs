//! The users file: who may log in, kept between runs of the server.

#[cfg(any(test, fuzzing))]
pub(crate) mod claims;
mod disk;
mod error;
mod last_used;
mod lock;
mod namespace_record;
mod namespaces;
mod parse;
mod render;
mod role_record;
mod roles;

pub use error::UsersFileError;
pub use last_used::LastUsed;
pub use namespace_record::NamespaceRecord;
pub use namespaces::ApplyError;
pub use role_record::{NoSample, RoleRecord, Sample};

use crate::timestamp;
use error::Problem;
use keyway::{Credential, ExternalName, Role, Roles, StoredForm, Upgrade, UserError, UserRecord, Users};
use lock::Lock;
use std::{collections::BTreeMap, fmt, path::Path};

/// Bytes of the secret that the salts of unknown names are made from.
const MOCK_KEY_BYTES: usize = 32;

/// The users of a server as its users file has them, with their credentials, roles and namespaces, sorted by name.
/// `docs/users-file.md` describes the file.
///
/// What is in here was checked: each name is one that a cache takes, each credential is whole, no name is there
/// twice, and each role and namespace that a user names is there.
///
/// ```
/// # use keyway::{Role, Rounds, Verifier};
/// use keyway::{Cache, Config};
/// use keyway_frontend::UsersFile;
///
/// # let place = tempfile::tempdir()?;
/// # let path = place.path().join("keyway-users.toml");
/// # let verifier = Verifier::derive("pencil", Rounds::MIN)?;
/// # UsersFile::edit(&path, |file| file.add("ada", Role::ReadWrite, verifier))?;
/// let file = UsersFile::load(&path)?;
/// let cache = Cache::new(Config::new(64 << 20), file.to_users())?;
/// file.apply_namespaces(&cache)?;
/// assert!(cache.login("ada", "pencil").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct UsersFile {
    mock_key: [u8; MOCK_KEY_BYTES],
    roles: BTreeMap<String, RoleRecord>,
    namespaces: BTreeMap<String, NamespaceRecord>,
    users: BTreeMap<String, UserRecord>,
}

impl UsersFile {
    /// Reads and checks the whole file. Symbolic links are followed. A file that others than its owner may
    /// read is taken with a warning in the log.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// # let place = tempfile::tempdir()?;
    /// # let path = place.path().join("users.toml");
    /// file.save(&path)?;
    /// assert!(UsersFile::load(&path)?.contains("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read, others than its owner may write it, or something in it is not as it must be; the
    /// error names the file, the line and what is allowed there.
    pub fn load(path: &Path) -> Result<Self, UsersFileError> {
        disk::read(path).and_then(|text| parse::parse(&text)).map_err(|error| error.in_file(path))
    }

    /// One without users, with a fresh secret for the salts of unknown names.
    ///
    /// ```
    /// # use keyway_frontend::UsersFile;
    /// assert!(UsersFile::empty()?.is_empty());
    /// # Ok::<(), keyway_frontend::UsersFileError>(())
    /// ```
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn empty() -> Result<Self, UsersFileError> {
        let mut mock_key = [0; MOCK_KEY_BYTES];
        getrandom::fill(&mut mock_key).map_err(Problem::Random)?;
        Ok(Self { mock_key, roles: BTreeMap::new(), namespaces: BTreeMap::new(), users: BTreeMap::new() })
    }

    /// Writes it, mode 0600, so that at each moment, also after a crash, the path has either the old file or
    /// the new one, whole. A symbolic link stays and what it points to is replaced; the owner of an existing
    /// file is kept where the system allows.
    ///
    /// Whoever loads, changes and saves uses [`edit`](Self::edit) instead, so that no other change is lost.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// # let place = tempfile::tempdir()?;
    /// # let path = place.path().join("users.toml");
    /// file.save(&path)?;
    /// assert!(std::fs::read_to_string(&path)?.contains("SCRAM-SHA-256$")); // and no password
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save(&self, path: &Path) -> Result<(), UsersFileError> {
        let target = disk::resolve(path).map_err(|error| error.in_file(path))?;
        let _lock = Lock::take(&target)?;
        disk::replace(&target, &render::render(self)).map_err(|error| error.in_file(path))
    }

    /// Loads, changes and saves while no other `edit` or `save` of the same file can come between. A file
    /// that does not exist begins [`empty`](Self::empty). When `change` fails, nothing is written. Do the
    /// slow part (asking for a password, deriving a verifier) before the call.
    ///
    /// ```
    /// # use keyway::{Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// # let place = tempfile::tempdir()?;
    /// # let path = place.path().join("users.toml");
    /// file.save(&path)?;
    /// UsersFile::edit(&path, |file| file.remove("ada"))?;
    /// assert!(UsersFile::load(&path)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`load`](Self::load) and [`save`](Self::save), and those of `change`.
    pub fn edit<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, UsersFileError>,
    ) -> Result<T, UsersFileError> {
        let target = disk::resolve(path).map_err(|error| error.in_file(path))?;
        let _lock = Lock::take(&target)?;
        let mut file = match Self::load(path) {
            Err(error) if error.is_missing() => Self::empty()?,
            loaded => loaded?,
        };
        let outcome = change(&mut file).map_err(|error| error.in_file(path))?;
        disk::replace(&target, &render::render(&file)).map_err(|error| error.in_file(path))?;
        Ok(outcome)
    }

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

    /// These users in memory, for a new cache.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// let cache = Cache::new(Config::new(1 << 20), file.to_users())?;
    /// assert!(cache.login("ada", "correct horse").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_users(&self) -> Users {
        let users = Users::with_mock_key(self.mock_key);
        // Each record was checked when it came in. Should the library refuse one all the same, nobody gets
        // in.
        if let Err(error) = self.apply_to(&users) {
            tracing::error!(%error, "the users of the file were not taken");
        }
        users
    }

    /// Makes the users and roles of a running cache those of this file, all of them or, on an error, none: who is gone
    /// or has another password loses the open sessions, everybody else keeps them, and what their roles are counts at their
    /// next verb. Users that code added without a password stay, and so do roles that code defined.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Users, Verifier};
    /// # use keyway_frontend::UsersFile;
    /// # let verifier = |password| Verifier::derive(password, Rounds::MIN);
    /// let mut file = UsersFile::empty()?;
    /// file.add("ada", Role::ReadWrite, verifier("correct horse")?)?;
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// file.apply_to(cache.users())?;
    /// let session = cache.login("ada", "correct horse")?;
    /// file.remove("ada")?;
    /// file.apply_to(cache.users())?;
    /// assert!(session.standing().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The cache has a user without password, or a role that code defined, of the same name.
    pub fn apply_to(&self, users: &Users) -> Result<(), UserError> {
        let roles = self.roles.values().map(|role| (role.name.clone(), role.sampled_rules()));
        users.replace_with_roles(roles, self.users.values().cloned().collect())
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
fn canonical(name: &str) -> Result<String, UserError> {
    let users = Users::new();
    users.add_trusted(name, Role::ReadOnly)?;
    users.list().pop().map(|user| user.name).ok_or(UserError::BadName)
}

/// Names and roles only: neither the secret nor a verifier belongs into a log.
impl fmt::Debug for UsersFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.users().map(|user| (&user.name, &user.roles))).finish()
    }
}

#[cfg(test)]
mod tests;
