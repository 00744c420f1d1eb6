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
mod users;

pub use error::UsersFileError;
pub use last_used::LastUsed;
pub use namespace_record::NamespaceRecord;
pub use namespaces::ApplyError;
pub use role_record::{NoSample, RoleRecord, Sample};

use error::Problem;
use keyway::{UserError, UserRecord, Users};
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

/// Names and roles only: neither the secret nor a verifier belongs into a log.
impl fmt::Debug for UsersFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.users().map(|user| (&user.name, &user.roles))).finish()
    }
}

#[cfg(test)]
mod tests;
