//! What becomes of realms, which only Cyrus SASL keeps with a name.

use super::Entry;
use std::{fmt, str::FromStr};

/// What becomes of the realm in `name@realm`.
///
/// ```
/// use keyway_frontend::import::{Format, Plan, Realms};
///
/// let found = Format::Pwdb.read(b"ada@one:pencil\ngrace@two:chalk\n")?;
/// let plan = Plan::of(found, &Realms::Only("two".to_owned()));
/// assert_eq!((plan.users[0].name.as_str(), plan.passed_over.len()), ("grace", 1));
/// # Ok::<(), keyway_frontend::import::ImportError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Realms {
    /// It goes: a client that logs in as `name` or as `name@anything` is this user.
    #[default]
    Strip,
    /// It stays: the user is called `name@realm`.
    Keep,
    /// Users of another realm are passed over, and this one goes.
    Only(String),
}

/// Text that names no such policy.
///
/// ```
/// use keyway_frontend::import::{BadRealms, Realms};
///
/// assert_eq!("only=vm".parse(), Ok(Realms::Only("vm".to_owned())));
/// assert_eq!("drop".parse::<Realms>(), Err(BadRealms));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRealms;

impl Realms {
    /// What the user is called here; `None` if it is passed over.
    pub(super) fn name_of(&self, entry: &Entry) -> Option<String> {
        match (self, &entry.realm) {
            (Self::Keep, Some(realm)) => Some(format!("{}@{realm}", entry.name)),
            (Self::Only(only), realm) if realm.as_ref() != Some(only) => None,
            _ => Some(entry.name.clone()),
        }
    }
}

impl FromStr for Realms {
    type Err = BadRealms;

    fn from_str(text: &str) -> Result<Self, BadRealms> {
        match text.split_once('=') {
            None if text == "strip" => Ok(Self::Strip),
            None if text == "keep" => Ok(Self::Keep),
            Some(("only", realm)) if !realm.is_empty() => Ok(Self::Only(realm.to_owned())),
            _ => Err(BadRealms),
        }
    }
}

impl fmt::Display for Realms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strip => f.write_str("strip"),
            Self::Keep => f.write_str("keep"),
            Self::Only(realm) => write!(f, "only={realm}"),
        }
    }
}

impl fmt::Display for BadRealms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("use strip, keep or only=NAME")
    }
}

impl std::error::Error for BadRealms {}
