//! The users in the file: who cannot log in, and whose password is cheap to guess.

use crate::cli::doctor::{remedy::store_for, report::Report};
use keyway::{Channel, Mechanism, Role, Rounds, Rules, StoredForm, UserRecord, Verb};
use keyway_frontend::{Entrance, RoleRecord, UsersFile, client::strongest};
use std::{
    path::Path,
    time::{Duration, SystemTime},
};
use zeroize::Zeroizing;

/// So many names are shown; the others are counted.
const SHOWN: usize = 5;

/// How long before the last password ends it is worth saying.
const SOON: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub(super) fn look(path: &Path, mechanisms: &[Mechanism], report: &mut Report) {
    let file = match UsersFile::load(path) {
        Ok(file) => file,
        Err(error) => return report.error_in_full(error),
    };
    match file.len() {
        0 => report.warning(
            format_args!("{} has no users, so nobody can log in", path.display()),
            format_args!("keyway user add NAME --users {}", path.display()),
        ),
        count => report.ok(format_args!("{}: read, users: {count}", path.display())),
    }
    let house = House { users: file.users().collect(), now: SystemTime::now() };
    look_at_roles(&file, report);
    house.look_at_times(report);
    house.look_at_mechanisms(mechanisms, &file, report);
    house.look_at_salts(mechanisms, report);
    house.look_at_secrets(report);
}

fn look_at_roles(file: &UsersFile, report: &mut Report) {
    let idle = |role: &&RoleRecord| !file.users().any(|user| user.roles.contains(&role.name));
    for role in file.roles().filter(idle) {
        report.note(format_args!("nobody has the role {:?}", role.name));
    }
    let may_something = |user: &UserRecord| {
        let built_in = Role::ALL.into_iter().filter(|role| user.roles.contains(role.name())).map(Rules::from);
        let own = file.roles().filter(|role| user.roles.contains(&role.name)).map(|role| role.rules.clone());
        let all: Vec<Rules> = built_in.chain(own).collect();
        let rules: Rules = all.iter().flat_map(Rules::iter).cloned().collect();
        let keys = rules.iter().map(|rule| rule.prefix()).collect::<Vec<_>>();
        Verb::ALL.into_iter().any(|verb| keys.iter().any(|key| rules.allow(verb, *key)))
    };
    let names: Vec<&str> =
        file.users().filter(|user| !may_something(user)).map(|user| user.name.as_str()).collect();
    if !names.is_empty() {
        report.warning(
            format_args!("can log in and may do nothing, by their roles: {}", listed(&names)),
            "`keyway role show ROLE` shows what a role allows, and `keyway user role NAME ROLE` gives another one",
        );
    }
}

struct House<'a> {
    users: Vec<&'a UserRecord>,
    now: SystemTime,
}

impl House<'_> {
    fn names(&self, which: impl Fn(&UserRecord) -> bool) -> Option<String> {
        let names: Vec<&str> =
            self.users.iter().filter(|user| which(user)).map(|user| user.name.as_str()).collect();
        (!names.is_empty()).then(|| listed(&names))
    }

    fn counts(&self, user: &UserRecord) -> bool {
        user.credentials.iter().any(|credential| credential.counts_at(self.now))
    }

    fn look_at_times(&self, report: &mut Report) {
        // Who has none comes in by an external name.
        let none_counts = |user: &UserRecord| !user.credentials.is_empty() && !self.counts(user);
        if let Some(names) = self.names(none_counts) {
            report.warning(
                format_args!("no password counts now of {names}: each has expired or is yet to begin"),
                "`keyway user passwd NAME`, or `keyway user remove NAME` if that is meant to be",
            );
        }
        let in_a_while = self.now + SOON;
        let ends = |user: &UserRecord| {
            self.counts(user) && !user.credentials.iter().any(|credential| credential.counts_at(in_a_while))
        };
        if let Some(names) = self.names(ends) {
            report.warning(
                format_args!("within a week the last password ends of {names}"),
                "`keyway user rotate NAME` makes the next one",
            );
        }
        let ahead =
            |user: &UserRecord| user.credentials.iter().any(|credential| credential.created > self.now);
        if let Some(names) = self.names(ahead) {
            report.warning(
                format_args!("a password was made in the future, says the file, of {names}: this clock is behind, or was ahead"),
                "set the clock (`timedatectl`), for passwords begin and end by it",
            );
        }
    }

    /// Clients on libsasl2 take the strongest mechanism that is listed, and if it fails try no other.
    fn look_at_mechanisms(&self, offered: &[Mechanism], file: &UsersFile, report: &mut Report) {
        let mut entrance = Entrance::default();
        entrance.mechanisms = offered.to_vec();
        let listed = entrance.listed(&file.to_users(), &Channel::default());
        let taken = strongest(listed.iter().map(|mechanism| mechanism.name()));
        let lacks =
            |mechanism: Mechanism| self.names(|user| self.counts(user) && !self.serves(user, mechanism));
        // Others depend on the connection.
        let unlisted = |mechanism: &&Mechanism| {
            entrance.takes(**mechanism, &Channel::default()) && !listed.contains(mechanism)
        };
        for mechanism in offered.iter().filter(unlisted) {
            let names = lacks(*mechanism).unwrap_or_default();
            report.note(format_args!(
                "{mechanism} is offered but not listed, because nothing is stored for it of {names}"
            ));
        }
        for mechanism in listed.iter().filter(|mechanism| Some(**mechanism) != taken) {
            if let Some(names) = lacks(*mechanism) {
                report.note(format_args!("{mechanism} is no way in for {names}: nothing is stored for it"));
            }
        }
        let Some(taken) = taken.filter(|_| !self.users.is_empty()) else { return };
        match lacks(taken) {
            Some(names) => report.error(
                format_args!(
                    "nothing is stored for {taken} of {names}; clients on libsasl2 take it and try no other"
                ),
                format_args!(
                    "store the password for it, too (`{}`), or leave {taken} out of --mechanisms",
                    store_for("NAME", taken)
                ),
            ),
            None => {
                report.ok(format_args!("who can log in can do so by {taken}, which clients on libsasl2 take"))
            }
        }
    }

    fn serves(&self, user: &UserRecord, mechanism: Mechanism) -> bool {
        let counting = user.credentials.iter().filter(|credential| credential.counts_at(self.now));
        counting.flat_map(|credential| &credential.forms).any(|form| form.serves(mechanism))
    }

    /// SCRAM shows one salt before it knows which password is meant.
    fn look_at_salts(&self, offered: &[Mechanism], report: &mut Report) {
        for mechanism in [Mechanism::ScramSha512, Mechanism::ScramSha256]
            .iter()
            .filter(|mechanism| offered.contains(mechanism))
        {
            let several = |user: &UserRecord| {
                let mut shown = user
                    .credentials
                    .iter()
                    .filter(|credential| credential.counts_at(self.now))
                    .flat_map(|credential| &credential.forms)
                    .filter(|form| form.serves(*mechanism))
                    .filter_map(shown);
                let first = shown.next();
                shown.any(|other| Some(other) != first)
            };
            if let Some(names) = self.names(several) {
                report.warning(
                    format_args!(
                        "several passwords count of {names}, with salts of their own: by {mechanism} only the newest one works"
                    ),
                    "`keyway user rotate NAME` makes one beside the newest that works with it at the same time",
                );
            }
        }
    }

    /// What a copy of the file gives away. All that can be read lies between what clients accept; less than the most is a choice of whoever made it.
    fn look_at_secrets(&self, report: &mut Report) {
        let clear = |form: &StoredForm| matches!(form, StoredForm::CramMd5(_));
        let clear =
            |user: &UserRecord| user.credentials.iter().any(|credential| credential.forms.iter().any(clear));
        if let Some(names) = self.names(clear) {
            report.note(format_args!(
                "what is stored for CRAM-MD5 of {names} is as good as the password for whoever reads the file"
            ));
        }
        let weak = |form: &StoredForm| matches!(form, StoredForm::Password(hash) if hash.is_weak());
        let weak =
            |user: &UserRecord| user.credentials.iter().any(|credential| credential.forms.iter().any(weak));
        if let Some(names) = self.names(weak) {
            report.warning(
                format_args!("one fast hash is between a copy of the file and the passwords of {names}"),
                "log in by PLAIN once with each, which stores a verifier in its place; or `keyway user passwd NAME`",
            );
        }
        let few = |form: &StoredForm| matches!(form, StoredForm::Scram(verifier) if verifier.rounds() < Rounds::default());
        let few =
            |user: &UserRecord| user.credentials.iter().any(|credential| credential.forms.iter().any(few));
        if let Some(names) = self.names(few) {
            report.note(format_args!(
                "fewer than {} iterations are between a copy of the file and the passwords of {names}; it matters for weak ones",
                Rounds::default()
            ));
        }
    }
}

/// What a client of SCRAM is shown of a form before it has proven anything: scheme, rounds and salt. No secret.
fn shown(form: &StoredForm) -> Option<String> {
    let StoredForm::Scram(verifier) = form else { return None };
    let text = Zeroizing::new(verifier.to_string());
    text.rsplit_once('$').map(|(shown, _)| shown.to_owned())
}

fn listed(names: &[&str]) -> String {
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::Verifier;

    #[test]
    fn nothing_secret_is_shown_of_a_verifier() {
        let verifier = Verifier::derive("pencil", Rounds::MIN).unwrap();
        let beside = StoredForm::from(verifier.derive_beside("crayon").unwrap());
        let text = shown(&verifier.into()).unwrap();
        assert!(text.starts_with("SCRAM-SHA-256$4096:") && text.matches('$').count() == 1, "{text}");
        assert_eq!(shown(&beside), Some(text), "the same salt");
    }
}
