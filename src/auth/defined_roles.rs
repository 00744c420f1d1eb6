//! The roles that were defined, and what each set of them comes to.

use super::{
    role::Role,
    roles::Roles,
    rules::{Rule, Rules},
    user_error::UserError,
};
use crate::sync::Arc;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct DefinedRoles {
    /// Those that are not built in.
    own: BTreeMap<String, Rules>,
    /// What was asked for since the last change. Many users have the same roles, and share what those come to.
    made: BTreeMap<Roles, Arc<Rules>>,
}

impl DefinedRoles {
    /// Only these, beside those that are built in.
    pub(super) fn of(roles: impl IntoIterator<Item = (String, Rules)>) -> Result<Self, UserError> {
        let mut all = Self::default();
        for (name, rules) in roles {
            if all.own.contains_key(&name) {
                return Err(UserError::RoleNamedTwice(name));
            }
            all.define(&name, rules)?;
        }
        Ok(all)
    }

    pub(super) fn define(&mut self, name: &str, rules: Rules) -> Result<(), UserError> {
        Roles::check_name(name)?;
        check_own(name)?;
        self.made.clear();
        self.own.insert(name.to_owned(), rules);
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) -> Result<(), UserError> {
        check_own(name)?;
        self.own.remove(name).ok_or_else(|| UserError::UnknownRole(name.to_owned()))?;
        self.made.clear();
        Ok(())
    }

    /// Those that are not built in, sorted by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Rules)> {
        self.own.iter()
    }

    /// Whether all of these are known.
    pub(super) fn check(&self, roles: &Roles) -> Result<(), UserError> {
        let unknown =
            roles.names().find(|name| !self.own.contains_key(*name) && name.parse::<Role>().is_err());
        unknown.map_or(Ok(()), |name| Err(UserError::UnknownRole(name.to_owned())))
    }

    /// What these come to together. One that is not known any more allows and denies nothing.
    pub(super) fn rules_of(&mut self, roles: &Roles) -> Arc<Rules> {
        if let Some(made) = self.made.get(roles) {
            return made.clone();
        }
        let rules = roles.names().flat_map(|name| self.list_of(name)).collect::<Rules>();
        let made = Arc::new(rules);
        self.made.insert(roles.clone(), made.clone());
        made
    }

    fn list_of(&self, name: &str) -> Vec<Rule> {
        match name.parse::<Role>() {
            Ok(role) => vec![Rule::allow(role.verbs())],
            Err(_) => self.own.get(name).into_iter().flat_map(Rules::iter).cloned().collect(),
        }
    }
}

fn check_own(name: &str) -> Result<(), UserError> {
    if name.parse::<Role>().is_ok() {
        return Err(UserError::BuiltInRole(name.to_owned()));
    }
    Ok(())
}
