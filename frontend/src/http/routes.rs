//! What there is to ask for.

use super::{
    host,
    request::{Method, Request},
    response::{HttpStatus, Response},
    token::AccessToken,
};
use arc_swap::ArcSwapOption;
use std::{collections::BTreeMap, fmt, net::IpAddr, sync::Arc};

type Handler = Box<dyn Fn(&Request) -> Response + Send + Sync>;

/// Who may ask for something, where there is a token ([`Routes::require`]); where there is none, everybody may.
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
/// routes.add("/healthz", Access::Everybody, |_| Response::text("ok\n"));
/// routes.add("/metrics", Access::TokenHolders, |_| Response::text("up 1\n"));
/// routes.require(AccessToken::new("0123456789abcdef")?);
/// let server = HttpServer::start(&anywhere, routes)?;
/// assert!(ask(&server, "/healthz")?.starts_with("HTTP/1.1 200 "));
/// assert!(ask(&server, "/metrics")?.starts_with("HTTP/1.1 401 "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing between the two")]
pub enum Access {
    /// Probes, which mostly can show no token: for what says nothing but whether the server is well.
    Everybody,
    /// Whoever shows the token.
    TokenHolders,
}

/// What there is to ask for, path by path. Only GET and HEAD are answered: nothing here changes anything.
///
/// ```
/// use keyway_frontend::http::{Access, Response, Routes};
/// let mut routes = Routes::new();
/// routes.add("/greeting", Access::Everybody, |_| Response::text("hello\n"));
/// assert_eq!(routes.paths().collect::<Vec<_>>(), ["/greeting"]);
/// ```
#[derive(Default)]
pub struct Routes {
    table: BTreeMap<&'static str, (Access, Handler)>,
    /// Shared with the server that is made of this, which may change it.
    token: Arc<ArcSwapOption<AccessToken>>,
}

impl Routes {
    /// None yet.
    ///
    /// ```
    /// use keyway_frontend::http::Routes;
    ///
    /// assert_eq!(Routes::new().paths().count(), 0);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers requests for exactly this path, which begins with a slash, by what the handler says. It is called on the server's
    /// only thread and must not wait for anything. A path that is there already is answered by the new one.
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
    /// routes.add("/colour", Access::Everybody, |_| Response::text("red"));
    /// routes.add("/colour", Access::Everybody, |_| Response::text("green")); // which takes its place
    /// let server = HttpServer::start(&anywhere, routes)?;
    /// assert!(ask(&server, "/colour")?.ends_with("green"));
    /// assert!(ask(&server, "/colour/")?.starts_with("HTTP/1.1 404 ")); // another path
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add(
        &mut self,
        path: &'static str,
        access: Access,
        handler: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) {
        self.table.insert(path, (access, Box::new(handler)));
    }

    /// From now on only who shows this token is told what is not for everybody.
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
    /// routes.add("/metrics", Access::TokenHolders, |_| Response::text("up 1\n"));
    /// routes.require(AccessToken::new("0123456789abcdef")?);
    /// let server = HttpServer::start(&anywhere, routes)?;
    /// let answer = ask(&server, "/metrics")?; // without a token
    /// assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("\r\nWWW-Authenticate: Bearer"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn require(&mut self, token: AccessToken) {
        self.token.store(Some(Arc::new(token)));
    }

    pub(super) fn token(&self) -> Arc<ArcSwapOption<AccessToken>> {
        Arc::clone(&self.token)
    }

    /// The paths, sorted.
    ///
    /// ```
    /// use keyway_frontend::http::{Access, Response, Routes};
    ///
    /// let mut routes = Routes::new();
    /// for path in ["/readyz", "/metrics"] {
    ///     routes.add(path, Access::Everybody, |_| Response::text("ok\n"));
    /// }
    /// assert_eq!(routes.paths().collect::<Vec<_>>(), ["/metrics", "/readyz"]);
    /// ```
    pub fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.table.keys().copied()
    }

    /// The answer to a request that came in at this address of the server's.
    pub(super) fn answer(&self, request: &Request, local: IpAddr) -> Response {
        let told = |status: HttpStatus, text: &str| Response::text(format!("{text}\n")).with_status(status);
        if !host::is_meant(local, request.authority()) {
            return told(
                HttpStatus::MisdirectedRequest,
                "over the loopback, ask for an address or for localhost: other names are refused, since any web page could \
                 have one that points here",
            );
        }
        if request.method == Method::Other {
            return told(HttpStatus::MethodNotAllowed, "only GET and HEAD").with_header("Allow", "GET, HEAD");
        }
        let found = self.table.get(request.path());
        let open = found.is_some_and(|(access, _)| *access == Access::Everybody);
        // Before it is said whether there is such a path.
        if !open && self.token.load().as_ref().is_some_and(|token| !token.is_shown_by(request)) {
            return told(HttpStatus::Unauthorized, "show the token: Authorization: Bearer ...")
                .with_header("WWW-Authenticate", "Bearer, Basic realm=\"keyway\"");
        }
        match found {
            Some((_, handler)) => handler(request),
            None => {
                let paths: Vec<_> = self.paths().collect();
                told(HttpStatus::NotFound, &format!("there is {}", paths.join(" ")))
            }
        }
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.paths().collect();
        f.debug_struct("Routes").field("paths", &paths).field("token", &self.token.load()).finish()
    }
}
