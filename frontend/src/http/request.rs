//! Requests: the head of an HTTP/1 message, read by `httparse`. A body is never looked at: no request here has a meaning
//! that a body could change.

use super::{limits::FIELDS, response::HttpStatus};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Other,
}

/// A request whose head has come whole.
///
/// ```
/// # use keyway_frontend::http::{Access, AccessToken, HttpServer, HttpStatus, Response, Routes};
/// # use std::{io::{Read, Write}, net::{SocketAddr, TcpStream}};
/// # fn ask(server: &HttpServer, path: &str) -> std::io::Result<String> {
/// #     let mut socket = TcpStream::connect(server.addresses()[0])?;
/// #     socket.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
/// #     let mut answer = String::new();
/// #     socket.read_to_string(&mut answer)?;
/// #     Ok(answer)
/// # }
/// # let anywhere = [SocketAddr::from(([127, 0, 0, 1], 0))];
/// let mut routes = Routes::new();
/// routes.add("/echo", Access::Everybody, |request| Response::text(request.query().unwrap_or("nothing").to_owned()));
/// let server = HttpServer::start(&anywhere, routes)?;
/// assert!(ask(&server, "/echo?what=this")?.ends_with("\r\n\r\nwhat=this"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) method: Method,
    path: String,
    query: Option<String>,
    /// Names in lower case.
    fields: Vec<(String, Vec<u8>)>,
    /// What the peer calls the server: from the target, or else from the field `Host`.
    authority: Option<String>,
}

/// What bytes from a peer are.
#[derive(Debug)]
pub(super) enum Parsed {
    Whole(Request),
    /// More has to come.
    Partial,
    /// Answered with this, and the connection is over: where the next request would begin is not known.
    Bad(HttpStatus),
}

impl Request {
    /// The path of the target as it was sent: nothing in it is decoded.
    ///
    /// ```
    /// # use keyway_frontend::http::{Access, AccessToken, HttpServer, HttpStatus, Response, Routes};
    /// # use std::{io::{Read, Write}, net::{SocketAddr, TcpStream}, time::Duration};
    /// # fn ask(server: &HttpServer, path: &str) -> std::io::Result<String> {
    /// #     let mut socket = TcpStream::connect(server.addresses()[0])?;
    /// #     socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    /// #     socket.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
    /// #     let mut answer = String::new();
    /// #     socket.read_to_string(&mut answer)?;
    /// #     Ok(answer)
    /// # }
    /// # let anywhere = [SocketAddr::from(([127, 0, 0, 1], 0))];
    /// let mut routes = Routes::new();
    /// routes.add("/where", Access::Everybody, |request| Response::text(request.path()));
    /// let server = HttpServer::start(&anywhere, routes)?;
    /// assert!(ask(&server, "/where?are=we")?.ends_with("\r\n\r\n/where"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands behind the question mark, as it was sent.
    ///
    /// ```
    /// # use keyway_frontend::http::{Access, AccessToken, HttpServer, HttpStatus, Response, Routes};
    /// # use std::{io::{Read, Write}, net::{SocketAddr, TcpStream}, time::Duration};
    /// # fn ask(server: &HttpServer, path: &str) -> std::io::Result<String> {
    /// #     let mut socket = TcpStream::connect(server.addresses()[0])?;
    /// #     socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    /// #     socket.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
    /// #     let mut answer = String::new();
    /// #     socket.read_to_string(&mut answer)?;
    /// #     Ok(answer)
    /// # }
    /// # let anywhere = [SocketAddr::from(([127, 0, 0, 1], 0))];
    /// let mut routes = Routes::new();
    /// routes.add("/echo", Access::Everybody, |request| Response::text(format!("{:?}", request.query())));
    /// let server = HttpServer::start(&anywhere, routes)?;
    /// assert!(ask(&server, "/echo?a=%20b")?.ends_with("Some(\"a=%20b\")")); // nothing is decoded
    /// assert!(ask(&server, "/echo")?.ends_with("None"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The first header field of this name, however its letters are written.
    ///
    /// ```
    /// # use keyway_frontend::http::{Access, AccessToken, HttpServer, HttpStatus, Response, Routes};
    /// # use std::{io::{Read, Write}, net::{SocketAddr, TcpStream}, time::Duration};
    /// # fn ask(server: &HttpServer, path: &str) -> std::io::Result<String> {
    /// #     let mut socket = TcpStream::connect(server.addresses()[0])?;
    /// #     socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    /// #     socket.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
    /// #     let mut answer = String::new();
    /// #     socket.read_to_string(&mut answer)?;
    /// #     Ok(answer)
    /// # }
    /// # let anywhere = [SocketAddr::from(([127, 0, 0, 1], 0))];
    /// let mut routes = Routes::new();
    /// routes.add("/host", Access::Everybody, |request| Response::text(request.header("HOST").unwrap_or_default()));
    /// let server = HttpServer::start(&anywhere, routes)?;
    /// assert!(ask(&server, "/host")?.ends_with("\r\n\r\nlocalhost"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    pub(super) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Reads the head that stands at the front of these bytes.
    pub(super) fn parse(bytes: &[u8]) -> Parsed {
        let mut room = [httparse::EMPTY_HEADER; FIELDS];
        let mut head = httparse::Request::new(&mut room);
        match head.parse(bytes) {
            Ok(httparse::Status::Partial) => Parsed::Partial,
            Ok(httparse::Status::Complete(_)) => match Self::of(&head) {
                Some(request) => Parsed::Whole(request),
                None => Parsed::Bad(HttpStatus::BadRequest),
            },
            Err(httparse::Error::TooManyHeaders) => Parsed::Bad(HttpStatus::RequestHeaderFieldsTooLarge),
            Err(_) => Parsed::Bad(HttpStatus::BadRequest),
        }
    }

    fn of(head: &httparse::Request<'_, '_>) -> Option<Self> {
        let method = match head.method? {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            _ => Method::Other,
        };
        let fields: Vec<_> = head
            .headers
            .iter()
            .map(|field| (field.name.to_ascii_lowercase(), field.value.to_vec()))
            .collect();
        let (of_target, target) = split_target(head.path?)?;
        let mut hosts = fields.iter().filter(|(name, _)| name == "host").map(|(_, value)| value);
        let of_field = match (hosts.next(), hosts.next()) {
            // RFC 9112, section 3.2: one at most, and HTTP/1.1 has one.
            (_, Some(_)) => return None,
            (None, None) if head.version == Some(1) => return None,
            (host, None) => host.map(|host| String::from_utf8(host.clone())).transpose().ok()?,
        };
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
            None => (target, None),
        };
        Some(Self { method, path, query, fields, authority: of_target.or(of_field) })
    }
}

/// The authority, where the target is an absolute URI (RFC 9112, section 3.2.2), and the rest.
fn split_target(target: &str) -> Option<(Option<String>, String)> {
    if target.starts_with('/') {
        return Some((None, target.to_owned()));
    }
    let (scheme, rest) = target.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some((Some(authority.to_owned()), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Request {
        match Request::parse(text.as_bytes()) {
            Parsed::Whole(request) => request,
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn a_target_is_a_path_or_a_whole_address() {
        let asked = whole("GET /metrics?name=x&y HTTP/1.1\r\nhOsT: here:1\r\nX: 1\r\n\r\nbody");
        assert_eq!(
            (asked.path(), asked.query(), asked.authority()),
            ("/metrics", Some("name=x&y"), Some("here:1"))
        );
        assert_eq!((asked.method, asked.header("x")), (Method::Get, Some(&b"1"[..])));
        let asked = whole("HEAD HTTP://there:2?q HTTP/1.1\r\nHost: here\r\n\r\n");
        assert_eq!((asked.path(), asked.query(), asked.authority()), ("/", Some("q"), Some("there:2")));
        let asked = whole("DELETE / HTTP/1.0\n\n");
        assert_eq!((asked.method, asked.authority()), (Method::Other, None));
    }

    #[test]
    fn what_is_no_request_is_refused_as_soon_as_that_is_seen() {
        for text in [
            "GET /\r\n",
            "GET / HTTP/2.0\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \u{e4}\r\nnaked\r\n\r\n",
            "GET metrics HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            "\u{80}\u{0}",
            "\x16\x03\x01\x02\x00\x01",
        ] {
            assert!(
                matches!(Request::parse(text.as_bytes()), Parsed::Bad(HttpStatus::BadRequest)),
                "{text:?}"
            );
        }
        for text in ["", "G", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n"] {
            assert!(matches!(Request::parse(text.as_bytes()), Parsed::Partial), "{text:?}");
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(FIELDS + 1));
        let too_many = HttpStatus::RequestHeaderFieldsTooLarge;
        assert!(matches!(Request::parse(many.as_bytes()), Parsed::Bad(status) if status == too_many));
    }
}
