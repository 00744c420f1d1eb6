//! `keyway user rotate`: another password with no outage.

use super::{NewPassword, Span, UsersFileOption, show, times};
use crate::cli::{failure::Failure, output, search::Search};
use keyway_frontend::UsersFile;
use std::time::{Duration, SystemTime};

/// The new password counts at once, the old ones until `grace` is over.
pub(super) fn rotate(
    name: &str,
    grace: Duration,
    span: &Span,
    password: &NewPassword,
    file: &UsersFileOption,
) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing()?;
    let user = UsersFile::load(&path)?.user(name)?.clone();
    let made = password.obtain_or_generate()?;
    // Derived before the file is locked, as for `credential add`.
    let forms = password.stored_for.derive(&user, &made)?;
    let now = SystemTime::now();
    let label = UsersFile::edit(&path, |users| {
        users.change(name, |user| {
            let credential = span.credential(user, forms);
            let label = credential.label.clone();
            user.rotate(credential, grace, now).map(|()| label)
        })
    })?;
    let end = times::written(now.checked_add(grace), "never");
    output::complain(&format_args!(
        "new password of {name:?} in {}: credential {label:?}; the ones before count until {end}",
        path.display()
    ));
    show(&made)
}
