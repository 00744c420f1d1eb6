//! The users in the file: who cannot log in, and whose password is cheap to guess.

use crate::cli::doctor::report::Report;
use keyway::{Mechanism, Rounds, UserRecord};
use keyway_frontend::UsersFile;
use std::path::Path;

/// So many names are shown; the others are counted.
const SHOWN: usize = 5;

pub(super) fn look(path: &Path, mechanisms: &[Mechanism], report: &mut Report) {
    let file = match UsersFile::load(path) {
        Ok(file) => file,
        Err(error) => return report.error_in_full(error),
    };
    let users = file.to_users().list();
    match users.len() {
        0 => report.warning(
            format_args!("{} has no users, so nobody can log in", path.display()),
            format_args!("keyway user add NAME --users {}", path.display()),
        ),
        count => report.ok(format_args!("{}: read, users: {count}", path.display())),
    }
    rounds(&users, report);
    let _ = mechanisms;
}

/// All that is read lies between what clients accept; less than the most is a choice of whoever made it.
fn rounds(users: &[UserRecord], report: &mut Report) {
    let few: Vec<&str> = users
        .iter()
        .filter(|user| user.verifier.as_ref().is_some_and(|verifier| verifier.rounds() < Rounds::default()))
        .map(|user| user.name.as_str())
        .collect();
    if !few.is_empty() {
        report.note(format_args!(
            "fewer than {} iterations are between a copy of the file and the passwords of {}; it matters for weak ones",
            Rounds::default(),
            names(&few)
        ));
    }
}

fn names(names: &[&str]) -> String {
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    shown.join(", ")
}
