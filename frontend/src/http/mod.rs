//! A small HTTP server for what an operator looks at: metrics, health, a status page.
//!
//! You need it to show what [`metrics`](crate::metrics), [`Health`](crate::Health) and [`status`](crate::status) tell, where a program has no
//! HTTP server of its own that could. It is not meant for anything else.
//!
//! One thread with an event loop of its own serves it, so that it answers while the event loops of the cache are busy, and
//! costs them nothing. It answers GET and HEAD for a table of exact paths ([`Routes`]) and reads no body: nothing here changes
//! anything. Whoever can connect may ask, unless a token is required ([`Routes::require`]).
//!
//! What a peer may cost is bounded: 64 connections, of which the oldest idle ones make room for new ones, 8 KiB and 64 fields of a
//! head, five seconds for it to come and five for the answer to be taken. A connection takes one request; what is sent behind it
//! is not looked at, so there is nothing to smuggle.
//!
//! # Rebinding
//!
//! A listener on the loopback is out of reach for other machines, but not for what pages from anywhere have a browser here do. So
//! over the loopback a request has to ask for an address or for `localhost`; another name is answered 421.
//!
//! ```
//! use keyway_frontend::http::{Access, HttpServer, Response, Routes};
//! use std::{io::{Read, Write}, net::{SocketAddr, TcpStream}};
//!
//! let mut routes = Routes::new();
//! routes.add("/greeting", Access::Everybody, |_| Response::text("hello\n"));
//! let server = HttpServer::start(&[SocketAddr::from(([127, 0, 0, 1], 0))], routes)?;
//!
//! let mut socket = TcpStream::connect(server.addresses()[0])?;
//! socket.write_all(b"GET /greeting HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
//! let mut answer = String::new();
//! socket.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhello\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod connection;
mod error;
mod event_loop;
mod host;
mod limits;
mod request;
mod response;
mod routes;
mod token;

pub use error::HttpError;
pub use request::Request;
pub use response::{HttpStatus, Response};
pub use routes::{Access, Routes};
pub use token::{AccessToken, AccessTokenError};

use crate::tcp_socket;
use arc_swap::ArcSwapOption;
use event_loop::{EventLoop, Stop};
use mio::net::TcpListener;
use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    thread::{self, JoinHandle},
};
use tracing::error;

/// How many may wait to be accepted: as many as there may be connections.
const BACKLOG: i32 = 64;

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = tcp_socket::open(address)?;
    tcp_socket::listen(&socket, address, BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// A running HTTP server. Dropping it stops it at once.
///
/// ```
/// # use keyway_frontend::http::{Access, HttpServer, Response, Routes};
/// # use std::net::{SocketAddr, TcpStream};
/// let server = HttpServer::start(&[SocketAddr::from(([127, 0, 0, 1], 0))], Routes::new())?;
/// let address = server.addresses()[0];
/// assert!(TcpStream::connect(address).is_ok());
/// drop(server);
/// assert!(TcpStream::connect(address).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct HttpServer {
    addresses: Vec<SocketAddr>,
    token: Arc<ArcSwapOption<AccessToken>>,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl HttpServer {
    /// Listens at these addresses, and serves them on a thread of its own. Port 0 picks a free one.
    ///
    /// ```
    /// # use keyway_frontend::http::{HttpError, HttpServer, Routes};
    /// # use std::net::SocketAddr;
    /// let first = HttpServer::start(&[SocketAddr::from(([127, 0, 0, 1], 0))], Routes::new())?;
    /// let second = HttpServer::start(first.addresses(), Routes::new());
    /// assert!(matches!(second, Err(HttpError::Listen { .. }))); // somebody listens there
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn start(listen: &[SocketAddr], routes: Routes) -> Result<Self, HttpError> {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for address in listen {
            let cannot = |source| HttpError::Listen { address: *address, source };
            let listener = bind(*address).map_err(cannot)?;
            addresses.push(listener.local_addr().map_err(cannot)?);
            listeners.push(listener);
        }
        let token = routes.token();
        let (event_loop, stop) = EventLoop::new(listeners, routes).map_err(HttpError::Resources)?;
        let run = move || {
            if let Err(error) = event_loop.run() {
                error!(%error, "HTTP is no longer served: the system cannot be asked for events");
            }
        };
        let thread =
            thread::Builder::new().name("keyway-http".to_owned()).spawn(run).map_err(HttpError::Resources)?;
        Ok(Self { addresses, token, stop, thread: Some(thread) })
    }

    /// From now on only who shows this token is told what is not for everybody, as by [`Routes::require`]; another one, or none, counted
    /// before.
    ///
    /// ```
    /// # use keyway_frontend::http::{Access, AccessToken, HttpServer, Response, Routes};
    /// # use std::{io::{Read, Write}, net::{SocketAddr, TcpStream}};
    /// # let mut routes = Routes::new();
    /// routes.add("/greeting", Access::TokenHolders, |_| Response::text("hello\n"));
    /// let server = HttpServer::start(&[SocketAddr::from(([127, 0, 0, 1], 0))], routes)?;
    /// server.require(AccessToken::new("0123456789abcdef")?);
    ///
    /// let mut socket = TcpStream::connect(server.addresses()[0])?;
    /// socket.write_all(b"GET /greeting HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    /// let mut answer = String::new();
    /// socket.read_to_string(&mut answer)?;
    /// assert!(answer.starts_with("HTTP/1.1 401 "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn require(&self, token: AccessToken) {
        self.token.store(Some(Arc::new(token)));
    }

    /// Where it listens, with the ports that were chosen where 0 was asked for.
    ///
    /// ```
    /// # use keyway_frontend::http::{Access, HttpServer, Response, Routes};
    /// # use std::net::{SocketAddr, TcpStream};
    /// let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    /// let server = HttpServer::start(&[anywhere, anywhere], Routes::new())?;
    /// assert_eq!(server.addresses().len(), 2);
    /// assert!(server.addresses().iter().all(|address| address.port() != 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.stop.now();
        if let Some(thread) = self.thread.take() {
            // A panic has been reported where it happened.
            let _reported = thread.join();
        }
    }
}
