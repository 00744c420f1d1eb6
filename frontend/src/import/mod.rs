//! Users from elsewhere: files that were written for other servers, read as what strangers may have written.
//!
//! You need it once, when users of another server are to log in here with the passwords that they have: `keyway import` is made of it.
//!
//! ```
//! use keyway_frontend::import::{Format, Plan, Realms};
//!
//! let plan = Plan::of(Format::Htpasswd.read(b"grace:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=\n")?, &Realms::Strip);
//! assert!(plan.users[0].name == "grace" && plan.passed_over.is_empty());
//! # Ok::<(), keyway_frontend::import::ImportError>(())
//! ```
//!
//! Each reader turns bytes into [`Entry`]s, names with what is known of their passwords; [`Plan`] says which users come of
//! them. Nothing here writes or derives.

mod error;
mod htpasswd;
mod lines;
mod plan;
mod postgres;
mod realm;
mod redis_acl;
mod sasldb;

pub use error::ImportError;
pub use plan::{Plan, User};
pub use realm::{BadRealms, Realms};

use keyway::StoredForm;
use std::fmt;
use zeroize::Zeroizing;

/// What a file says of one user.
///
/// ```
/// use keyway_frontend::import::{Format, Secret};
///
/// let found = Format::Pwdb.read(b"ada:pencil\n")?;
/// let ada = &found.entries[0];
/// assert_eq!((ada.name.as_str(), &ada.realm), ("ada", &None));
/// assert!(matches!(ada.secret, Secret::Password(_)) && !format!("{ada:?}").contains("pencil"));
/// # Ok::<(), keyway_frontend::import::ImportError>(())
/// ```
pub struct Entry {
    /// The name, without a realm.
    pub name: String,
    /// The realm, if the file keeps one with the name.
    pub realm: Option<String>,
    /// What is known of the password.
    pub secret: Secret,
}

/// What is known of a password.
///
/// ```
/// use keyway_frontend::import::{Format, Secret};
///
/// let found = Format::Htpasswd.read(b"grace:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=\n")?;
/// assert!(matches!(found.entries[0].secret, Secret::Form(_)));
/// # Ok::<(), keyway_frontend::import::ImportError>(())
/// ```
#[derive(Clone)]
pub enum Secret {
    /// The password itself: a verifier is to be derived from it.
    Password(Zeroizing<String>),
    /// A verifier or a hash as it will be stored.
    Form(StoredForm),
    /// Several passwords that count at the same time; none of them is several again.
    AnyOf(Vec<Self>),
}

/// Which files can be read.
///
/// ```
/// use keyway_frontend::import::{Format, Plan, Realms};
///
/// let found = Format::Pwdb.read(b"ada:pencil\ngrace:chalk\n")?;
/// let plan = Plan::of(found, &Realms::Strip);
/// assert_eq!(plan.users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["ada", "grace"]);
/// # Ok::<(), keyway_frontend::import::ImportError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The user database of Cyrus SASL, as `saslpasswd2` writes it on Debian: a hash file of Berkeley DB, version 8 to 10; or
    /// what `db_dump` prints of one.
    Sasldb,
    /// `name:password[:anything]` a line, as in the file that `MEMCACHED_SASL_PWDB` names.
    Pwdb,
    /// `name:password` a line, as in the file of `memcached -Y`. The password may have colons in it.
    Authfile,
    /// `name:verifier` or `name|verifier` a line, such as `psql -At -c 'select rolname, rolpassword from pg_authid'` prints.
    Postgres,
    /// `name:hash` a line, as Apache's `htpasswd` writes it: bcrypt (`-B`) and SHA-1 (`-s`). Others are passed over.
    Htpasswd,
    /// `user NAME on #hash ..` a line, as Redis' `ACL SAVE` writes it. Several passwords of a user all come along; what the user may
    /// do does not.
    RedisAcl,
}

/// Users that a file had, and what in it is no user.
///
/// ```
/// use keyway_frontend::import::Format;
///
/// let found = Format::Htpasswd.read(b"ada:$apr1$salt$hash\ngrace:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=\n")?;
/// assert_eq!((found.entries.len(), found.passed_over.len()), (1, 1));
/// # Ok::<(), keyway_frontend::import::ImportError>(())
/// ```
#[derive(Debug, Default)]
pub struct Found {
    /// In the order of the file.
    pub entries: Vec<Entry>,
    /// What was passed over, in words without secrets.
    pub passed_over: Vec<String>,
}

impl Format {
    /// Reads a whole file.
    ///
    /// ```
    /// use keyway_frontend::import::Format;
    ///
    /// assert_eq!(Format::Authfile.read(b"ada:pen:cil\n")?.entries.len(), 1);
    /// assert!(Format::Sasldb.read(b"ada:pencil\n").is_err()); // that is no Berkeley DB
    /// # Ok::<(), keyway_frontend::import::ImportError>(())
    /// ```
    ///
    /// # Errors
    /// [`ImportError`], if it is not such a file.
    pub fn read(self, bytes: &[u8]) -> Result<Found, ImportError> {
        match self {
            Self::Sasldb => sasldb::read(bytes),
            Self::Pwdb => lines::read(bytes, lines::Rest::Ignored),
            Self::Authfile => lines::read(bytes, lines::Rest::Password),
            Self::Postgres => postgres::read(bytes),
            Self::Htpasswd => htpasswd::read(bytes),
            Self::RedisAcl => redis_acl::read(bytes),
        }
    }
}

impl Secret {
    /// Itself, if it is one.
    fn any_of(mut several: Vec<Self>) -> Self {
        match several.pop() {
            Some(one) if several.is_empty() => one,
            last => {
                several.extend(last);
                Self::AnyOf(several)
            }
        }
    }
}

impl fmt::Debug for Entry {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("realm", &self.realm).finish_non_exhaustive()
    }
}

impl fmt::Debug for Secret {
    /// Only what kind it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Form(_) => "Form(..)",
            Self::AnyOf(_) => "AnyOf(..)",
        })
    }
}
