//! `keyway doctor HOST:PORT`: the way that libmemcached goes, and where on it something is wrong.
//!
//! Lists the mechanisms, takes the strongest that both sides have, logs in by that one alone, asks for the version and gets
//! an item. Nothing is written.

mod blame;
mod offer;

use super::{
    remedy::{store_for, word},
    report::Report,
    target::Target,
};
use crate::cli::{
    failure::Failure,
    user::{PasswordFromStdin, password_in},
};
use clap::Args;
use keyway::Mechanism;
use keyway_frontend::client::{Client, ClientError, Credentials, ServerAddress, TlsAddress, strongest};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// An answer that takes longer is worth a warning: what clients wait for one is often half a second to a few seconds.
const SLOW: Duration = Duration::from_millis(500);

/// Gotten at the end; whether it is there does not matter.
const KEY: &[u8] = b"keyway-doctor";

const AUTH_FAILED: u16 = 0x20;

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
    /// The authorities that the certificate of tls://HOST:PORT may be of (PEM)
    #[arg(long, value_name = "FILE", requires = "server")]
    tls_ca: Option<PathBuf>,
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
    let addresses = options.addresses(target, report)?;
    let Some((address, mut client)) = reach(addresses, patience, report) else { return Ok(()) };
    let visit = Visit { address, patience, credentials };
    if let Err(error) = visit.go(&mut client, report) {
        visit.blame(&error, report);
    }
    Ok(())
}

impl VisitOptions {
    /// Where to go; nowhere, if there is no address of that name.
    fn addresses(&self, target: &Target, report: &mut Report) -> Result<Vec<ServerAddress>, Failure> {
        let found = target.resolve().unwrap_or_else(|error| {
            report
                .error(format_args!("{target}: there is no address of that name: {error}"), "check the name");
            Vec::new()
        });
        let Target::Tls { host, .. } = target else { return Ok(found) };
        let Some(authorities) = &self.tls_ca else {
            return Err(Failure::usage(
                "tls://HOST:PORT takes --tls-ca FILE: the authorities that the server's certificate may be of",
            ));
        };
        let by_tls = |address| match address {
            ServerAddress::Tcp(address) => ServerAddress::Tls(TlsAddress {
                address,
                name: host.clone(),
                authorities: authorities.clone(),
            }),
            other => other,
        };
        Ok(found.into_iter().map(by_tls).collect())
    }

    fn obtain(&self) -> Result<Zeroizing<String>, Failure> {
        match &self.password_file {
            Some(path) => password_in(path),
            None => self.password.obtain(),
        }
    }
}

/// A connection to the first address that takes one.
fn reach(
    addresses: Vec<ServerAddress>,
    patience: Duration,
    report: &mut Report,
) -> Option<(ServerAddress, Client)> {
    let mut last = None;
    for address in addresses {
        match Client::connect(address.clone(), patience) {
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
        _ => match &address {
            ServerAddress::Tcp(tcp) => format!(
                "nothing listens there: start the server, or have it listen there (`keyway serve -l {} -p {}`)",
                tcp.ip(),
                tcp.port()
            ),
            ServerAddress::Tls(_) => "start the server there, and have it speak TLS (`keyway serve --tls-certificate`); where its certificate is \
                 refused, look at --tls-ca and at the names in the certificate, which must not be that of an authority itself (CA:FALSE)"
                .to_owned(),
            _ => "start the server, or have it listen there (`keyway serve -s PATH -a 0770`); who may write to the socket may connect"
                .to_owned(),
        },
    };
    report.error(format_args!("{address}: {error}"), fix);
    None
}

struct Visit {
    address: ServerAddress,
    patience: Duration,
    credentials: Option<Credentials>,
}

impl Visit {
    fn go(&self, client: &mut Client, report: &mut Report) -> Result<(), ClientError> {
        let listed = timed("listing the mechanisms", report, || client.mechanisms())?;
        self.judge(&listed, report);
        let Some(mut mechanism) = strongest(listed.iter().map(String::as_str)) else { return Ok(()) };
        if client.can_bind() {
            mechanism = bound(mechanism, &listed, report);
        }
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

    /// A client would try no other mechanism. That another one works is worth knowing all the same.
    fn try_the_others(&self, error: &ClientError, tried: Mechanism, listed: &[String], report: &mut Report) {
        let Some(credentials) = &self.credentials else { return };
        for mechanism in self.others(error, tried, listed) {
            let outcome = Client::connect(self.address.clone(), self.patience)
                .and_then(|mut client| client.log_in(mechanism, credentials));
            if outcome.is_ok() {
                report.warning(
                    format_args!(
                        "by {mechanism} this password is right, but clients on libsasl2 take {tried}"
                    ),
                    format_args!(
                        "store the password for it, too (`{}`), or do not offer {tried}",
                        store_for(word(credentials.name()), tried)
                    ),
                );
            }
        }
    }

    /// Which others may be tried. A password in clear goes nowhere beyond this machine after a login that did not work, for
    /// who answered there is not known.
    fn others(&self, error: &ClientError, tried: Mechanism, listed: &[String]) -> Vec<Mechanism> {
        let refused = matches!(error, ClientError::Refused { status: AUTH_FAILED, .. });
        if !refused || !self.address.is_this_machine() {
            return Vec::new();
        }
        let listed = |mechanism: &Mechanism| listed.iter().any(|name| name == mechanism.name());
        Mechanism::ALL.into_iter().filter(|it| *it != tried).filter(listed).collect()
    }
}

/// The same that binds to the channel, if it is offered.
fn bound(mechanism: Mechanism, listed: &[String], report: &mut Report) -> Mechanism {
    let offered = |it: &Mechanism| listed.iter().any(|name| name == it.name());
    match mechanism.bound().filter(offered) {
        Some(bound) => bound,
        None => {
            report.warning(
                "nothing is offered that binds to this channel of TLS 1.3: whoever got in between with a certificate that clients \
                 trust would not be found, and may have taken the offer off the list",
                "offer SCRAM (`keyway serve --mechanisms`); look for a proxy that ends TLS before the server",
            );
            mechanism
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use keyway_frontend::client::Doing;

    #[test]
    fn other_mechanisms_are_tried_on_this_machine_alone_and_only_after_a_refusal() {
        let refused =
            ClientError::Refused { doing: Doing::LoggingIn, status: AUTH_FAILED, text: String::new() };
        let put_off = ClientError::Refused { doing: Doing::LoggingIn, status: 0x86, text: String::new() };
        let listed = ["PLAIN", "SCRAM-SHA-256", "GSSAPI"].map(str::to_owned);
        let others = |address: &str, error| {
            let visit = Visit {
                address: address.parse::<std::net::SocketAddr>().unwrap().into(),
                patience: Duration::from_secs(1),
                credentials: None,
            };
            visit.others(error, Mechanism::ScramSha256, &listed)
        };
        for here in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(others(here, &refused), [Mechanism::Plain], "{here}");
            assert_eq!(others(here, &put_off), []);
        }
        for elsewhere in ["192.0.2.1:1", "[2001:db8::1]:1"] {
            assert_eq!(others(elsewhere, &refused), [], "{elsewhere}");
        }
    }
}
