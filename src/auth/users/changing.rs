//! Changes of the directory: made under its lock, and told to the audit when that is free again.

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::Users;
use crate::{
    audit::{Act, Event, Name, Origin, Subject, Term},
    auth::directory::Directory,
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

    /// Tells that sessions were ended: of what, the name of that, and the label of the credential if only one was meant.
    pub(super) fn tell_revoked(&self, what: &'static str, name: Option<&str>, credential: Option<&str>) {
        let (what, [name, credential]) = (Term::new(what), [name, credential].map(|it| it.map(Name::new)));
        self.shared.audit.record(&Origin::here(), Event::Revoked { what, name, credential });
    }

    /// Tells of a change of something beside the directory.
    pub(crate) fn tell_changed(&self, subject: Subject, act: Act, name: &str, detail: Option<&str>) {
        let (name, detail) = (Some(Name::new(name)), detail.map(Name::new));
        self.shared.audit.record(&Origin::here(), Event::Changed { subject, act, name, detail });
    }
}
