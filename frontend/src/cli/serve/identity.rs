//! Who may log in to the server that is starting: from a users file, from a new one on a first run, or nobody
//! by name on an open server.

use super::{listeners::Planned, reload::Watch, source::Opened};
use crate::cli::{
    failure::Failure,
    import,
    search::{Found, IN_DIRECTORY, ON_SYSTEM, Search, VARIABLE, missing},
    user::{Password, derive_afresh, generate},
};
use keyway::{Cache, Role, UserRecord, Users};
use keyway_frontend::{
    UsersFile,
    import::{Format, Realms},
};
use std::path::{Path, PathBuf};

/// The user whose session everybody has on an open server. It has no password, so nobody logs in as it.
pub(super) const ANONYMOUS: &str = "anonymous";

/// The user that a first run makes.
pub(super) const FIRST_USER: &str = "keyway";

/// Who may log in, and where that is from.
pub(super) struct Identity {
    users: Users,
    /// The users file, how many users it had, and what watches it.
    pub(super) file: Option<Source>,
    /// The user that the environment has.
    pub(super) of_environment: Option<String>,
    /// As whom everybody is in without a login, by the role that is let in.
    pub(super) anonymous: Vec<Role>,
}

/// The users file in use.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) users: usize,
    pub(super) origin: Origin,
    watch: Watch,
    file: UsersFile,
}

/// Where the users file is from.
pub(super) enum Origin {
    /// It was there.
    Found,
    /// It was made just now, with one user of this password.
    FirstRun(Password),
    /// It was made just now, of the users of this file of Cyrus SASL.
    Sasldb(PathBuf),
    /// It was made just now, without users.
    ForItsKey,
}

impl Identity {
    pub(super) fn users(&self) -> Users {
        self.users.clone()
    }

    /// Whether there is somebody who could log in by name, whatever the file has at the moment.
    pub(super) fn names_users(&self) -> bool {
        self.file.is_some() || self.of_environment.is_some()
    }

    /// The user whose session everybody has who is let in with this role. Where several roles are let in, each has its own: what one
    /// listener lets through must not reach another.
    pub(super) fn anonymous(&self, role: Role) -> String {
        if self.anonymous.len() > 1 { format!("{ANONYMOUS}-{role}") } else { ANONYMOUS.to_owned() }
    }

    /// The role of such a user.
    pub(super) fn role_of_anonymous(&self, user: &str) -> Option<Role> {
        self.anonymous.iter().copied().find(|role| self.anonymous(*role) == user)
    }

    /// Makes the namespaces of the file, if there is one.
    pub(super) fn make_namespaces(&self, cache: &Cache) -> Result<(), Failure> {
        let Some(source) = &self.file else { return Ok(()) };
        source
            .file
            .apply_namespaces(cache)
            .map_err(|error| Failure::refused(format_args!("users file {}: {error}", source.path.display())))
    }

    /// What keeps the users those of the file.
    pub(super) fn watch(&self) -> Option<Watch> {
        self.file.as_ref().map(|source| source.watch.clone())
    }
}

/// Who else knows users.
pub(super) struct Known<'a> {
    /// A database of Cyrus SASL, of which a first run makes a users file.
    pub(super) sasldb: Option<&'a Path>,
    /// Who is asked while the server runs.
    pub(super) source: Option<&'a Opened>,
    /// One in no file. It is there beside those of the file, whatever comes to stand in that.
    pub(super) of_environment: Option<UserRecord>,
}

/// Finds the users file or, on a first run that nobody outside of this machine can reach, makes one.
pub(super) fn establish(
    search: &Search,
    planned: &[Planned],
    anonymous: Vec<Role>,
    known: Known<'_>,
) -> Result<Identity, Failure> {
    let Known { sasldb, source, of_environment } = known;
    let name = of_environment.as_ref().map(|user| user.name.clone());
    let (users, file) = match (search.run()?, sasldb) {
        (Found::There(path), _) => open(path, Origin::Found, of_environment)?,
        (Found::Missing(path), _) => return Err(missing(&path)),
        (Found::Nowhere, Some(sasldb)) => taken_over(Path::new(IN_DIRECTORY), sasldb, of_environment)?,
        (Found::Nowhere, None) => match (source, of_environment) {
            (Some(source), None) if source.verifies_passwords() => (Users::new(), None),
            (Some(source), user) if !source.verifies_passwords() => {
                without_users(Path::new(IN_DIRECTORY), user)?
            }
            (_, Some(user)) => (alone(user)?, None),
            (_, None) if planned.iter().all(|planned| planned.anonymous.is_some()) => (Users::new(), None),
            (_, None) if planned.iter().all(Planned::is_local) => first_run(Path::new(IN_DIRECTORY))?,
            (_, None) => return Err(unreachable_without_users(planned)),
        },
    };
    let identity = Identity { users, file, of_environment: name, anonymous };
    for role in &identity.anonymous {
        let name = identity.anonymous(*role);
        identity.users.add_trusted(&name, *role).map_err(|error| {
            Failure::refused(format_args!("with --anonymous no user may be called {name:?}: {error}"))
        })?;
    }
    Ok(identity)
}

/// One user, and no file.
fn alone(user: UserRecord) -> Result<Users, Failure> {
    let mut none = UsersFile::empty()?;
    none.add_record(user)?;
    Ok(none.to_users())
}

fn open(
    path: PathBuf,
    origin: Origin,
    of_environment: Option<UserRecord>,
) -> Result<(Users, Option<Source>), Failure> {
    let watch = Watch::new(path.clone(), of_environment);
    let file = watch.load()?;
    Ok((file.to_users(), Some(Source { path, users: file.len(), origin, watch, file })))
}

fn first_run(path: &Path) -> Result<(Users, Option<Source>), Failure> {
    let password = Password::Generated(generate()?);
    let verifier = derive_afresh(&password)?;
    let first = UsersFile::edit(path, |file| {
        // Another first run may have been quicker: then its file counts.
        if !file.is_empty() {
            return Ok(false);
        }
        file.add(FIRST_USER, Role::ReadWrite, verifier).map(|()| true)
    })?;
    open(path.to_owned(), if first { Origin::FirstRun(password) } else { Origin::Found }, None)
}

/// A users file for the key that it has in it: by SCRAM, names that do not exist must be shown the same salts after a restart,
/// as those are whom the source knows.
fn without_users(
    path: &Path,
    of_environment: Option<UserRecord>,
) -> Result<(Users, Option<Source>), Failure> {
    UsersFile::edit(path, |_| Ok(()))?;
    open(path.to_owned(), Origin::ForItsKey, of_environment)
}

/// A users file of what memcached's SASL library knew.
fn taken_over(
    path: &Path,
    sasldb: &Path,
    of_environment: Option<UserRecord>,
) -> Result<(Users, Option<Source>), Failure> {
    let plan = import::plan(Format::Sasldb, sasldb, &Realms::Strip)?;
    let users = plan.users.iter().map(|user| import::record(user, Role::ReadWrite));
    let users = users.collect::<Result<Vec<_>, Failure>>()?;
    let first = UsersFile::edit(path, |file| {
        if !file.is_empty() {
            return Ok(false);
        }
        users.into_iter().try_for_each(|user| file.add_record(user))?;
        Ok(true)
    })?;
    let origin = if first { Origin::Sasldb(sasldb.to_owned()) } else { Origin::Found };
    open(path.to_owned(), origin, of_environment)
}

pub(super) fn unreachable_without_users(planned: &[Planned]) -> Failure {
    let mut outside = planned.iter().filter(|planned| !planned.is_local());
    let outside = outside.next().map(|planned| planned.address.to_string()).unwrap_or_default();
    Failure::refused(format_args!(
        "there is no users file, and {outside} can be reached from outside of this machine.\n\
         Make users first:   keyway user add NAME\n\
         or, in a container, give one by MEMCACHED_USERNAME and MEMCACHED_PASSWORD_FILE\n\
         or name their file: --users FILE or {VARIABLE} (looked for: {IN_DIRECTORY}, {ON_SYSTEM})\n\
         or, for a cache that is open to everybody who reaches that address: --anonymous ROLE"
    ))
}
