//! When each password was last used: what an operator wants to know before an old one is removed.
//!
//! Not in the users file, which a server must not rewrite at each login, and which an operator compares and keeps in version
//! control; but in a small file beside it, which may be lost without harm.

use super::{disk, error::UsersFileError, lock::Lock};
use crate::timestamp;
use keyway::Users;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};
use toml::value::Datetime;

const HEADER: &str = "\
# When each password of the users file beside this was last used. A running server writes it, once a minute at most;
# it may be deleted.

";
const SUFFIX: &str = "used";

/// When the passwords of a users file were last used, as far as servers have noted it: to the second, and a minute late.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
/// use keyway_frontend::LastUsed;
///
/// let users = Users::new();
/// users.add("ada", "pencil", Role::ReadWrite)?;
/// let cache = Cache::new(Config::new(1 << 20), users)?;
/// assert!(cache.login("ada", "pencil").is_ok());
/// let mut used = LastUsed::default();
/// assert!(used.note(cache.users()));
/// assert!(used.of("ada", "1").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastUsed {
    /// By name and label.
    times: BTreeMap<(String, String), SystemTime>,
}

#[derive(Deserialize, Serialize)]
struct Raw {
    #[serde(default)]
    used: Vec<RawUse>,
}

#[derive(Deserialize, Serialize)]
struct RawUse {
    name: String,
    label: String,
    at: Datetime,
}

impl LastUsed {
    /// What was noted beside this users file. Nothing, if that cannot be read.
    ///
    /// ```
    /// use keyway_frontend::LastUsed;
    ///
    /// # let place = tempfile::tempdir()?;
    /// let users_file = place.path().join("users.toml");
    /// assert_eq!(LastUsed::load(&users_file), LastUsed::default()); // nothing was noted yet
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load(users_file: &Path) -> Self {
        let read = || {
            let path = disk::beside(&disk::resolve(users_file).ok()?, SUFFIX);
            let raw: Raw = toml::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
            let times = raw
                .used
                .into_iter()
                .map(|it| Some(((it.name, it.label), timestamp::read(&it.at.to_string())?)));
            times.collect::<Option<_>>()
        };
        Self { times: read().unwrap_or_default() }
    }

    /// Notes when the passwords of a running cache were used, and forgets those that are gone. Whether anything has changed.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::LastUsed;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// let mut used = LastUsed::default();
    /// assert!(!used.note(cache.users())); // nobody has logged in
    /// cache.login("ada", "pencil")?;
    /// assert!(used.note(cache.users()));
    /// assert!(!used.note(cache.users())); // and not again since
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn note(&mut self, users: &Users) -> bool {
        let mut times = BTreeMap::new();
        for (name, label, used) in users.last_used() {
            let key = (name, label);
            let before = self.times.get(&key).copied();
            if let Some(last) = used.max(before) {
                times.insert(key, last);
            }
        }
        let changed = times != self.times;
        self.times = times;
        changed
    }

    /// When the password with this label was last used, if that was noted.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::LastUsed;
    /// # use std::time::SystemTime;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// cache.login("ada", "pencil")?;
    /// let mut used = LastUsed::default();
    /// used.note(cache.users());
    /// assert!(used.of("ada", "1").is_some_and(|at| at <= SystemTime::now()));
    /// assert_eq!(used.of("ada", "laptop"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(&self, name: &str, label: &str) -> Option<SystemTime> {
        self.times.get(&(name.to_owned(), label.to_owned())).copied()
    }

    /// Writes it beside this users file, mode 0600, whole or not at all.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{LastUsed, UsersFile};
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let place = tempfile::tempdir()?;
    /// # let users_file = place.path().join("users.toml");
    /// # UsersFile::empty()?.save(&users_file)?;
    /// cache.login("ada", "pencil")?;
    /// let mut used = LastUsed::default();
    /// used.note(cache.users());
    /// used.save(&users_file)?;
    /// assert!(LastUsed::load(&users_file).of("ada", "1").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save(&self, users_file: &Path) -> Result<(), UsersFileError> {
        let users_file = disk::resolve(users_file)?;
        let target = disk::beside(&users_file, SUFFIX);
        let _lock = Lock::take(&users_file)?;
        disk::replace(&target, &self.render()).map_err(|error| error.in_file(&target))
    }

    fn render(&self) -> String {
        let used = self.times.iter().filter_map(|((name, label), time)| {
            let at = timestamp::write((*time).max(UNIX_EPOCH)).parse().ok()?;
            Some(RawUse { name: name.clone(), label: label.clone(), at })
        });
        let raw = Raw { used: used.collect() };
        // Strings and times are all that TOML could refuse, and it refuses none.
        format!("{HEADER}{}", toml::to_string(&raw).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{Cache, Config, Credential, Role, Rounds, UserError, Verifier};
    use std::{fs, os::unix::fs::PermissionsExt};

    fn cache() -> Cache {
        let users = Users::new();
        users.add_verifier("a\"da", Verifier::derive("one", Rounds::MIN).unwrap(), Role::ReadOnly).unwrap();
        let two = Credential::new("lap top", Verifier::derive("two", Rounds::MIN).unwrap());
        users.add_credential("a\"da", two).unwrap();
        Cache::new(Config::new(1 << 20), users).unwrap()
    }

    #[test]
    fn what_was_used_is_noted_written_and_read_and_goes_with_the_password() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users.toml");
        let cache = cache();
        let mut noted = LastUsed::load(&path);
        assert!(!noted.note(cache.users()), "nothing was used");
        cache.login("a\"da", "two").unwrap();
        assert!(noted.note(cache.users()) && !noted.note(cache.users()));
        noted.save(&path).unwrap();
        let file = directory.path().join(".users.toml.used");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

        let read = LastUsed::load(&path);
        assert_eq!(read, noted);
        assert!(read.of("a\"da", "lap top").is_some() && read.of("a\"da", "1").is_none());
        // Another process that has not seen the login keeps what was noted.
        let restarted = self::cache();
        let mut later = LastUsed::load(&path);
        assert!(!later.note(restarted.users()));
        assert_eq!(later, noted);
        restarted.users().remove_credential("a\"da", "lap top").unwrap();
        assert!(later.note(restarted.users()));
        assert_eq!(later, LastUsed::default());
        assert_eq!(restarted.users().remove_credential("a\"da", "1"), Err(UserError::LastCredential));
    }

    #[test]
    fn what_is_no_such_file_is_as_good_as_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users.toml");
        for text in ["", "used = 7", "[[used]]\nname = \"a\"\nlabel = \"1\"\nat = 2026-01-01\n", "\u{0}"] {
            fs::write(directory.path().join(".users.toml.used"), text).unwrap();
            assert_eq!(LastUsed::load(&path), LastUsed::default(), "{text}");
        }
    }
}
