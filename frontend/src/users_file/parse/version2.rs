//! Users of version 2: one role, and a list of credentials each.

use super::{
    Known, Lines, Problem,
    credential::{self, RawCredential},
    role,
};
use keyway::UserRecord;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUser {
    name: Spanned<String>,
    role: Spanned<String>,
    #[serde(default)]
    credential: Vec<RawCredential>,
}

impl super::RawUser for RawUser {
    fn name(&self) -> &Spanned<String> {
        &self.name
    }

    fn check(&self, at: &Lines<'_>, name: String, _: &Known) -> Result<UserRecord, Problem> {
        let role = role(at, self.name.get_ref(), &self.role)?;
        let mut user = UserRecord::with_credentials(name, role, Vec::new());
        credential::add_all(at, &self.name, &self.credential, &mut user)?;
        Ok(user)
    }
}
