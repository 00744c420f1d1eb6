//! The network door of a Keyway cache: the memcached binary protocol with SASL.
//!
//! The crate `keyway` is the cache; this one opens it to clients of memcached, beside the sessions of the process itself, and has what
//! a server is run with: users files, an audit that is written down, sources of users, administration by a socket. The command `keyway`
//! is made of nothing else than what is public here.
//!
//! # A tour
//!
//! In the order in which one meets things. Each piece is whole, and runs.
//!
//! ## Serve a cache
//!
//! A [`Server`] serves a `keyway::Cache` by threads of its own, as its [`ServerConfig`] says. It stops when it is dropped; the cache stays.
//!
//! ```
//! use keyway::{Cache, Config, Mechanism, Role, Users};
//! use keyway_frontend::{
//!     Policy, Server, ServerConfig,
//!     client::{Client, Credentials},
//! };
//! use std::{net::SocketAddr, time::Duration};
//!
//! let users = Users::new();
//! users.add_trusted("application", Role::ReadWrite)?;
//! users.add("worker", "a long passphrase", Role::ReadOnly)?;
//! let cache = Cache::new(Config::new(64 << 20), users)?;
//!
//! // Port 0 picks a free one.
//! let mut config = ServerConfig::new(Policy::default());
//! config.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0)).into()];
//! let server = Server::start(cache.clone(), config)?;
//!
//! // What the application stores, a client reads.
//! cache.session_for("application")?.set("greeting", "hello")?;
//! let mut client = Client::connect(server.addresses()[0], Duration::from_secs(5))?;
//! client.log_in(Mechanism::ScramSha256, &Credentials::new("worker", "a long passphrase"))?;
//! assert_eq!(client.get(b"greeting")?.as_deref(), Some(&b"hello"[..]));
//!
//! server.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Listen where the clients are
//!
//! Each [`Listener`] has a place, TCP or a unix socket, an [`Entrance`], which says what it lets through, and perhaps [`Tls`]. What all of
//! them have in common is the [`Policy`]. What would be unsafe somewhere is left out there, and said:
//!
//! ```
//! use keyway::Mechanism;
//! use keyway_frontend::{LeftOut, Listener, UnixEndpoint};
//!
//! let inside = Listener::from(UnixEndpoint::at("/run/keyway/socket")).offer()?;
//! let outside = Listener::from(([0, 0, 0, 0], 11211)).offer()?;
//! assert!(inside.mechanisms.contains(&Mechanism::Plain));
//! assert!(outside.left_out.contains(&(Mechanism::Plain, LeftOut::PasswordInTheClear)));
//! # Ok::<(), keyway_frontend::ServerError>(())
//! ```
//!
//! ## Keep users in a file
//!
//! A [`UsersFile`] has the users of a server with what is stored of their passwords, their roles and their namespaces; a running cache follows
//! a changed one. Users whom a database or a directory knows come by [`SourceSettings`], and [`import`] reads what other servers wrote.
//!
//! ```
//! use keyway::{Cache, Config, Role, Rounds, Users, Verifier};
//! use keyway_frontend::UsersFile;
//!
//! # let place = tempfile::tempdir()?;
//! # let path = place.path().join("users.toml");
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! let verifier = Verifier::derive("a long passphrase", Rounds::default())?;
//! UsersFile::edit(&path, |file| file.add("worker", Role::ReadOnly, verifier))?;
//! UsersFile::load(&path)?.apply_to_cache(&cache)?; // at a start, and whenever it has changed
//! assert!(cache.login("worker", "a long passphrase").is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## See what happens
//!
//! An [`AuditWriter`] writes down who did what. [`metrics`] are for Prometheus, [`Health`] for probes, [`status`] for people who look on, and
//! [`http`] serves all three. An operator acts on a running server by the socket of [`admin`].
//!
//! ```
//! use keyway::{Cache, Config, Users};
//! use keyway_frontend::{Health, Policy, Server, ServerConfig, http::{HttpServer, Routes}, metrics::Metrics};
//! use std::net::SocketAddr;
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! let mut config = ServerConfig::new(Policy::default());
//! config.listen = vec![([127, 0, 0, 1], 0).into()];
//! let server = Server::start(cache.clone(), config)?;
//!
//! let mut routes = Routes::new();
//! Health::of(server.view()).serve_at(&mut routes);
//! Metrics::new(cache).with_server(server.view()).serve_at(&mut routes);
//! assert_eq!(routes.paths().collect::<Vec<_>>(), ["/healthz", "/metrics", "/readyz"]);
//! let _http = HttpServer::start(&[SocketAddr::from(([127, 0, 0, 1], 0))], routes)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## With an event loop of one's own
//!
//! Whoever has one drives a [`Connection`] over a [`Transport`], or a [`Dialogue`] that knows bytes alone, through a [`Door`]. [`client`] is
//! the other side of a login, with a socket or without.
//!
//! ```
//! use keyway::{Cache, Config, Users};
//! use keyway_frontend::{Dialogue, Door, Outbox, Policy};
//! use std::sync::Arc;
//!
//! let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), Users::new())?, Policy::default()));
//! let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
//! let mut version = [0; 24]; // a header, and nothing behind it
//! (version[0], version[1]) = (0x80, 0x0b);
//! assert_eq!(dialogue.advance(&version, &mut out).consumed, 24);
//! assert!(out.len() > 24); // the answer, on its way to a socket
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds
//!
//! - Before a login, a connection can do nothing but log in, for so long and with so many bytes; what it costs is bounded, by address
//!   and in all.
//! - Passwords are verified on threads apart, at the lowest priority: who is logged in waits for nobody's login.
//! - Every request is answered as memcached answers it, however it is split; bad input is answered or the connection closed.
//! - Who asks for little does not wait behind those who ask for much, beyond one turn of each.
//!
//! # Features
//!
//! None is on by default: `sqlite`, `postgres` and `ldap` are sources of users, and bring their clients along.

#[cfg(unix)]
pub mod admin;
mod audit;
pub mod client;
mod connection;
mod dialogue;
mod door;
mod health;
mod histogram;
pub mod http;
pub mod import;
pub mod metrics;
mod outbox;
mod process;
mod sasl;
mod serve;
mod server;
mod size;
#[cfg(unix)]
mod socket_file;
mod sources;
mod stats;
pub mod status;
mod tally;
mod tcp_socket;
mod timestamp;
mod tls;
mod users_file;
mod wire;

pub use audit::{AuditDestination, AuditError, AuditSettings, AuditWriter};
pub use connection::{Connection, Desk, Transport, TransportNote, Turn};
pub use dialogue::{Advance, Dialogue, Filling, Next, PutOff};
pub use door::{Door, Entrance, MAX_LOGIN_FAILURES, PlainOver, Policy, ServerFinal};
pub use health::{Health, STUCK_AFTER};
pub use keyway::audit::{BadFailureId, FailureId};
pub use outbox::Outbox;
pub use server::{
    Endpoint, LeftOut, ListenAddress, Listener, Listening, Server, ServerConfig, ServerError, ServerView, Way,
};
#[cfg(unix)]
pub use server::{InheritedSocket, UnixEndpoint};
pub use sources::{SourceSettings, SourceSettingsError};
pub use tls::{ClientCertificates, Reload, Tls, TlsError, TlsSettings, TlsStream, TlsVersion};
pub use users_file::{
    ApplyError, LastUsed, NamespaceRecord, NoSample, RoleRecord, Sample, UsersFile, UsersFileError,
};

/// What the fuzz targets `frame` and `users_file` reach past the public face.
#[cfg(fuzzing)]
pub mod fuzzing {
    /// Takes bytes apart in several ways, which must agree.
    pub fn check_frames(bytes: &[u8]) {
        crate::wire::claims::check(bytes);
    }

    /// Reads a text as a users file, and what comes of it again.
    pub fn check_users_file(text: &str) {
        crate::users_file::claims::check(text);
    }
}
