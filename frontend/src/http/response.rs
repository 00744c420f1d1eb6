//! Answers.

use std::{
    fmt::{self, Write as _},
    time::{Duration, SystemTime},
};

/// A status of RFC 9110, section 15, of those that are given here.
///
/// ```
/// use keyway_frontend::http::{HttpStatus, Response};
///
/// assert_eq!(HttpStatus::ServiceUnavailable.code(), 503);
/// assert_eq!(Response::text("ok\n").status(), HttpStatus::Ok);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "named as in the RFC")]
pub enum HttpStatus {
    Ok,
    BadRequest,
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    /// Asked by a name that is not this server's: see [`super`] on rebinding.
    MisdirectedRequest,
    /// RFC 6585, section 5.
    RequestHeaderFieldsTooLarge,
    ServiceUnavailable,
}

/// An answer to a request.
///
/// ```
/// use keyway_frontend::http::{HttpStatus, Response};
/// let busy = Response::text("come back later\n").with_status(HttpStatus::ServiceUnavailable);
/// assert_eq!(busy.status().code(), 503);
/// let page = Response::of("text/html; charset=utf-8", "<!doctype html>").with_header("Referrer-Policy", "no-referrer");
/// assert_eq!(page.status(), HttpStatus::Ok);
/// ```
pub struct Response {
    status: HttpStatus,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

enum Body {
    Whole(Vec<u8>),
    Stream(Stream),
}

/// An answer that goes on.
pub(super) struct Stream {
    pub(super) every: Duration,
    pub(super) next: Box<dyn FnMut() -> Option<Vec<u8>> + Send>,
}

impl Response {
    /// Plain text, with status 200.
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
    /// routes.add("/", Access::Everybody, |_| Response::text("hello\n"));
    /// let answer = ask(&HttpServer::start(&anywhere, routes)?, "/")?;
    /// assert!(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    /// assert!(answer.ends_with("Content-Length: 6\r\n\r\nhello\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::of("text/plain; charset=utf-8", body)
    }

    /// A body of this media type, with status 200.
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
    /// routes.add("/status", Access::Everybody, |_| Response::of("application/json", "{}"));
    /// assert!(ask(&HttpServer::start(&anywhere, routes)?, "/status")?.contains("\r\nContent-Type: application/json\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(content_type, Body::Whole(body.into()))
    }

    /// A body that goes on: `next` is asked for more at once and then once in this time, but not before what it gave last
    /// has been taken (so a slow reader misses what came meanwhile, and costs no memory), until it says `None` or the peer
    /// has gone. It is called on the server's only thread and must not wait for anything.
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
    /// routes.add("/countdown", Access::Everybody, |_| {
    ///     let mut numbers = (0..3).rev();
    ///     let next = move || numbers.next().map(|number| format!("data: {number}\n\n").into_bytes());
    ///     Response::stream("text/event-stream", Duration::from_millis(10), next)
    /// });
    /// let answer = ask(&HttpServer::start(&anywhere, routes)?, "/countdown")?;
    /// assert!(answer.ends_with("data: 2\n\ndata: 1\n\ndata: 0\n\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stream(
        content_type: &'static str,
        every: Duration,
        next: impl FnMut() -> Option<Vec<u8>> + Send + 'static,
    ) -> Self {
        let every = every.max(Duration::from_millis(10));
        Self::new(content_type, Body::Stream(Stream { every, next: Box::new(next) }))
    }

    fn new(content_type: &'static str, body: Body) -> Self {
        Self { status: HttpStatus::Ok, content_type, headers: Vec::new(), body }
    }

    /// With another status.
    ///
    /// ```
    /// use keyway_frontend::http::{HttpStatus, Response};
    ///
    /// let missing = Response::text("there is no such page\n").with_status(HttpStatus::NotFound);
    /// assert_eq!(missing.status().to_string(), "404 Not Found");
    /// ```
    #[must_use]
    pub fn with_status(self, status: HttpStatus) -> Self {
        Self { status, ..self }
    }

    /// With one more header field. Control characters, which could begin another one, become blanks.
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
    /// let name_of_a_stranger = "eve\r\nSet-Cookie: it=hers"; // stays in its line
    /// routes.add("/", Access::Everybody, move |_| Response::text("").with_header("X-Name", name_of_a_stranger));
    /// assert!(ask(&HttpServer::start(&anywhere, routes)?, "/")?.contains("\r\nX-Name: eve  Set-Cookie: it=hers\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value: String = value.into();
        self.headers.push((name, value.replace(|c: char| c.is_control(), " ")));
        self
    }

    /// Its status.
    ///
    /// ```
    /// use keyway_frontend::http::{HttpStatus, Response};
    ///
    /// assert_eq!(Response::of("text/css", "p {}").status(), HttpStatus::Ok); // unless it is told otherwise
    /// ```
    #[must_use]
    pub fn status(&self) -> HttpStatus {
        self.status
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self.body, Body::Stream(_))
    }

    /// The bytes to send, and what is to be sent afterwards. Without the body for HEAD, which is told its length all the same.
    pub(super) fn encode(self, wants_body: bool) -> (Vec<u8>, Option<Stream>) {
        let mut head = String::with_capacity(256);
        // Writing to a string cannot fail.
        let _ = write!(head, "HTTP/1.1 {}\r\nContent-Type: {}\r\n", self.status, self.content_type);
        let _ = write!(head, "Date: {}\r\n", httpdate::fmt_http_date(SystemTime::now()));
        // What is told is of this moment, and no browser shall guess what it is.
        head.push_str("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n");
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        match self.body {
            Body::Whole(body) => {
                let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
                let mut bytes = head.into_bytes();
                if wants_body {
                    bytes.extend_from_slice(&body);
                }
                (bytes, None)
            }
            // Its end is that of the connection (RFC 9112, section 6.3).
            Body::Stream(stream) => {
                head.push_str("\r\n");
                (head.into_bytes(), wants_body.then_some(stream))
            }
        }
    }
}

impl HttpStatus {
    /// Its number.
    ///
    /// ```
    /// use keyway_frontend::http::HttpStatus;
    ///
    /// assert_eq!((HttpStatus::Unauthorized.code(), HttpStatus::MisdirectedRequest.code()), (401, 421));
    /// ```
    #[must_use]
    pub fn code(self) -> u16 {
        self.parts().0
    }

    fn parts(self) -> (u16, &'static str) {
        match self {
            Self::Ok => (200, "OK"),
            Self::BadRequest => (400, "Bad Request"),
            Self::Unauthorized => (401, "Unauthorized"),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed => (405, "Method Not Allowed"),
            Self::RequestTimeout => (408, "Request Timeout"),
            Self::MisdirectedRequest => (421, "Misdirected Request"),
            Self::RequestHeaderFieldsTooLarge => (431, "Request Header Fields Too Large"),
            Self::ServiceUnavailable => (503, "Service Unavailable"),
        }
    }
}

/// Such as `404 Not Found`.
impl fmt::Display for HttpStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, reason) = self.parts();
        write!(f, "{code} {reason}")
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, content_type, headers, body: _ } = self;
        f.debug_struct("Response")
            .field("status", status)
            .field("content_type", content_type)
            .field("headers", headers)
            .finish_non_exhaustive()
    }
}
