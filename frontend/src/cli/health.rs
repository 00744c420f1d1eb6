//! `keyway health`: one question, and an exit code for it. For container checks, which have no HTTP client.

use super::{
    doctor::Target,
    failure::Failure,
    http_client::{HttpAddress, left},
    output,
};
use clap::Args;
use keyway_frontend::client::{Client, ClientError};
use std::{
    fmt,
    io::{self, ErrorKind},
    str::FromStr,
    time::{Duration, Instant},
};

const EXIT_CODES: &str =
    "Exit codes: 0 it is well; 1 it is not, or does not answer in time; 2 the command makes no sense";

/// How to ask.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct HealthOptions {
    /// Whom to ask: HOST[:PORT] or unix:PATH for the version that a memcached client is told without a login, or http://HOST[:PORT] for
    /// the address of --metrics, which also tells an event loop that hangs and a server that is stopping
    #[arg(value_name = "ADDR", default_value = "127.0.0.1:11211")]
    address: Address,
    /// Ask at http://... whether it is alive (/healthz), and not whether it is ready (/readyz)
    #[arg(long)]
    alive: bool,
    /// Seconds that connecting may take, and the answer behind it
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Memcached(Target),
    Http(HttpAddress),
}

/// Of an answer over HTTP, what is looked at.
const LONGEST_ANSWER: usize = 4 << 10;

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("http://") {
            text.parse().map(Self::Http)
        } else {
            text.parse().map(Self::Memcached)
        }
    }
}

/// Asks. Exit code 0: it is well.
pub(crate) fn run(options: &HealthOptions) -> Result<(), Failure> {
    let until = Instant::now() + Duration::from_secs(options.timeout);
    let said = match &options.address {
        Address::Memcached(target) => version(target, until),
        Address::Http(address) => {
            let path = if options.alive { "/healthz" } else { "/readyz" };
            ask_http(address, path, until)
        }
    };
    match said {
        Ok(said) => {
            output::say(&said);
            Ok(())
        }
        Err(Unwell(why)) => Err(Failure::refused(format_args!("{}: {why}", options.address))),
    }
}

/// Why it is not well.
struct Unwell(String);

impl From<io::Error> for Unwell {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self("no answer in time".to_owned()),
            _ => Self(error.to_string()),
        }
    }
}

impl From<ClientError> for Unwell {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Io { source, .. } => source.into(),
            ClientError::TimedOut { .. } => io::Error::from(ErrorKind::TimedOut).into(),
            ClientError::Closed(_) => Self(
                "the connection was closed without an answer: perhaps it has as many as it may (-c)"
                    .to_owned(),
            ),
            ClientError::NotThisProtocol(_) => {
                Self("it does not answer in memcached's binary protocol".to_owned())
            }
            other => Self(other.to_string()),
        }
    }
}

/// The version, which is told before any login, by the first of its addresses that takes a connection.
fn version(target: &Target, until: Instant) -> Result<String, Unwell> {
    let mut last = Unwell("it has no address".to_owned());
    for address in target.resolve()? {
        match Client::connect(address, left(until)?) {
            Ok(mut client) => return Ok(format!("ok: {}", printable(client.version()?.as_bytes()))),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

fn ask_http(address: &HttpAddress, path: &str, until: Instant) -> Result<String, Unwell> {
    let answer = address.get(path, None, LONGEST_ANSWER, until)?;
    let said = printable(answer.body.trim_ascii_end());
    if answer.code == 200 { Ok(said) } else { Err(Unwell(said)) }
}

/// What the other end says, fit for one line of a terminal.
fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|it| !it.is_control()).take(200).collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memcached(target) => target.fmt(f),
            Self::Http(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_by_its_front_how_to_ask() {
        for (text, shown) in [
            ("localhost", "localhost:11211"),
            ("[::1]:7", "[::1]:7"),
            ("unix:/run/keyway.sock", "unix:/run/keyway.sock"),
            ("http://localhost", "http://localhost:9150"),
            ("http://127.0.0.1:7/", "http://127.0.0.1:7"),
        ] {
            let address = text.parse::<Address>().map(|address| address.to_string());
            assert_eq!(address.as_deref(), Ok(shown), "{text}");
        }
        for text in ["", "unix:", "https://localhost", "http://", "http://a/b", "host:x"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
