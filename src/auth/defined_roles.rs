//! The roles that were defined, and what each set of them comes to.

use super::{
    role::Role,
    roles::Roles,
    rules::{Rule, Rules},
    sampled::Sampled,
    user_error::UserError,
};
use crate::sync::Arc;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct DefinedRoles {
    /// Those that are not built in.
    own: BTreeMap<String, (Rules, Origin)>,
    /// What was asked for since the last change. Many users have the same roles, and share what those come to.
    made: BTreeMap<Roles, Arc<Rules>>,
}

/// Who says that there is a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Code,
    /// A list of users and roles, as a users file is one: with the next list it is gone, unless that has it.
    List,
}

impl DefinedRoles {
    /// These as those of the list, beside those of code that there are already.
    pub(super) fn with_listed(
        &self,
        listed: impl IntoIterator<Item = (String, Rules)>,
    ) -> Result<Self, UserError> {
        let of_code = self.own.iter().filter(|(_, (_, origin))| *origin == Origin::Code);
        let own = of_code.map(|(name, defined)| (name.clone(), defined.clone())).collect();
        let mut all = Self { own, made: BTreeMap::new() };
        for (name, rules) in listed {
            check_own(&name)?;
            match all.own.get(&name) {
                Some((_, Origin::List)) => return Err(UserError::RoleNamedTwice(name)),
                Some((_, Origin::Code)) => return Err(UserError::RoleOfCode(name)),
                None => all.own.insert(name, (rules, Origin::List)),
            };
        }
        Ok(all)
    }

    /// One that is there stays of whom it was.
    pub(super) fn define(&mut self, name: &str, rules: Rules) -> Result<(), UserError> {
        self.put(name, rules, Origin::Code)
    }

    /// The same; one that is new is of the list, and the next list says otherwise.
    pub(super) fn define_listed(&mut self, name: &str, rules: Rules) -> Result<(), UserError> {
        self.put(name, rules, Origin::List)
    }

    fn put(&mut self, name: &str, rules: Rules, new: Origin) -> Result<(), UserError> {
        check_own(name)?;
        self.made.clear();
        self.own.entry(name.to_owned()).or_insert_with(|| (Rules::default(), new)).0 = rules;
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
        self.own.iter().map(|(name, (rules, _))| (name, rules))
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
        let own = roles.names().filter_map(|name| self.own.get(name));
        let sampled = own.map(|(rules, _)| rules.sampled()).max().unwrap_or(Sampled::NONE);
        let made = Arc::new(rules.come_of(roles.clone(), sampled));
        self.made.insert(roles.clone(), made.clone());
        made
    }

    fn list_of(&self, name: &str) -> Vec<Rule> {
        match name.parse::<Role>() {
            Ok(role) => vec![Rule::allow(role.verbs())],
            Err(_) => self.own.get(name).into_iter().flat_map(|(rules, _)| rules.iter()).cloned().collect(),
        }
    }
}

/// Whether a role that is not built in can be called so.
fn check_own(name: &str) -> Result<(), UserError> {
    Roles::check_name(name)?;
    if name.parse::<Role>().is_ok() {
        return Err(UserError::BuiltInRole(name.to_owned()));
    }
    Ok(())
}
