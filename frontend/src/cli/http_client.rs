//! One request over HTTP/1.1 to an address of --metrics, for commands: an answer of bounded length, within bounded time.

use super::doctor::Target;
use keyway_frontend::client::ServerAddress;
use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    str::FromStr,
    time::{Duration, Instant},
};

/// Where metrics are served unless said otherwise: what memcached_exporter has, so that what scrapes one finds the other.
pub(crate) const METRICS_PORT: u16 = 9150;

/// Header fields of an answer.
const FIELDS: usize = 64;

/// `http://HOST[:PORT]`, with a slash behind it or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpAddress(Target);

/// What came back.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) body: Vec<u8>,
}

impl HttpAddress {
    /// Asks the first of its addresses that takes a connection for this path, showing the token if there is one. Of the answer, so
    /// many bytes are read.
    pub(crate) fn get(
        &self,
        path: &str,
        token: Option<&str>,
        longest: usize,
        until: Instant,
    ) -> io::Result<Answer> {
        let mut stream = self.connect(until)?;
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{token}Connection: close\r\n\r\n", self.0);
        stream.set_write_timeout(Some(left(until)?))?;
        stream.write_all(head.as_bytes())?;
        let mut said = read_to_end(&mut stream, longest, until)?;
        let mut room = [httparse::EMPTY_HEADER; FIELDS];
        let mut head = httparse::Response::new(&mut room);
        match (head.parse(&said), head.code) {
            (Ok(httparse::Status::Complete(length)), Some(code)) => {
                Ok(Answer { code, body: said.split_off(length) })
            }
            _ => Err(io::Error::new(ErrorKind::InvalidData, "it does not answer in HTTP")),
        }
    }

    fn connect(&self, until: Instant) -> io::Result<TcpStream> {
        let mut last = ErrorKind::AddrNotAvailable.into();
        for address in self.0.resolve()? {
            let ServerAddress::Tcp(address) = address else { continue };
            match TcpStream::connect_timeout(&address, left(until)?) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl FromStr for HttpAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("http://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '@';
        match rest.filter(|rest| !rest.contains(is_odd)) {
            Some(rest) => Target::tcp(rest, METRICS_PORT).map(Self),
            None => Err(format!("{text:?} is no http://HOST[:PORT]")),
        }
    }
}

impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

/// How long it is until then.
///
/// # Errors
/// It is over.
pub(crate) fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Until the peer ends, or it is as much as is looked at.
fn read_to_end(stream: &mut TcpStream, longest: usize, until: Instant) -> io::Result<Vec<u8>> {
    let (mut read, mut buffer) = (Vec::new(), [0; 16 << 10]);
    while read.len() < longest {
        stream.set_read_timeout(Some(left(until)?))?;
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => read.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
