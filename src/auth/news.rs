//! What changes of the directory are told to the audit as: noted while they are made, told when the lock is free again.

use super::{credential::Credential, defined_roles::DefinedRoles, user::User, user_record::UserRecord};
use crate::audit::{Act, Event, Name, Subject, Term};
use std::fmt::Display;

/// What is new, in the order in which it came to be so.
#[derive(Debug, Default)]
pub(super) struct News(Vec<Event>);

/// The labels of credentials that came and went at once.
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use]
pub(super) struct Turnover {
    pub(super) new: Vec<Name>,
    pub(super) gone: Vec<Name>,
}

impl News {
    /// With what it may do from now on, or which part of it was changed.
    pub(super) fn user(&mut self, act: Act, name: &str, detail: Option<&dyn Display>) {
        let detail = detail.map(|detail| Name::new(&detail.to_string()));
        self.change(Subject::User, act, Some(name), detail);
    }

    /// What a user may do from now on, where, and how much of it: each where it is about to become something else. Roles are told by
    /// their names, which have no blanks; so the rest cannot be taken for one.
    pub(super) fn place(&mut self, user: &User, becomes: &UserRecord) {
        let name = user.account().name();
        if becomes.roles != *user.roles() {
            self.user(Act::Changed, name, Some(&becomes.roles));
        }
        match &becomes.namespace {
            same if same.as_deref() == user.namespace() => {}
            Some(space) => self.user(Act::Changed, name, Some(&format_args!("namespace {space}"))),
            None => self.user(Act::Changed, name, Some(&"no namespace")),
        }
        if becomes.limits != *user.limits() {
            let limits = if becomes.limits.is_none() { "no limits" } else { "other limits" };
            self.user(Act::Changed, name, Some(&limits));
        }
    }

    pub(super) fn credentials(&mut self, name: &str, turnover: Turnover) {
        for label in turnover.gone {
            self.change(Subject::Credential, Act::Removed, Some(name), Some(label));
        }
        for label in turnover.new {
            self.change(Subject::Credential, Act::Added, Some(name), Some(label));
        }
    }

    /// Those that count from or until another time now.
    pub(super) fn times(&mut self, name: &str, before: &[Credential], after: &[Credential]) {
        for now in after {
            let same = before.iter().find(|then| then.label == now.label);
            let moved = |then: &Credential| (then.not_before, then.expires) != (now.not_before, now.expires);
            if same.is_some_and(moved) {
                self.credential_changed(name, &now.label);
            }
        }
    }

    pub(super) fn credential_changed(&mut self, name: &str, label: &str) {
        self.change(Subject::Credential, Act::Changed, Some(name), Some(Name::new(label)));
    }

    /// The time of these is over, and their sessions with it.
    pub(super) fn expired(&mut self, name: &str, labels: Vec<Name>) {
        let what = Term::new("expired");
        self.0.extend(labels.into_iter().map(|label| Event::Revoked {
            what,
            name: Some(Name::new(name)),
            credential: Some(label),
        }));
    }

    pub(super) fn role(&mut self, act: Act, name: &str) {
        self.change(Subject::Role, act, Some(name), None);
    }

    /// What became of the roles where a list took the place of another one.
    pub(super) fn roles(&mut self, before: &DefinedRoles, after: &DefinedRoles) {
        let find = |roles: &DefinedRoles, name: &str| {
            roles.iter().find(|(other, _)| *other == name).map(|(_, rules)| rules.clone())
        };
        for (name, rules) in before.iter() {
            match find(after, name) {
                None => self.role(Act::Removed, name),
                Some(now) if now != *rules => self.role(Act::Changed, name),
                Some(_) => {}
            }
        }
        for (name, _) in after.iter().filter(|(name, _)| find(before, name).is_none()) {
            self.role(Act::Added, name);
        }
    }

    /// A whole list was taken up.
    pub(super) fn users(&mut self, count: usize) {
        let detail = Some(Name::new(&format!("{count} in the list")));
        self.change(Subject::Users, Act::Changed, None, detail);
    }

    fn change(&mut self, subject: Subject, act: Act, name: Option<&str>, detail: Option<Name>) {
        self.0.push(Event::Changed { subject, act, name: name.map(Name::new), detail });
    }

    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.0)
    }
}

/// The label of a credential, as the audit has it.
pub(super) fn label_of(credential: &Credential) -> Name {
    Name::new(&credential.label)
}
