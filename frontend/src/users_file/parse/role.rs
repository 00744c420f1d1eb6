//! Roles of version 3.

use super::{Lines, Problem};
use crate::users_file::role_record::{RoleRecord, rule_fault};
use base64::{Engine, engine::general_purpose::STANDARD};
use keyway::{Role, Roles, Rule, Verb, Verbs};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRole {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    allow: Vec<Spanned<RawRule>>,
    #[serde(default)]
    deny: Vec<Spanned<RawRule>>,
    audit: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    verbs: Vec<Spanned<String>>,
    prefix: Option<String>,
    prefix_base64: Option<String>,
}

impl RawRole {
    pub(super) fn check(&self, at: &Lines<'_>) -> Result<RoleRecord, Problem> {
        let name = self.name.get_ref();
        let wrong = |what: String| at.problem(self.name.span(), what);
        Roles::check_name(name).map_err(|error| wrong(error.to_string()))?;
        if name.parse::<Role>().is_ok() {
            return Err(wrong(format!(
                "role {name:?} is built in and stays what it is; choose another name"
            )));
        }
        let mut rules = Vec::new();
        for raw in &self.allow {
            rules.push(raw.get_ref().check(at, name, raw, Rule::allow)?);
        }
        for raw in &self.deny {
            rules.push(raw.get_ref().check(at, name, raw, Rule::deny)?);
        }
        let mut record = RoleRecord::new(name, rules.into_iter().collect());
        if let Some(raw) = &self.audit {
            let sample = raw.get_ref().parse();
            record.audit =
                Some(sample.map_err(|error| at.problem(raw.span(), format!("role {name:?}: {error}")))?);
        }
        Ok(record)
    }
}

impl RawRule {
    fn check(
        &self,
        at: &Lines<'_>,
        role: &str,
        raw: &Spanned<Self>,
        of: fn(Verbs) -> Rule,
    ) -> Result<Rule, Problem> {
        let wrong = |what: &str| at.problem(raw.span(), format!("role {role:?}: {what}"));
        let mut verbs = Verbs::NONE;
        for raw in &self.verbs {
            let verb: Verb = raw.get_ref().parse().map_err(|error| {
                at.problem(
                    raw.span(),
                    format!("role {role:?}: verb {:?} is not known: {error}", raw.get_ref()),
                )
            })?;
            verbs = verbs | verb;
        }
        let prefix = match (&self.prefix, &self.prefix_base64) {
            (None, None) => None,
            (Some(text), None) => Some(text.as_bytes().to_vec()),
            (None, Some(text)) => {
                let bytes = STANDARD.decode(text);
                Some(bytes.map_err(|_| wrong("prefix_base64 is not in standard base64"))?)
            }
            (Some(_), Some(_)) => return Err(wrong("both `prefix` and `prefix_base64`; leave one out")),
        };
        if prefix.as_ref().is_some_and(Vec::is_empty) {
            return Err(wrong("an empty prefix; leave it out to mean every key"));
        }
        let rule = of(verbs).under(prefix.unwrap_or_default());
        match rule_fault(&rule) {
            Some(fault) => Err(wrong(&fault)),
            None => Ok(rule),
        }
    }
}
