//! Whose each external name is: one user's at most.

use super::{external_name::ExternalName, name::UserName, user_error::UserError};
use std::collections::BTreeMap;

/// Whose each external name is.
#[derive(Debug, Default)]
pub(super) struct ExternalNames(BTreeMap<ExternalName, UserName>);

impl ExternalNames {
    /// Whose it is.
    pub(super) fn user(&self, name: &ExternalName) -> Option<&UserName> {
        self.0.get(name)
    }

    /// Whether this user may have these: nobody else has one of them.
    pub(super) fn check(&self, user: &UserName, names: &[ExternalName]) -> Result<(), UserError> {
        let of_another = |name: &&ExternalName| self.0.get(*name).is_some_and(|owner| owner != user);
        match names.iter().find(of_another) {
            Some(name) => Err(UserError::ExternalNameTaken(name.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn add(&mut self, user: &UserName, names: &[ExternalName]) {
        self.0.extend(names.iter().map(|name| (name.clone(), user.clone())));
    }

    /// Those who had them have them no more.
    pub(super) fn remove<'a>(&mut self, names: impl Iterator<Item = &'a ExternalName>) {
        for name in names {
            self.0.remove(name);
        }
    }
}
