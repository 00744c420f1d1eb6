//! `keyway health`: one question, and an exit code for it. For container checks, which have no HTTP client.

use super::{doctor::Target, failure::Failure, output};
use clap::Args;
use keyway_frontend::client::ServerAddress;
use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    path::PathBuf,
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
    /// Seconds that all of it may take
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Memcached(Target),
    Unix(PathBuf),
    Http(Target),
}

/// Where metrics are served unless said otherwise.
const METRICS_PORT: u16 = 9150;

/// A request for the version, opcode 0x0b, which is answered before any login.
const VERSION: [u8; 24] = {
    let mut frame = [0; 24];
    (frame[0], frame[1]) = (0x80, 0x0b);
    frame
};

/// The front of its answer: magic, opcode, no key, no extras, no data type, status 0.
const ANSWER: [u8; 8] = [0x81, 0x0b, 0, 0, 0, 0, 0, 0];

/// Of an answer over HTTP, what is looked at.
const LONGEST_ANSWER: u64 = 4 << 10;

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() {
                Err("unix: needs a path".to_owned())
            } else {
                Ok(Self::Unix(path.into()))
            };
        }
        match text.strip_prefix("http://") {
            Some(rest) => {
                let target = Target::with_default_port(rest.strip_suffix('/').unwrap_or(rest), METRICS_PORT);
                target.map(Self::Http)
            }
            None => text.parse().map(Self::Memcached),
        }
    }
}

/// Asks. Exit code 0: it is well.
pub(crate) fn run(options: &HealthOptions) -> Result<(), Failure> {
    let until = Instant::now() + Duration::from_secs(options.timeout);
    let said = match &options.address {
        Address::Memcached(target) => connect(target, until).and_then(|stream| version(stream, until)),
        Address::Unix(path) => connect_unix(path).and_then(|stream| version(stream, until)),
        Address::Http(target) => {
            let path = if options.alive { "/healthz" } else { "/readyz" };
            connect(target, until).and_then(|stream| ask_http(stream, target, path, until))
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

/// What is asked over, with a time for each step.
trait Stream: Read + Write {
    fn set_patience(&self, patience: Duration) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(patience))?;
        self.set_write_timeout(Some(patience))
    }
}

#[cfg(unix)]
impl Stream for std::os::unix::net::UnixStream {
    fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(patience))?;
        self.set_write_timeout(Some(patience))
    }
}

#[cfg(unix)]
fn connect_unix(path: &std::path::Path) -> Result<std::os::unix::net::UnixStream, Unwell> {
    Ok(std::os::unix::net::UnixStream::connect(path)?)
}

#[cfg(not(unix))]
fn connect_unix(_: &std::path::Path) -> Result<TcpStream, Unwell> {
    Err(Unwell("this system has no unix sockets".to_owned()))
}

/// To the first of its addresses that takes a connection.
fn connect(target: &Target, until: Instant) -> Result<TcpStream, Unwell> {
    let mut last = Unwell("it has no address".to_owned());
    for address in target.resolve()? {
        let ServerAddress::Tcp(address) = address else { continue };
        match TcpStream::connect_timeout(&address, left(until)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

fn left(until: Instant) -> Result<Duration, Unwell> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::Error::from(ErrorKind::TimedOut).into()) } else { Ok(left) }
}

fn send(stream: &mut impl Stream, bytes: &[u8], until: Instant) -> Result<(), Unwell> {
    stream.set_patience(left(until)?)?;
    Ok(stream.write_all(bytes)?)
}

/// Reads until `enough` says so, the peer ends, or it is as much as is looked at.
fn read(stream: &mut impl Stream, enough: impl Fn(&[u8]) -> bool, until: Instant) -> Result<Vec<u8>, Unwell> {
    let (mut read, mut buffer) = (Vec::new(), [0; 1024]);
    while !enough(&read) && (read.len() as u64) < LONGEST_ANSWER {
        stream.set_patience(left(until)?)?;
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => read.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(read)
}

fn version(mut stream: impl Stream, until: Instant) -> Result<String, Unwell> {
    let closed = "the connection was closed without an answer: perhaps it has as many as it may (-c)";
    send(&mut stream, &VERSION, until)?;
    let whole = |bytes: &[u8]| bytes.len() >= VERSION.len() && bytes.len() >= VERSION.len() + body_of(bytes);
    let answer = match read(&mut stream, whole, until) {
        Err(Unwell(why)) if why.contains("reset") => return Err(Unwell(format!("{closed} ({why})"))),
        answer => answer?,
    };
    if answer.is_empty() {
        return Err(Unwell(closed.to_owned()));
    }
    if !answer.starts_with(&ANSWER) || !whole(&answer) {
        return Err(Unwell("it does not answer in memcached's binary protocol".to_owned()));
    }
    let text = answer.get(VERSION.len()..).unwrap_or_default();
    Ok(format!("ok: {}", printable(text)))
}

fn body_of(answer: &[u8]) -> usize {
    let length = answer.get(8..12).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    usize::try_from(length).unwrap_or(usize::MAX)
}

fn ask_http(mut stream: TcpStream, target: &Target, path: &str, until: Instant) -> Result<String, Unwell> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n");
    send(&mut stream, head.as_bytes(), until)?;
    let answer = read(&mut stream, |_| false, until)?;
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

/// What the other end says, fit for one line of a terminal.
fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|it| !it.is_control()).take(200).collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memcached(target) => target.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
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
