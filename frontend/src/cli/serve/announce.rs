//! What a starting server tells whoever started it.

use super::{
    identity::{FIRST_USER, Identity, Origin, Source},
    is_local,
    source::Opened,
};
use crate::cli::{output, user::Password};
use keyway::Mechanism;
use keyway_frontend::Entrance;
use std::net::SocketAddr;

/// Which users file, which mechanisms, and what the operator had better know.
pub(super) fn before_start(
    identity: &Identity,
    source: Option<&Opened>,
    entrance: &Entrance,
    addresses: &[SocketAddr],
) {
    match &identity.file {
        Some(file) => users_file(file, entrance),
        None if identity.of_environment.is_some() => {
            output::say(&format_args!("users file: none; mechanisms: {}", names(entrance)));
        }
        None if source.is_none() => output::say(&"users file: none; mechanisms: none"),
        None => {}
    }
    if let Some(name) = &identity.of_environment {
        output::say(&format_args!("user {name:?} of the environment, read-write, in no file"));
    }
    match (source, &identity.file) {
        (Some(source), _) => source.announce(&entrance.mechanisms),
        (None, Some(file)) if file.users == 0 && entrance.anonymous.is_none() => {
            output::complain(&format_args!(
                "WARNING: the users file has no users, so nobody can log in; `keyway user add NAME --users {}` adds one, \
             also while the server runs",
                file.path.display()
            ))
        }
        (None, _) => {}
    }
    if let Some(role) = identity.anonymous {
        output::complain(&format_args!(
            "WARNING: --anonymous {role}: whoever can reach this server has the role {role} without a login"
        ));
    }
    let reachable = addresses.iter().any(|address| !is_local(address));
    if reachable && entrance.mechanisms.contains(&Mechanism::Plain) {
        output::complain(
            &"WARNING: PLAIN is offered beyond this machine, and the connection is not encrypted: passwords can be \
              read on the way; --mechanisms SCRAM-SHA-256 prevents that",
        );
    }
    if entrance.mechanisms.contains(&Mechanism::CramMd5) {
        output::complain(
            &"WARNING: CRAM-MD5 is offered, which is weak: whoever listens can try millions of passwords a second against what \
              went by, the server proves nothing to the client, and what the users file stores for it is as good as the \
              password; offer SCRAM-SHA-256 to every client that has it",
        );
    }
}

fn users_file(source: &Source, entrance: &Entrance) {
    let path = source.path.display();
    match &source.origin {
        Origin::Found => {}
        Origin::ForItsKey => output::say(&format_args!(
            "first run: made {path}, without users, for the key in it: by it, names that do not exist look alike after a restart"
        )),
        Origin::FirstRun(password) => output::say(&format_args!(
            "first run: made {path} with one user. This is the only time that its password is shown.\n  \
             user:     {FIRST_USER}\n  password: {}",
            password.as_str()
        )),
        Origin::Sasldb(sasldb) => output::say(&format_args!(
            "first run: made {path} of the users of {}. From now on the new file counts alone; the old one has clear passwords \
             in it",
            sasldb.display()
        )),
    }
    output::say(&format_args!(
        "users file: {path}; users: {}; mechanisms: {}",
        source.users,
        names(entrance)
    ));
}

fn names(entrance: &Entrance) -> String {
    let names: Vec<_> = entrance.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
    names.join(" ")
}

/// After a first run, a line to try it.
pub(super) fn after_start(identity: &Identity, addresses: &[SocketAddr]) {
    let origin = identity.file.as_ref().map(|source| &source.origin);
    if let (Some(Origin::FirstRun(password)), Some(address)) = (origin, addresses.first()) {
        output::say(&try_it(password, address));
    }
}

/// For the tools of libmemcached: they are in the package libmemcached-tools, under other names in some
/// systems.
fn try_it(password: &Password, address: &SocketAddr) -> String {
    let login =
        format!("--binary --servers={address} --username={FIRST_USER} --password={}", password.as_str());
    format!(
        "try it (with libmemcached-tools; in some systems memccp is called memcp):\n  \
         echo hello > greeting && memccp {login} greeting\n  memccat {login} greeting"
    )
}
