//! `keyway user check`: would this name and password log in, and if not, why. For the operator only; a client
//! is never told.

use super::password::PasswordFromStdin;
use crate::cli::{
    failure::Failure,
    output,
    similar::{Similar, similar, without_realm},
};
use keyway::{Cache, Config, LoginFailure, Session};
use keyway_frontend::UsersFile;
use std::path::Path;

/// Nothing is stored in the cache that only checks a password.
const SMALL_BUDGET: usize = 1 << 20;

/// Logs in as a client would. Fails, and so ends with exit code 1, if that is refused.
pub(super) fn check(name: &str, password: &PasswordFromStdin, path: &Path) -> Result<(), Failure> {
    let file = UsersFile::load(path)?;
    let password = password.obtain()?;
    let mut config = Config::new(SMALL_BUDGET);
    config.max_value = SMALL_BUDGET / 2;
    let users = file.to_users();
    for user in file.users().filter(|user| user.namespace.is_some()) {
        // The small cache has no room for what is reserved, and a password is right or wrong in whatever namespace.
        users.set_namespace(&user.name, None).map_err(Failure::refused)?;
    }
    let cache = Cache::new(config, users).map_err(Failure::refused)?;
    match cache.login(name, &password) {
        Ok(session) => {
            output::say(&accepted(name, &session, &file));
            Ok(())
        }
        Err(error) => Err(Failure::refused(reason(name, error.failure(), &file))),
    }
}

fn accepted(name: &str, session: &Session, file: &UsersFile) -> String {
    let user = session.user();
    let roles = file.user(user).map_or_else(|error| error.to_string(), |user| user.roles.to_string());
    match without_realm(name) {
        Some(_) if without_realm(user).is_none() => format!(
            "accepted: {name:?} logs in as {user:?} ({roles}): there is no user {name:?}, and then what follows the \
             last @ is left out"
        ),
        _ => format!("accepted: {name:?} logs in as {user:?} ({roles})"),
    }
}

fn reason(name: &str, failure: LoginFailure, file: &UsersFile) -> String {
    match failure {
        LoginFailure::UnknownUser => unknown(name, file),
        LoginFailure::WrongPassword => wrong(name, file),
        LoginFailure::NoPassword => format!("refused: {name:?} has no password"),
        LoginFailure::Expired => format!(
            "refused: no password of {name:?} counts now; `keyway user credentials {name}` shows their times"
        ),
        LoginFailure::Malformed => {
            "refused: the name or the password has characters in it that no login may have".to_owned()
        }
        LoginFailure::MissingForm(_) => format!("refused: {failure}"),
        _ => "refused".to_owned(),
    }
}

/// Also says which of the usual traps it may be.
fn unknown(name: &str, file: &UsersFile) -> String {
    let mut text = format!("refused: there is no user {name:?}");
    if let Some(stem) = without_realm(name) {
        text.push_str(&format!(", and none {stem:?}, which is tried when a name has an @"));
    }
    for near in similar(name, file) {
        text.push_str(&match near {
            Similar::Realm(whole) => format!("; there is {whole:?}, who must log in with the whole name"),
            Similar::Case(other) => format!("; there is {other:?}: upper and lower case are different"),
            Similar::Slip(other) => format!("; there is {other:?}, which is nearly that"),
        });
    }
    text
}

fn wrong(name: &str, file: &UsersFile) -> String {
    match without_realm(name) {
        Some(stem) if !file.contains(name) => format!(
            "refused: not the password of {stem:?}, who is meant by {name:?} because no user has that whole name"
        ),
        _ => format!("refused: not the password of {name:?}; `keyway user passwd` sets another one"),
    }
}
