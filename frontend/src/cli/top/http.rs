//! A snapshot by HTTP/1.1: one request to `/status.json`, one answer of bounded length and within bounded time.

use keyway_frontend::status::Status;
use std::{
    fmt,
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// A snapshot has some KiB, and 130 bytes for each namespace.
const LONGEST: u64 = 16 << 20;

/// Header fields of an answer.
const FIELDS: usize = 64;

/// A status address.
#[derive(Clone)]
pub(super) struct Address {
    /// With the port.
    host: String,
    token: Option<String>,
}

impl Address {
    /// Of `http://HOST:PORT`, with or without a path.
    pub(super) fn new(url: &str, token: Option<String>) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").ok_or_else(|| {
            format!("{url:?} is no status address: it is http:// and what the server was given as --metrics")
        })?;
        let host = rest.split('/').next().unwrap_or_default();
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '@';
        if host.is_empty() || host.contains(is_odd) {
            return Err(format!("{url:?} names no host and port"));
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let host = if has_port && !host.ends_with(']') { host.to_owned() } else { format!("{host}:80") };
        if token.as_ref().is_some_and(|token| token.contains(is_odd)) {
            return Err("the token has blanks or control characters in it".to_owned());
        }
        Ok(Self { host, token })
    }

    pub(super) fn status(&self) -> Result<Status, String> {
        let answer = self.fetch().map_err(|error| {
            format!("no server answers at {self}: {error}; start it with --metrics and --status-page")
        })?;
        let mut room = [httparse::EMPTY_HEADER; FIELDS];
        let mut head = httparse::Response::new(&mut room);
        let Ok(httparse::Status::Complete(length)) = head.parse(&answer) else {
            return Err(format!("what answers at {self} is no HTTP server"));
        };
        match head.code {
            Some(200) => {}
            Some(401) => return Err(format!("{self} asks for a token: --token-file")),
            Some(404) => return Err(format!("{self} has no status: start the server with --status-page")),
            code => return Err(format!("{self} answered {}", code.unwrap_or_default())),
        }
        serde_json::from_slice(&answer[length..])
            .map_err(|error| format!("{self} answered something else than a status: {error}"))
    }

    fn fetch(&self) -> io::Result<Vec<u8>> {
        let address = self.host.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let token =
            self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!(
            "GET /status.json HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n{token}Connection: close\r\n\r\n",
            self.host
        );
        socket.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        socket.take(LONGEST).read_to_end(&mut answer)?;
        Ok(answer)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.host)
    }
}

/// Without the token.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_stands_between_the_scheme_and_the_path() {
        let host = |url: &str| Address::new(url, None).map(|address| address.host);
        for (url, named) in [
            ("http://127.0.0.1:9150", "127.0.0.1:9150"),
            ("http://127.0.0.1:9150/status.json", "127.0.0.1:9150"),
            ("http://localhost", "localhost:80"),
            ("http://[::1]:9150/", "[::1]:9150"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert_eq!(host(url).as_deref(), Ok(named), "{url}");
        }
        for odd in [
            "127.0.0.1:9150",
            "https://here",
            "http://",
            "http:///x",
            "http://a b",
            "http://u@h",
            "http://a\r\nX: y",
        ] {
            assert!(host(odd).is_err(), "{odd:?}");
        }
        assert!(Address::new("http://h", Some("a\r\nX: y".to_owned())).is_err());
        let shown = format!("{:?}", Address::new("http://h", Some("secret".to_owned())));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
