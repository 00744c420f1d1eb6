//! Users of version 1: one verifier each, without a label and a time.

use super::{Known, Lines, Problem, form, role};
use keyway::{Credential, UserRecord};
use serde::Deserialize;
use std::time::UNIX_EPOCH;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUser {
    name: Spanned<String>,
    role: Spanned<String>,
    verifier: Spanned<String>,
}

impl super::RawUser for RawUser {
    fn name(&self) -> &Spanned<String> {
        &self.name
    }

    fn check(&self, at: &Lines<'_>, name: String, _: &Known) -> Result<UserRecord, Problem> {
        let given = self.name.get_ref();
        let role = role(at, given, &self.role)?;
        let mut user = UserRecord::new(name, role, form(at, given, &self.verifier)?);
        let unknown = |credential: &mut Credential| credential.created = UNIX_EPOCH;
        user.credentials.iter_mut().for_each(unknown);
        Ok(user)
    }
}
