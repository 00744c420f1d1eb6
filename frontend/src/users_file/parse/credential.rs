//! Credentials, as versions 2 and 3 have them.

use super::{Lines, Problem, form};
use crate::timestamp;
use keyway::{Credential, UserRecord};
use serde::Deserialize;
use std::time::{SystemTime, UNIX_EPOCH};
use toml::{Spanned, value::Datetime};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCredential {
    label: Spanned<String>,
    created: Option<Spanned<Datetime>>,
    not_before: Option<Spanned<Datetime>>,
    expires: Option<Spanned<Datetime>>,
    verifiers: Vec<Spanned<String>>,
}

/// Gives the user these, the oldest first. `name` is as the file has it.
pub(super) fn add_all(
    at: &Lines<'_>,
    name: &Spanned<String>,
    raw: &[RawCredential],
    user: &mut UserRecord,
) -> Result<(), Problem> {
    let given = name.get_ref();
    let wrong = |span, what: &dyn std::fmt::Display| at.problem(span, format!("user {given:?}: {what}"));
    if raw.is_empty() && user.external.is_empty() {
        let what = "has no credential and no `external` name, and could never log in; add a [[user.credential]] or remove the user";
        return Err(wrong(name.span(), &what));
    }
    for raw in raw {
        let credential = raw.check(at, given)?;
        user.add_credential(credential).map_err(|error| wrong(raw.label.span(), &error))?;
    }
    user.credentials.sort_by(|one, other| (one.created, &one.label).cmp(&(other.created, &other.label)));
    Ok(())
}

impl RawCredential {
    fn check(&self, at: &Lines<'_>, user: &str) -> Result<Credential, Problem> {
        let time = |raw: &Option<Spanned<Datetime>>| -> Result<Option<SystemTime>, Problem> {
            let Some(raw) = raw else { return Ok(None) };
            let read = timestamp::read(&raw.get_ref().to_string());
            let what = || format!("user {user:?}: {}", timestamp::EXPECTED);
            read.map(Some).ok_or_else(|| at.problem(raw.span(), what()))
        };
        Ok(Credential {
            label: self.label.get_ref().clone(),
            created: time(&self.created)?.unwrap_or(UNIX_EPOCH),
            not_before: time(&self.not_before)?,
            expires: time(&self.expires)?,
            forms: self.verifiers.iter().map(|raw| form(at, user, raw)).collect::<Result<_, _>>()?,
        })
    }
}
