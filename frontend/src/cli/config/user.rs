//! The user that container images of memcached make of their environment: `MEMCACHED_USERNAME` and `MEMCACHED_PASSWORD`, or files that
//! have them.

use super::environment::Environment;
use crate::cli::{failure::Failure, output, user::password_in};
use keyway::{Role, Rounds, UserRecord, Verifier};
use std::path::Path;
use zeroize::Zeroizing;

const NAME: &str = "MEMCACHED_USERNAME";
/// Whoever can read the environment of a process finds it there: see [`hide_password`](super::hide_password).
pub(super) const PASSWORD: &str = "MEMCACHED_PASSWORD";
pub(super) const PASSWORD_FILE: &str = "MEMCACHED_PASSWORD_FILE";
const NAME_FILE: &str = "MEMCACHED_USERNAME_FILE";
/// What those images call the user if nobody says how.
const USUAL_NAME: &str = "root";

/// A user for as long as the process runs, in no file. May read and write.
pub(crate) struct EnvironmentUser {
    pub(crate) name: String,
    password: Zeroizing<String>,
}

impl EnvironmentUser {
    /// The user that this environment has, if it has one.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, Failure> {
        let name = either(environment, NAME, NAME_FILE)?;
        match (name, either(environment, PASSWORD, PASSWORD_FILE)?) {
            (Some(_), None) => {
                output::complain(&format_args!(
                    "WARNING: ${NAME} is set, and neither ${PASSWORD_FILE} nor ${PASSWORD}: no user is made of it"
                ));
                Ok(None)
            }
            (name, Some(password)) => {
                let name = name.map_or_else(|| USUAL_NAME.to_owned(), |name| (*name).clone());
                Ok(Some(Self { name, password }))
            }
            (None, None) => Ok(None),
        }
    }

    /// What is kept of it. The password is overwritten.
    pub(crate) fn record(self) -> Result<UserRecord, Failure> {
        let verifier = Verifier::derive(&self.password, Rounds::default())
            .map_err(|error| Failure::usage(format_args!("${PASSWORD}: {error}")))?;
        Ok(UserRecord::new(self.name, Role::ReadWrite, verifier))
    }
}

/// What a variable has, or the first line of the file that another one names.
fn either(environment: &Environment, own: &str, file: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    let not_text = || Failure::usage(format_args!("${own} is no text in UTF-8"));
    match (environment.of_name(own), environment.of_name(file)) {
        (Some(_), Some(_)) => {
            Err(Failure::usage(format_args!("${own} and ${file} are both set; unset one of them")))
        }
        (Some(value), None) => Ok(Some(Zeroizing::new(value.to_str().ok_or_else(not_text)?.to_owned()))),
        (None, Some(path)) => password_in(Path::new(path))
            .map(Some)
            .map_err(|failure| Failure::refused(format_args!("${file}: {failure}"))),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn of(variables: &[(&str, &str)]) -> Result<Option<(String, String)>, String> {
        let user = EnvironmentUser::of(&Environment::with(variables));
        let user = user.map_err(|failure| failure.to_string())?;
        Ok(user.map(|user| (user.name, (*user.password).clone())))
    }

    #[test]
    fn a_user_is_made_of_what_the_variables_or_their_files_have() {
        let place = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = place.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (name, password) = (file("name", "ada\n"), file("password", "pencil\n"));
        let user = |name: &str| Some((name.to_owned(), "pencil".to_owned()));
        assert_eq!(of(&[(PASSWORD, "pencil")]).unwrap(), user("root"));
        assert_eq!(of(&[(NAME, "ada"), (PASSWORD, "pencil")]).unwrap(), user("ada"));
        assert_eq!(of(&[(NAME_FILE, &name), (PASSWORD_FILE, &password)]).unwrap(), user("ada"));
        assert_eq!(of(&[(NAME, "ada"), (PASSWORD, "")]).unwrap(), None);
        assert_eq!(of(&[]).unwrap(), None);
    }

    #[test]
    fn two_passwords_and_a_file_without_one_are_refused_and_not_shown() {
        let both = of(&[(PASSWORD, "pencil"), (PASSWORD_FILE, "/nowhere")]).unwrap_err();
        assert!(both.contains(PASSWORD_FILE) && !both.contains("pencil"), "{both}");
        let missing = of(&[(PASSWORD_FILE, "/nowhere/password")]).unwrap_err();
        assert!(missing.contains("$MEMCACHED_PASSWORD_FILE: cannot read /nowhere/password"), "{missing}");
    }
}
