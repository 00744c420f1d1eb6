//! `keyway health`: one question, and an exit code for it. For container checks, which have no HTTP client.

use super::{doctor::Target, failure::Failure, output};
use clap::Args;
use keyway_frontend::client::{Client, ClientError, ServerAddress};
use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
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
    Http(Target),
}

/// Where metrics are served unless said otherwise.
const METRICS_PORT: u16 = 9150;

/// Of an answer over HTTP, what is looked at.
const LONGEST_ANSWER: usize = 4 << 10;

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("http://") {
            Some(rest) => Target::tcp(rest.strip_suffix('/').unwrap_or(rest), METRICS_PORT).map(Self::Http),
            None => text.parse().map(Self::Memcached),
        }
    }
}

/// Asks. Exit code 0: it is well.
pub(crate) fn run(options: &HealthOptions) -> Result<(), Failure> {
    let until = Instant::now() + Duration::from_secs(options.timeout);
    let said = match &options.address {
        Address::Memcached(target) => version(target, until),
        Address::Http(target) => {
            let path = if options.alive { "/healthz" } else { "/readyz" };
            ask_http(target, path, until)
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

/// What comes of the first of its addresses at which something does.
fn at_first<T>(target: &Target, reach: impl Fn(ServerAddress) -> Result<T, Unwell>) -> Result<T, Unwell> {
    let mut last = Unwell("it has no address".to_owned());
    for address in target.resolve()? {
        match reach(address) {
            Ok(reached) => return Ok(reached),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The version, which is told before any login.
fn version(target: &Target, until: Instant) -> Result<String, Unwell> {
    let mut client = at_first(target, |address| Ok(Client::connect(address, left(until)?)?))?;
    Ok(format!("ok: {}", printable(client.version()?.as_bytes())))
}

fn left(until: Instant) -> Result<Duration, Unwell> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::Error::from(ErrorKind::TimedOut).into()) } else { Ok(left) }
}

fn ask_http(target: &Target, path: &str, until: Instant) -> Result<String, Unwell> {
    let mut stream = at_first(target, |address| match address {
        ServerAddress::Tcp(address) => Ok(TcpStream::connect_timeout(&address, left(until)?)?),
        _ => Err(Unwell("it is no address for HTTP".to_owned())),
    })?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n");
    stream.set_write_timeout(Some(left(until)?))?;
    stream.write_all(head.as_bytes())?;
    let answer = read_to_end(&mut stream, until)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
    let said = printable(body.trim_end().as_bytes());
    match status {
        Some("200") => Ok(said),
        Some(_) => Err(Unwell(said)),
        None => Err(Unwell("it does not answer in HTTP".to_owned())),
    }
}

/// Until the peer ends, or it is as much as is looked at.
fn read_to_end(stream: &mut TcpStream, until: Instant) -> Result<Vec<u8>, Unwell> {
    let (mut read, mut buffer) = (Vec::new(), [0; 1024]);
    while read.len() < LONGEST_ANSWER {
        stream.set_read_timeout(Some(left(until)?))?;
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => read.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(read)
}

/// What the other end says, fit for one line of a terminal.
fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|it| !it.is_control()).take(200).collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memcached(target) => target.fmt(f),
            Self::Http(target) => write!(f, "http://{target}"),
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
