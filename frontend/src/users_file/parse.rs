//! A users file's text, checked: strictly, because what is overlooked here lets somebody in or keeps somebody
//! out.

mod credential;
mod limits;
mod lines;
mod namespace;
mod role;
mod version1;
mod version2;
mod version3;

use super::{
    MOCK_KEY_BYTES, UsersFile,
    error::{Problem, UsersFileError},
    namespace_record::NamespaceRecord,
    role_record::RoleRecord,
    users::canonical,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use keyway::{Role, StoredForm, UserError, UserRecord};
use lines::Lines;
use namespace::RawNamespace;
use role::RawRole;
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use toml::Spanned;

/// The form that this Keyway writes; it reads those before, too.
pub(super) const VERSION: i64 = 3;

/// Only the version, whatever else there is: a file of another version is to be told so, and not that it has
/// fields that are unknown here.
#[derive(Deserialize)]
struct Versioned {
    version: Spanned<i64>,
}

/// What versions 1 and 2 have, each with its own kind of users.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile<U> {
    #[allow(dead_code, reason = "named here so that it is no unknown field; checked before")]
    version: i64,
    mock_key: Spanned<String>,
    #[serde(default = "Vec::new")]
    user: Vec<U>,
}

/// What version 3 has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile3 {
    #[allow(dead_code, reason = "named here so that it is no unknown field; checked before")]
    version: i64,
    mock_key: Spanned<String>,
    #[serde(default)]
    role: Vec<RawRole>,
    #[serde(default)]
    namespace: Vec<RawNamespace>,
    #[serde(default)]
    user: Vec<version3::RawUser>,
}

/// What users can name.
#[derive(Default)]
struct Known {
    roles: BTreeMap<String, RoleRecord>,
    namespaces: BTreeMap<String, NamespaceRecord>,
}

/// A user as one version has it.
trait RawUser: DeserializeOwned {
    fn name(&self) -> &Spanned<String>;
    /// The user with this name, which is the other one as a cache keeps it.
    fn check(&self, at: &Lines<'_>, name: String, known: &Known) -> Result<UserRecord, Problem>;
}

pub(super) fn parse(text: &str) -> Result<UsersFile, UsersFileError> {
    let at = Lines::of(text);
    let versioned: Versioned = toml::from_str(text).map_err(|error| at.syntax(&error))?;
    match *versioned.version.get_ref() {
        1 => before3::<version1::RawUser>(text, &at),
        2 => before3::<version2::RawUser>(text, &at),
        VERSION => version3(text, &at),
        version => {
            let what = format!(
                "version {version} is not known, only 1 to {VERSION} are; use the keyway that wrote this file, or make a new \
                 one with `keyway user add`"
            );
            Err(at.problem(versioned.version.span(), what).into())
        }
    }
}

fn before3<U: RawUser>(text: &str, at: &Lines<'_>) -> Result<UsersFile, UsersFileError> {
    let raw: RawFile<U> = toml::from_str(text).map_err(|error| at.syntax(&error))?;
    whole(at, &raw.mock_key, Known::default(), &raw.user)
}

fn version3(text: &str, at: &Lines<'_>) -> Result<UsersFile, UsersFileError> {
    let raw: RawFile3 = toml::from_str(text).map_err(|error| at.syntax(&error))?;
    let twice = |what: &str, name: &Spanned<String>| {
        at.problem(
            name.span(),
            format!("{what} {:?} is there a second time; remove one of the two", name.get_ref()),
        )
    };
    let mut known = Known::default();
    for role in &raw.role {
        if known.roles.insert(role.name.get_ref().clone(), role.check(at)?).is_some() {
            return Err(twice("role", &role.name).into());
        }
    }
    for namespace in &raw.namespace {
        if known.namespaces.insert(namespace.name.get_ref().clone(), namespace.check(at)?).is_some() {
            return Err(twice("namespace", &namespace.name).into());
        }
    }
    whole(at, &raw.mock_key, known, &raw.user)
}

fn whole<U: RawUser>(
    at: &Lines<'_>,
    raw_key: &Spanned<String>,
    known: Known,
    raw_users: &[U],
) -> Result<UsersFile, UsersFileError> {
    let mock_key = mock_key(at, raw_key)?;
    let (mut users, mut external) = (BTreeMap::new(), BTreeMap::new());
    for user in raw_users {
        let given = user.name();
        let name = canonical(given.get_ref())
            .map_err(|error| at.problem(given.span(), format!("user {:?}: {error}", given.get_ref())))?;
        let record = user.check(at, name.clone(), &known)?;
        for proven in &record.external {
            if let Some(other) = external.insert(proven.clone(), name.clone()).filter(|other| *other != name)
            {
                let what = format!(
                    "user {:?}: {other:?} has the external name {proven}; one of the two can have it",
                    given.get_ref()
                );
                return Err(at.problem(given.span(), what).into());
            }
        }
        if users.insert(name, record).is_some() {
            let what = format!("user {:?} is there a second time; remove one of the two", given.get_ref());
            return Err(at.problem(given.span(), what).into());
        }
    }
    let Known { roles, namespaces } = known;
    Ok(UsersFile { mock_key, roles, namespaces, users })
}

fn mock_key(at: &Lines<'_>, raw: &Spanned<String>) -> Result<[u8; MOCK_KEY_BYTES], Problem> {
    let bytes = STANDARD.decode(raw.get_ref().as_bytes()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        let what = format!(
            "mock_key must be {MOCK_KEY_BYTES} random bytes in base64, as `openssl rand -base64 {MOCK_KEY_BYTES}` prints them"
        );
        at.problem(raw.span(), what)
    })
}

fn role(at: &Lines<'_>, user: &str, raw: &Spanned<String>) -> Result<Role, Problem> {
    raw.get_ref().parse().map_err(|error| {
        at.problem(raw.span(), format!("user {user:?}: role {:?} is not known: {error}", raw.get_ref()))
    })
}

fn form(at: &Lines<'_>, user: &str, raw: &Spanned<String>) -> Result<StoredForm, Problem> {
    raw.get_ref().parse().map_err(|error: UserError| {
        let what = format!("user {user:?}: {error}; `keyway user passwd` and `keyway user add` do that");
        at.problem(raw.span(), what)
    })
}
