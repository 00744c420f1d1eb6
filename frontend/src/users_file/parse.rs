//! A users file's text, checked: strictly, because what is overlooked here lets somebody in or keeps somebody
//! out.

use super::{
    Credential, MOCK_KEY_BYTES, UsersFile, canonical,
    error::{Problem, UsersFileError},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use keyway::{Role, UserError, Verifier};
use serde::Deserialize;
use std::{collections::BTreeMap, ops::Range};
use toml::Spanned;

/// The form that this Keyway reads and writes.
pub(super) const VERSION: i64 = 1;

/// Only the version, whatever else there is: a file of another version is to be told so, and not that it has
/// fields that are unknown here.
#[derive(Deserialize)]
struct Versioned {
    version: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[allow(dead_code, reason = "named here so that it is no unknown field; checked before")]
    version: i64,
    mock_key: Spanned<String>,
    #[serde(default)]
    user: Vec<RawUser>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUser {
    name: Spanned<String>,
    role: Spanned<String>,
    verifier: Spanned<String>,
}

pub(super) fn parse(text: &str) -> Result<UsersFile, UsersFileError> {
    let at = Lines { text };
    let versioned: Versioned = toml::from_str(text).map_err(|error| at.syntax(&error))?;
    let version = *versioned.version.get_ref();
    if version != VERSION {
        let what = format!(
            "version {version} is not known, only {VERSION} is; use the keyway that wrote this file, or make a new \
             one with `keyway user add`"
        );
        return Err(at.problem(versioned.version.span(), what).into());
    }
    let raw: RawFile = toml::from_str(text).map_err(|error| at.syntax(&error))?;
    let mock_key = mock_key(&at, &raw.mock_key)?;
    let mut users = BTreeMap::new();
    for user in &raw.user {
        let name = name(&at, &user.name)?;
        if users.insert(name, credential(&at, user)?).is_some() {
            let what =
                format!("user {:?} is there a second time; remove one of the two", user.name.get_ref());
            return Err(at.problem(user.name.span(), what).into());
        }
    }
    Ok(UsersFile { mock_key, users })
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

fn name(at: &Lines<'_>, raw: &Spanned<String>) -> Result<String, Problem> {
    canonical(raw.get_ref())
        .map_err(|error| at.problem(raw.span(), format!("user {:?}: {error}", raw.get_ref())))
}

fn credential(at: &Lines<'_>, user: &RawUser) -> Result<Credential, Problem> {
    let name = user.name.get_ref();
    let role: Role = user.role.get_ref().parse().map_err(|error| {
        let role = user.role.get_ref();
        at.problem(user.role.span(), format!("user {name:?}: role {role:?} is not known: {error}"))
    })?;
    let verifier: Verifier = user.verifier.get_ref().parse().map_err(|error: UserError| {
        let what = format!("user {name:?}: {error}; `keyway user passwd` and `keyway user add` do that");
        at.problem(user.verifier.span(), what)
    })?;
    Ok(Credential { role, verifier })
}

/// Where in the text something is.
struct Lines<'a> {
    text: &'a str,
}

impl Lines<'_> {
    fn problem(&self, span: Range<usize>, what: String) -> Problem {
        Problem::Text { line: Some(self.line(span.start)), what }
    }

    /// From the parser's words only: its full report quotes the line, and that may be a secret's.
    fn syntax(&self, error: &toml::de::Error) -> Problem {
        let what = error.message().to_owned();
        Problem::Text { line: error.span().map(|span| self.line(span.start)), what }
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|byte| **byte == b'\n').count() + 1
    }
}
