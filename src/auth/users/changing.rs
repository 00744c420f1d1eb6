//! Changes of the directory: made under its lock, and told to the audit when that is free again.

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::Users;
use crate::{
    audit::{Event, Name, Origin, Term},
    auth::{directory::Directory, name::UserName},
};

impl Users {
    /// Makes a change, whatever comes of it, and tells of it.
    pub(super) fn alter<T>(&self, change: impl FnOnce(&mut Directory) -> T) -> T {
        let (outcome, news) = {
            let mut directory = self.shared.directory.write();
            let outcome = change(&mut directory);
            (outcome, directory.take_news())
        };
        for event in news {
            self.shared.audit.record(&Origin::here(), event);
        }
        outcome
    }

    /// Tells that all sessions of a user were ended.
    pub(super) fn tell_revoked(&self, user: &UserName) {
        let (what, name) = (Term::new("user"), Some(Name::new(user.as_str())));
        self.shared.audit.record(&Origin::here(), Event::Revoked { what, name, credential: None });
    }
}
