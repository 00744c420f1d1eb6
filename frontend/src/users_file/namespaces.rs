//! What the users file says, in a running cache.

use super::{NamespaceRecord, UsersFile};
use keyway::{Cache, Namespace, NamespaceError, UserError};
use std::{error::Error, fmt};

/// What a users file says cannot be done to this cache.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::{ApplyError, NamespaceRecord, UsersFile};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let mut file = UsersFile::empty()?;
/// let mut shop = NamespaceRecord::new("shop");
/// shop.reserve = 1 << 30; // more than there is
/// file.set_namespace(shop)?;
/// assert!(matches!(file.apply_to_cache(&cache), Err(ApplyError::Namespaces(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ApplyError {
    /// Its namespaces cannot be made: more is reserved than there is, for one. Nothing was changed.
    Namespaces(NamespaceError),
    /// Its users and roles cannot be taken; the namespaces were.
    Users(UserError),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespaces(error) => error.fmt(f),
            Self::Users(error) => error.fmt(f),
        }
    }
}

impl Error for ApplyError {}

impl UsersFile {
    /// Makes the namespaces, roles and users of a running cache those of this file. Namespaces that are not in it are removed,
    /// with what they hold, whoever made them; those that stay keep what they hold, but for what is beyond a lower ceiling.
    /// Of roles and users: [`apply_to`](Self::apply_to).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let mut file = UsersFile::empty()?;
    /// file.set_namespace(NamespaceRecord::new("shop"))?;
    /// file.add("ada", Role::ReadWrite, Verifier::derive("pencil", Rounds::MIN)?)?;
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_verifier("eve", Verifier::derive("chalk", Rounds::MIN)?, Role::Admin)?;
    /// file.apply_to_cache(&cache)?;
    /// assert_eq!(cache.namespaces().list()[0].name, "shop");
    /// assert!(cache.login("ada", "pencil").is_ok() && cache.session_for("eve").is_err()); // who is in no file is gone
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ApplyError`].
    pub fn apply_to_cache(&self, cache: &Cache) -> Result<(), ApplyError> {
        // Before the users: who works in one must find it.
        self.apply_namespaces(cache).map_err(ApplyError::Namespaces)?;
        self.apply_to(cache.users()).map_err(ApplyError::Users)
    }

    /// The namespaces alone: for a new cache, which has the users already.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let mut file = UsersFile::empty()?;
    /// file.set_namespace(NamespaceRecord::new("shop"))?;
    /// let cache = Cache::new(Config::new(1 << 20), file.to_users())?; // which brings no namespaces along
    /// file.apply_namespaces(&cache)?;
    /// assert_eq!(cache.namespaces().list().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NamespaceError`]; nothing was changed then.
    pub fn apply_namespaces(&self, cache: &Cache) -> Result<(), NamespaceError> {
        cache.namespaces().replace(self.namespaces().map(NamespaceRecord::to_namespace).collect())
    }
}

impl NamespaceRecord {
    /// The same for a cache.
    ///
    /// ```
    /// use keyway_frontend::NamespaceRecord;
    ///
    /// let mut shop = NamespaceRecord::new("shop");
    /// shop.ceiling_items = Some(1_000);
    /// assert_eq!(shop.to_namespace().ceiling_items, Some(1_000));
    /// ```
    #[must_use]
    pub fn to_namespace(&self) -> Namespace {
        // What is too much for this machine's addresses is too much for its cache.
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut namespace = Namespace::new(self.name.clone());
        namespace.reserve = bytes(self.reserve);
        namespace.reserve_items = bytes(self.reserve_items);
        namespace.ceiling = self.ceiling.map(bytes);
        namespace.ceiling_items = self.ceiling_items.map(bytes);
        namespace.limits = self.limits;
        namespace
    }
}
