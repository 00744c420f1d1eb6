//! The users in the file: who cannot log in, and whose password is cheap to guess.

use crate::cli::doctor::{report::Report, stored::proves};
use keyway::{Credential, Mechanism, Rounds, StoredForm, UserRecord};
use keyway_frontend::UsersFile;
use std::{
    path::Path,
    time::{Duration, SystemTime},
};

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
    house.look_at_times(report);
    house.look_at_mechanisms(mechanisms, report);
    house.look_at_salts(mechanisms, report);
    house.look_at_rounds(report);
}

struct House<'a> {
    users: Vec<&'a UserRecord>,
    now: SystemTime,
}

impl<'a> House<'a> {
    fn names(&self, which: impl Fn(&UserRecord) -> bool) -> Option<String> {
        let names: Vec<&str> =
            self.users.iter().filter(|user| which(user)).map(|user| user.name.as_str()).collect();
        (!names.is_empty()).then(|| listed(&names))
    }

    fn counting(&self, user: &'a UserRecord) -> impl Iterator<Item = &'a Credential> {
        user.credentials.iter().filter(|credential| credential.counts_at(self.now))
    }

    fn counts(&self, user: &UserRecord) -> bool {
        user.credentials.iter().any(|credential| credential.counts_at(self.now))
    }

    fn look_at_times(&self, report: &mut Report) {
        if let Some(names) = self.names(|user| !self.counts(user)) {
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

    /// Clients on libsasl2 take the strongest mechanism that is offered, and if it fails try no other.
    fn look_at_mechanisms(&self, offered: &[Mechanism], report: &mut Report) {
        let before = report.errors();
        let strongest = Mechanism::ALL.into_iter().find(|mechanism| offered.contains(mechanism));
        for mechanism in offered {
            let lacks = |user: &UserRecord| self.counts(user) && !self.has(user, *mechanism);
            let Some(names) = self.names(lacks) else { continue };
            if Some(*mechanism) == strongest {
                report.error(
                    format_args!(
                        "nothing is stored by which {mechanism} could be proven for {names}; clients on libsasl2 take it and try \
                         no other"
                    ),
                    format_args!("`keyway user passwd NAME` stores it; or leave {mechanism} out of --mechanisms"),
                );
            } else {
                report
                    .note(format_args!("nothing is stored by which {mechanism} could be proven for {names}"));
            }
        }
        if report.errors() == before
            && let Some(strongest) = strongest
            && !self.users.is_empty()
        {
            report.ok(format_args!(
                "everybody who can log in can do so by {strongest}, which clients on libsasl2 take"
            ));
        }
    }

    fn has(&self, user: &'a UserRecord, mechanism: Mechanism) -> bool {
        self.counting(user).any(|credential| credential.forms.iter().any(|form| proves(form, mechanism)))
    }

    /// SCRAM shows one salt before it knows which password is meant.
    fn look_at_salts(&self, offered: &[Mechanism], report: &mut Report) {
        for mechanism in offered.iter().filter(|mechanism| **mechanism != Mechanism::Plain) {
            let several = |user: &UserRecord| {
                let mut shown = user
                    .credentials
                    .iter()
                    .filter(|credential| credential.counts_at(self.now))
                    .flat_map(|credential| &credential.forms)
                    .filter(|form| proves(form, *mechanism))
                    .filter_map(crate::cli::doctor::stored::shown);
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

    /// All that can be read lies between what clients accept; less than the most is a choice of whoever made it.
    fn look_at_rounds(&self, report: &mut Report) {
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

fn listed(names: &[&str]) -> String {
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    shown.join(", ")
}
