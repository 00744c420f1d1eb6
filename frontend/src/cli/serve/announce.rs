//! What a starting server tells whoever started it.

use super::{
    identity::{FIRST_USER, Identity, Origin, Source},
    listeners::Offered,
    source::Opened,
};
use crate::cli::{output, user::Password};
use keyway::Mechanism;
use keyway_frontend::{Entrance, LeftOut, Listening, Way};

/// Which users there are, and what the operator had better know of them.
pub(super) fn before_start(identity: &Identity, source: Option<&Opened>, offered: &Offered) {
    match &identity.file {
        Some(file) => users_file(file),
        None if source.is_none() => output::say(&"users file: none"),
        None => {}
    }
    if let Some(name) = &identity.of_environment {
        output::say(&format_args!("user {name:?} of the environment, read-write, in no file"));
    }
    match (source, &identity.file) {
        (Some(source), _) => source.announce(offered.mechanisms()),
        (None, Some(file)) if file.users == 0 && identity.anonymous.is_empty() => {
            output::complain(&format_args!(
                "WARNING: the users file has no users, so nobody can log in; `keyway user add NAME --users {}` adds one, \
             also while the server runs",
                file.path.display()
            ))
        }
        (None, _) => {}
    }
}

fn users_file(source: &Source) {
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
    output::say(&format_args!("users file: {path}; users: {}", source.users));
}

/// Where the server listens, what it offers there and why not more; after a first run, a line to try it. What comes back is all of
/// that in short.
pub(super) fn after_start(identity: &Identity, listeners: &[Listening]) -> String {
    for listening in listeners {
        listener(identity, listening);
    }
    let origin = identity.file.as_ref().map(|source| &source.origin);
    if let Some(Origin::FirstRun(password)) = origin {
        output::say(&try_it(password, listeners));
    }
    let addresses: Vec<_> = listeners.iter().map(|listening| listening.address.to_string()).collect();
    format!("listening on {}", addresses.join(", "))
}

fn listener(identity: &Identity, listening: &Listening) {
    // Before what others wait for to go on: it is there then.
    warn(listening);
    let Listening { address, way, mechanisms, left_out, anonymous, .. } = listening;
    let role = anonymous.as_deref().and_then(|user| identity.role_of_anonymous(user));
    if let Some(role) = role {
        output::complain(&format_args!(
            "WARNING: --anonymous {role}: whoever can reach {address} has the role {role} without a login"
        ));
    }
    output::say(&format_args!("listening on {address}"));
    let names: Vec<_> = mechanisms.iter().map(|mechanism| mechanism.name()).collect();
    let offer = if names.is_empty() { "no mechanisms".to_owned() } else { names.join(" ") };
    let bound = if is_bound(listening) { " (with -PLUS, too, where TLS is 1.3)" } else { "" };
    match role {
        None => output::say(&format_args!("  {way}; {offer}{bound}; login required")),
        Some(role) => output::say(&format_args!("  {way}; {offer}{bound}; {role} without a login")),
    }
    // What is offered wherever it can be, unless somebody says otherwise, is missed by nobody.
    let usual = Entrance::default().mechanisms;
    let asked_for = usual.len() != mechanisms.len() + left_out.len()
        || left_out.iter().any(|(mechanism, _)| !usual.contains(mechanism));
    for (mechanism, why) in left_out {
        let remedy = match why {
            LeftOut::PasswordInTheClear => {
                "; TLS protects them (--tls-certificate), --plain anywhere takes them all the same"
            }
            LeftOut::NobodyProven | LeftOut::NoChannel if !asked_for => continue,
            LeftOut::NobodyProven => "; unix sockets know the system user, TLS a client's certificate",
            _ => "",
        };
        output::say(&format_args!("  not {}: {why}{remedy}", mechanism.name()));
    }
}

/// Whether logins by SCRAM can be bound to the connection.
fn is_bound(Listening { way, mechanisms, .. }: &Listening) -> bool {
    let scram = [Mechanism::ScramSha512, Mechanism::ScramSha256];
    matches!(way, Way::Tls { .. }) && mechanisms.iter().any(|mechanism| scram.contains(mechanism))
}

fn warn(Listening { address, way, mechanisms, .. }: &Listening) {
    if *way == Way::Network && mechanisms.contains(&Mechanism::Plain) {
        output::complain(&format_args!(
            "WARNING: {address}: PLAIN is taken in the clear, so passwords can be read on the way; --mechanisms SCRAM-SHA-256 \
             prevents that"
        ));
    }
    if mechanisms.contains(&Mechanism::CramMd5) {
        output::complain(&format_args!(
            "WARNING: {address}: CRAM-MD5 is offered, which is weak: whoever listens can try millions of passwords a second \
             against what went by, the server proves nothing to the client, and what the users file stores for it is as good as \
             the password; offer SCRAM-SHA-256 to every client that has it"
        ));
    }
}

/// For the tools of libmemcached, where there is a listener that they can log in at: they know no TLS, and send no login over a unix
/// socket. They are in the package libmemcached-tools, under other names in some systems.
fn try_it(password: &Password, listeners: &[Listening]) -> String {
    let in_the_clear = listeners.iter().find(|it| matches!(it.way, Way::Loopback | Way::Network));
    let Some(Listening { address, .. }) = in_the_clear else {
        return listeners.first().map_or_else(String::new, visit);
    };
    let login =
        format!("--binary --servers={address} --username={FIRST_USER} --password={}", password.as_str());
    format!(
        "try it (with libmemcached-tools; in some systems memccp is called memcp):\n  \
         echo hello > greeting && memccp {login} greeting\n  memccat {login} greeting"
    )
}

/// A look from outside, which asks for the password.
fn visit(Listening { address, way, .. }: &Listening) -> String {
    let target = match way {
        Way::Tls { .. } => format!("tls://{address} --tls-ca FILE"),
        _ => address.to_string(),
    };
    format!("try it:\n  keyway doctor {target} --user {FIRST_USER}")
}
