//! Who may log in to the server that is starting: from a users file, from a new one on a first run, or nobody
//! by name on an open server.

use super::{is_local, reload::Watch};
use crate::cli::{
    failure::Failure,
    search::{Found, IN_DIRECTORY, ON_SYSTEM, Search, VARIABLE, missing},
    user::{Password, derive, generate},
};
use keyway::{Role, Users};
use keyway_frontend::UsersFile;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// The user whose session everybody has on an open server. It has no password, so nobody logs in as it.
pub(super) const ANONYMOUS: &str = "anonymous";

/// The user that a first run makes.
pub(super) const FIRST_USER: &str = "keyway";

/// Who may log in, and where that is from.
pub(super) struct Identity {
    users: Users,
    /// The users file, how many users it had, and what watches it.
    pub(super) file: Option<Source>,
    pub(super) anonymous: Option<Role>,
}

/// The users file in use.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) users: usize,
    /// The password of the user that was made with the file just now.
    pub(super) first_password: Option<Password>,
    watch: Watch,
}

impl Identity {
    pub(super) fn users(&self) -> Users {
        self.users.clone()
    }

    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// What keeps the users those of the file.
    pub(super) fn watch(&self) -> Option<Watch> {
        self.file.as_ref().map(|source| source.watch.clone())
    }
}

/// Finds the users file or, on a first run that nobody outside of this machine can reach, makes one.
pub(super) fn establish(
    search: &Search,
    addresses: &[SocketAddr],
    anonymous: Option<Role>,
) -> Result<Identity, Failure> {
    let (users, file) = match search.run()? {
        Found::There(path) => open(path, None)?,
        Found::Missing(path) => return Err(missing(&path)),
        Found::Nowhere if anonymous.is_some() => (Users::new(), None),
        Found::Nowhere if addresses.iter().all(is_local) => first_run(Path::new(IN_DIRECTORY))?,
        Found::Nowhere => return Err(unreachable_without_users(addresses)),
    };
    if let Some(role) = anonymous {
        users.add_trusted(ANONYMOUS, role).map_err(|error| {
            Failure::refused(format_args!("with --anonymous no user may be called {ANONYMOUS:?}: {error}"))
        })?;
    }
    Ok(Identity { users, file, anonymous })
}

fn open(path: PathBuf, first_password: Option<Password>) -> Result<(Users, Option<Source>), Failure> {
    let watch = Watch::new(path.clone());
    let file = UsersFile::load(&path)?;
    Ok((file.to_users(), Some(Source { path, users: file.len(), first_password, watch })))
}

fn first_run(path: &Path) -> Result<(Users, Option<Source>), Failure> {
    let password = Password::Generated(generate()?);
    let verifier = derive(&password)?;
    let first = UsersFile::edit(path, |file| {
        // Another first run may have been quicker: then its file counts.
        if !file.is_empty() {
            return Ok(false);
        }
        file.add(FIRST_USER, Role::ReadWrite, verifier).map(|()| true)
    })?;
    open(path.to_owned(), first.then_some(password))
}

fn unreachable_without_users(addresses: &[SocketAddr]) -> Failure {
    let outside =
        addresses.iter().find(|address| !is_local(address)).map(SocketAddr::to_string).unwrap_or_default();
    Failure::refused(format_args!(
        "there is no users file, and {outside} can be reached from outside of this machine.\n\
         Make users first:   keyway user add NAME\n\
         or name their file: --users FILE or {VARIABLE} (looked for: {IN_DIRECTORY}, {ON_SYSTEM})\n\
         or, for a cache that is open to everybody who reaches that address: --anonymous ROLE"
    ))
}
