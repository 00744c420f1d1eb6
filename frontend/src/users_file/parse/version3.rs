//! Users of version 3: several roles, a namespace, limits and external names each.

use super::{
    Known, Lines, Problem,
    credential::{self, RawCredential},
    limits::RawLimits,
};
use keyway::{ExternalName, Role, Roles, UserError, UserRecord};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUser {
    name: Spanned<String>,
    role: Option<Spanned<String>>,
    roles: Option<Vec<Spanned<String>>>,
    namespace: Option<Spanned<String>>,
    limits: Option<RawLimits>,
    #[serde(default)]
    external: Vec<Spanned<String>>,
    #[serde(default)]
    credential: Vec<RawCredential>,
}

impl super::RawUser for RawUser {
    fn name(&self) -> &Spanned<String> {
        &self.name
    }

    fn check(&self, at: &Lines<'_>, name: String, known: &Known) -> Result<UserRecord, Problem> {
        let mut user = UserRecord::with_credentials(name, self.roles(at, known)?, Vec::new());
        if let Some(namespace) = &self.namespace {
            user.namespace = Some(self.namespace(at, known, namespace)?);
        }
        if let Some(limits) = &self.limits {
            user.limits = limits.check(at, &format!("user {:?}", self.name.get_ref()))?;
        }
        for raw in &self.external {
            user.add_external(self.external_name(at, raw)?);
        }
        credential::add_all(at, &self.name, &self.credential, &mut user)?;
        Ok(user)
    }
}

impl RawUser {
    fn roles(&self, at: &Lines<'_>, known: &Known) -> Result<Roles, Problem> {
        let given = self.name.get_ref();
        let names = match (&self.roles, &self.role) {
            (Some(several), None) => several.as_slice(),
            (None, Some(one)) => std::slice::from_ref(one),
            (several, _) => {
                let what =
                    if several.is_some() { "both `roles` and `role`; leave one out" } else { "no `roles`" };
                return Err(at.problem(self.name.span(), format!("user {given:?} has {what}")));
            }
        };
        let mut roles = Vec::new();
        for raw in names {
            let role = raw.get_ref();
            if !known.roles.contains_key(role) && role.parse::<Role>().is_err() {
                let what = format!(
                    "user {given:?}: role {role:?} is not known; it is none of read-only, read-write and admin, and there is \
                     no [[role]] of this name; `keyway role set` makes one"
                );
                return Err(at.problem(raw.span(), what));
            }
            roles.push(role.as_str());
        }
        Ok(roles.into_iter().collect())
    }

    fn external_name(&self, at: &Lines<'_>, raw: &Spanned<String>) -> Result<ExternalName, Problem> {
        raw.get_ref().parse().map_err(|error: UserError| {
            at.problem(raw.span(), format!("user {:?}: {error}", self.name.get_ref()))
        })
    }

    fn namespace(&self, at: &Lines<'_>, known: &Known, raw: &Spanned<String>) -> Result<String, Problem> {
        let (given, namespace) = (self.name.get_ref(), raw.get_ref());
        if !known.namespaces.contains_key(namespace) {
            let what = format!(
                "user {given:?}: there is no [[namespace]] {namespace:?}; add one, or leave the line out"
            );
            return Err(at.problem(raw.span(), what));
        }
        Ok(namespace.clone())
    }
}
