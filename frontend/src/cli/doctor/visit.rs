//! `keyway doctor HOST:PORT`: the way that libmemcached goes, and where on it something is wrong.
//!
//! Lists the mechanisms, takes the strongest that both sides have, logs in by that one alone, asks for the version and gets
//! an item. Nothing is written.

use super::{report::Report, target::Target};
use crate::cli::{
    failure::Failure,
    user::{PasswordFromStdin, password_in},
};
use clap::Args;
use keyway::{Mechanism, Rounds};
use keyway_frontend::client::{Client, ClientError, Credentials, Doing, LoginFault, strongest};
use std::{
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// An answer that takes longer is worth a warning: what clients wait for one is often half a second to a few seconds.
const SLOW: Duration = Duration::from_millis(500);

/// Gotten at the end; whether it is there does not matter.
const KEY: &[u8] = b"keyway-doctor";

const SASL_OFF: [u16; 2] = [0x81, 0x83];
const AUTH_FAILED: u16 = 0x20;
const TRY_LATER: [u16; 2] = [0x85, 0x86];

/// Mechanisms that send the password as it is.
const CLEAR: [&str; 2] = ["PLAIN", "LOGIN"];
/// Mechanisms that are broken or withdrawn.
const WEAK: [&str; 4] = ["CRAM-MD5", "DIGEST-MD5", "NTLM", "ANONYMOUS"];

/// How to visit a server.
#[derive(Args, Debug)]
pub(super) struct VisitOptions {
    /// Log in as this user; asks for the password at the terminal, or reads the first line of stdin
    #[arg(long, value_name = "NAME", requires = "server")]
    user: Option<String>,
    /// Take the password from the first line of this file
    #[arg(long, value_name = "FILE", requires = "user", conflicts_with = "password_stdin")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    password: PasswordFromStdin,
    /// How long each answer may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5, requires = "server")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=600))]
    patience: u64,
}

/// Goes there.
pub(super) fn visit(target: &Target, options: &VisitOptions, report: &mut Report) -> Result<(), Failure> {
    let credentials = match &options.user {
        Some(name) => Some(Credentials::new(name, &options.obtain()?)),
        None => None,
    };
    let patience = Duration::from_secs(options.patience);
    let Some((address, mut client)) = reach(target, patience, report) else { return Ok(()) };
    let visit = Visit { address, patience, credentials };
    if let Err(error) = visit.go(&mut client, report) {
        visit.blame(&error, report);
    }
    Ok(())
}

impl VisitOptions {
    fn obtain(&self) -> Result<Zeroizing<String>, Failure> {
        match &self.password_file {
            Some(path) => password_in(path),
            None => self.password.obtain(),
        }
    }
}

/// A connection to the first address that takes one.
fn reach(target: &Target, patience: Duration, report: &mut Report) -> Option<(SocketAddr, Client)> {
    let addresses = match target.resolve() {
        Ok(addresses) => addresses,
        Err(error) => {
            report
                .error(format_args!("{target}: there is no address of that name: {error}"), "check the name");
            return None;
        }
    };
    let mut last = None;
    for address in addresses {
        match Client::connect(address, patience) {
            Ok(client) => {
                report.ok(format_args!("connected to {address}"));
                return Some((address, client));
            }
            Err(error) => last = Some((address, error)),
        }
    }
    let (address, error) = last?;
    let fix = match error {
        ClientError::TimedOut { .. } => {
            "nothing answers there: check the address, and what filters packets on the way".to_owned()
        }
        _ => format!(
            "nothing listens there: start the server, or have it listen there (`keyway serve -l {} -p {}`)",
            address.ip(),
            address.port()
        ),
    };
    report.error(format_args!("{address}: {error}"), fix);
    None
}

struct Visit {
    address: SocketAddr,
    patience: Duration,
    credentials: Option<Credentials>,
}

impl Visit {
    fn go(&self, client: &mut Client, report: &mut Report) -> Result<(), ClientError> {
        let listed = timed("listing the mechanisms", report, || client.mechanisms())?;
        self.judge(&listed, report);
        let Some(mechanism) = strongest(listed.iter().map(String::as_str)) else { return Ok(()) };
        let Some(credentials) = &self.credentials else {
            report.note("not logged in: --user NAME does that, too");
            return Ok(());
        };
        let name = credentials.name();
        let rounds = match timed("the login", report, || client.log_in(mechanism, credentials)) {
            Ok(rounds) => rounds,
            Err(error) => {
                self.try_the_others(&error, mechanism, &listed, report);
                return Err(error);
            }
        };
        report.ok(match rounds {
            Some(rounds) => format!(
                "logged in as {name:?} by {mechanism}, {rounds} iterations; the server has proven that it knows the password"
            ),
            None => format!("logged in as {name:?} by {mechanism}"),
        });
        let version = timed("the version", report, || client.version())?;
        report.ok(format_args!("version {version:?}"));
        let found = timed("a get", report, || client.get(KEY))?;
        report.ok(format_args!("a get is answered ({})", if found.is_some() { "a hit" } else { "a miss" }));
        Ok(())
    }

    /// What is offered, and to whom.
    fn judge(&self, listed: &[String], report: &mut Report) {
        let list = listed.join(" ");
        let has = |names: &[&str]| listed.iter().any(|name| names.contains(&name.as_str()));
        match strongest(listed.iter().map(String::as_str)) {
            None if listed.is_empty() => {
                report.error(
                    "the server offers no mechanism, so nobody can log in",
                    "offer some (`keyway serve --mechanisms`, `mech_list` in memcached.conf)",
                );
            }
            None => report.error(
                format_args!("the server offers {list}, which memcached clients lack"),
                "offer PLAIN, or SCRAM-SHA-256 for clients on libmemcached",
            ),
            Some(mechanism) => report.ok(format_args!(
                "offered: {list}; clients on libsasl2 take {mechanism} and try no other one"
            )),
        }
        if !listed.is_empty() && !has(&["PLAIN"]) {
            report.note("clients that know PLAIN alone (bmemcached, Dalli, spymemcached) cannot log in here");
        }
        let weak: Vec<&str> = listed.iter().map(String::as_str).filter(|name| WEAK.contains(name)).collect();
        if !weak.is_empty() {
            report.warning(
                format_args!("weak mechanisms are offered: {}", weak.join(" ")),
                "offer SCRAM-SHA-256 and PLAIN alone",
            );
        }
        if self.address.ip().to_canonical().is_loopback() {
            return;
        }
        if has(&CLEAR) {
            report.warning(
                format_args!(
                    "{} is not this machine, and PLAIN is offered: passwords can be read on the way",
                    self.address.ip()
                ),
                "offer SCRAM-SHA-256 alone (`--mechanisms SCRAM-SHA-256`), or put a tunnel between",
            );
        }
        report.note(format_args!(
            "what is stored and read crosses the network to {} in clear",
            self.address.ip()
        ));
    }

    /// A client would try no other mechanism. That another one works is worth knowing all the same; but a password in clear
    /// goes nowhere beyond this machine after a login that did not work.
    fn try_the_others(&self, error: &ClientError, tried: Mechanism, listed: &[String], report: &mut Report) {
        let (Some(credentials), ClientError::Refused { status: AUTH_FAILED, .. }) =
            (&self.credentials, error)
        else {
            return;
        };
        if !self.address.ip().to_canonical().is_loopback() {
            return;
        }
        let listed = |mechanism: &Mechanism| listed.iter().any(|name| name == mechanism.name());
        for mechanism in Mechanism::ALL.into_iter().filter(|it| *it != tried).filter(listed) {
            let outcome = Client::connect(self.address, self.patience)
                .and_then(|mut client| client.log_in(mechanism, credentials));
            if outcome.is_ok() {
                report.warning(
                    format_args!(
                        "by {mechanism} this password is right, but clients on libsasl2 take {tried}"
                    ),
                    format_args!(
                        "give {:?} what {tried} needs (`keyway user passwd`), or offer {mechanism} alone",
                        credentials.name()
                    ),
                );
            }
        }
    }

    /// What an error means, and what to do.
    fn blame(&self, error: &ClientError, report: &mut Report) {
        match error {
            ClientError::Refused { doing: Doing::ListingMechanisms, status, .. } if SASL_OFF.contains(status) => {
                self.sasl_is_off(*status, report);
            }
            ClientError::Refused { doing, status: AUTH_FAILED, .. } => self.refused(*doing, report),
            ClientError::Refused { status, .. } if TRY_LATER.contains(status) => report.error(
                format_args!("{error}: the login was put off"),
                "wait a minute: too many wrong passwords came from this address, or too many logins wait; \
                 `keyway doctor explain` on the server says which",
            ),
            ClientError::Refused { .. } => report.error(error, "look into the server's log"),
            ClientError::Closed(Doing::ListingMechanisms) => report.error(
                format_args!("{error}, at once"),
                "it has too many connections (-c), or too many that have not logged in (--strangers-per-address), or \
                 does not speak the binary protocol (a port for text or TLS)",
            ),
            ClientError::Closed(_) => report.error(error, "look into the server's log; five refused logins end a connection"),
            ClientError::NotThisProtocol(_) => report.error(
                error,
                "another kind of server listens there, or TLS stands before it; memcached speaks it without `-B ascii`",
            ),
            ClientError::TimedOut { .. } => {
                report.error(error, "the server hangs or is overloaded, or the network loses packets; --patience waits longer");
            }
            ClientError::Login(fault) => self.distrust(fault, report),
            _ => report.error(error, "look into the server's log, and at the network between"),
        }
    }

    fn sasl_is_off(&self, status: u16, report: &mut Report) {
        let open =
            Client::connect(self.address, self.patience).and_then(|mut client| client.get(KEY)).is_ok();
        let what = if open {
            "SASL is off and everybody who reaches the server may read it; clients with a password skip the login"
        } else {
            "SASL is off and nobody is let in without a login, so nobody is"
        };
        report.error(
            format_args!("{what} (the server answered {status:#04x} to listing the mechanisms)"),
            "start it with users (`keyway serve` with a users file, `memcached -S`)",
        );
    }

    fn refused(&self, doing: Doing, report: &mut Report) {
        if doing != Doing::LoggingIn {
            report.error(
                format_args!("{doing}: refused as if nobody were logged in (0x20)"),
                "the server forgot a login that it had accepted; look into its log",
            );
            return;
        }
        let name = self.credentials.as_ref().map(Credentials::name).unwrap_or_default();
        report.error(
            format_args!("the login of {name:?} was refused (0x20), and no server says why to a client"),
            "on the server, `keyway serve -v` logs each refused login with an id: `keyway doctor explain ID` tells the reason; \
             `keyway user check NAME` tries a password there",
        );
    }

    fn distrust(&self, fault: &LoginFault, report: &mut Report) {
        let fix = match fault {
            LoginFault::TooManyRounds(_) => format!(
                "clients on libsasl2 accept {} at most, and do not fall back to PLAIN: store the password again with fewer",
                Rounds::MAX
            ),
            LoginFault::TooFewRounds(_) => {
                format!("RFC 7677 asks for {} at least, and clients refuse less: store the password again", Rounds::MIN)
            }
            LoginFault::WrongSignature | LoginFault::Unsigned | LoginFault::ForeignNonce => {
                "somebody may be in between, or this is not the server that it should be: change the password if it was used; else \
                 what the server stores of it is broken, and wants to be stored again"
                    .to_owned()
            }
            LoginFault::Unpreparable => "use a name and a password without control characters".to_owned(),
            _ => "the server does not follow the mechanism; look for a newer version".to_owned(),
        };
        report.error(fault, fix);
    }
}

fn timed<T>(
    what: &str,
    report: &mut Report,
    ask: impl FnOnce() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let start = Instant::now();
    let answer = ask();
    let took = start.elapsed();
    if answer.is_ok() && took >= SLOW {
        report.warning(
            format_args!("{what} took {} ms", took.as_millis()),
            "look at the server's load (`stats`), and, for a login, at --verifier-threads and what else logs in",
        );
    }
    answer
}
