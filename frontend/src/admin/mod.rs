//! Administration of a running server by its operator: a unix socket, requests and answers as JSON, one object to a line.
//!
//! You need it where an operator is to see and change a running server from another process: it is what `keyway top`, `keyway watch` and
//! `keyway admin` ask. In the same process, [`keyway::Users`] and [`keyway::Admin`] do the same without it.
//!
//! ```
//! use keyway::{Cache, Config, Role, Users};
//! use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! cache.users().add_trusted("app", Role::ReadWrite)?;
//! let session = cache.session_for("app")?;
//! # let place = tempfile::tempdir()?;
//! let socket = AdminSocket::open(cache, &place.path().join("admin"))?;
//!
//! let mut operator = AdminClient::connect(socket.path())?;
//! let asked = AdminRequest::RevokeUser { user: "app".to_owned() };
//! assert!(matches!(operator.ask(&asked, |_row| ())?, AdminAnswer::Done { .. }));
//! assert!(session.get("greeting").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whoever may open the socket may do all that the process itself may with its users: it is made with mode 0600 before anybody
//! can connect, and each peer is asked for its system user. There is no other login, so it must not leave the machine.
//!
//! One thread serves it, one connection at a time: an operator who stalls keeps other operators out for some seconds, and
//! clients not at all. What is kept for a connection is bounded: one request of 64 KiB, and a list of what was asked for. Who asks for
//! what goes on ([`AdminRequest::Watch`], [`AdminRequest::HotKeys`]) gets a thread; there are eight of them at most.

mod answer;
mod asked_rule;
mod bind;
mod carry_out;
mod client;
mod error;
mod line;
mod observe;
mod observed;
mod peer;
mod request;
#[cfg(test)]
mod tests;

pub use crate::status::{LimitsRow, RefusedRow};
pub use answer::{AdminAnswer, NamespaceRow, RoleRow, SessionRow, TokenRow, UserRow};
pub use asked_rule::{AskedEffect, AskedPrefix, AskedRule};
pub use client::AdminClient;
pub use error::AdminSocketError;
pub use observed::{HotKeyRow, LoginRow, SightingRow, Watched};
pub use request::AdminRequest;

use crate::{socket_file::SocketFile, status::StatusBoard};
use carry_out::carry_out;
use keyway::{
    Cache,
    audit::{Event, Origin, Term},
};
use line::{Came, Lines, Wait, wait};
use observe::{Observation, Observers};
use std::{
    io::{self, BufWriter, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::Duration,
};
use tracing::{debug, error, warn};

/// How long a peer may take to send a request, or to take a part of an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// After an error of `accept`, such as a want of files.
const REST: Duration = Duration::from_millis(100);

/// A socket by which an operator administers a running cache. Dropping it closes and removes it.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
/// use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadWrite)?;
/// let place = tempfile::tempdir()?;
/// let socket = AdminSocket::open(cache, &place.path().join("admin"))?;
///
/// let mut operator = AdminClient::connect(socket.path())?;
/// let mut rows = Vec::new();
/// let last = operator.ask(&AdminRequest::Users, |row| rows.push(row))?;
/// assert!(matches!(last, AdminAnswer::Done { .. }) && rows.len() == 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AdminSocket {
    path: PathBuf,
    file: Option<SocketFile>,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl AdminSocket {
    /// Opens it at this path, and serves it on a thread of its own.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::admin::{AdminClient, AdminSocket};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let place = tempfile::tempdir()?;
    /// let socket = AdminSocket::open(cache, &place.path().join("admin"))?;
    /// assert!(AdminClient::connect(socket.path()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`AdminSocketError`] says what to do.
    pub fn open(cache: Cache, path: &Path) -> Result<Self, AdminSocketError> {
        Self::serve(Administered { cache, board: None }, path)
    }

    /// As [`open`](Self::open), for the cache of a server whose state can be asked for as well.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let place = tempfile::tempdir()?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// let server = Server::start(cache.clone(), config)?;
    /// let board = server.status_board().clone();
    /// let socket = AdminSocket::open_with_status(cache, board, &place.path().join("admin"))?;
    ///
    /// let mut status = None;
    /// AdminClient::connect(socket.path())?.ask(&AdminRequest::Status, |row| status = Some(row))?;
    /// assert!(matches!(status, Some(AdminAnswer::Status(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`AdminSocketError`] says what to do.
    pub fn open_with_status(cache: Cache, board: StatusBoard, path: &Path) -> Result<Self, AdminSocketError> {
        Self::serve(Administered { cache, board: Some(board) }, path)
    }

    fn serve(administered: Administered, path: &Path) -> Result<Self, AdminSocketError> {
        let (file, listener) = bind::bind(path)?;
        let mut socket = Self { path: path.to_owned(), file: Some(file), stop: None, thread: None };
        let (stop, stopped) = UnixStream::pair().map_err(AdminSocketError::Resources)?;
        socket.stop = Some(stop);
        let spawned = thread::Builder::new()
            .name("keyway-admin".to_owned())
            .spawn(move || serve(&administered, &listener, &stopped));
        socket.thread = Some(spawned.map_err(AdminSocketError::Resources)?);
        Ok(socket)
    }

    /// Where it is.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::admin::AdminSocket;
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let place = tempfile::tempdir()?;
    /// let socket = AdminSocket::open(cache, &place.path().join("admin"))?;
    /// let path = socket.path().to_owned();
    /// assert!(path.exists());
    /// drop(socket);
    /// assert!(!path.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        // First, so that nobody finds a socket at which nobody listens.
        self.file = None;
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic has been reported where it happened.
            let _reported = thread.join();
        }
    }
}

/// What an operator acts on.
struct Administered {
    cache: Cache,
    board: Option<StatusBoard>,
}

fn serve(it: &Administered, listener: &UnixListener, stop: &UnixStream) {
    let mut observers = Observers::default();
    loop {
        match wait(listener, stop, None) {
            Ok(Wait::Stop) => return,
            Ok(Wait::Readable | Wait::TooLong) => {}
            Err(error) => {
                error!(%error, "the socket for administration cannot be waited for, and is closed");
                return;
            }
        }
        match listener.accept() {
            Ok((peer, _)) => {
                if let Err(error) = converse(it, &peer, stop, &mut observers) {
                    debug!(%error, "an operator's connection was lost");
                }
            }
            Err(error) => {
                warn!(%error, "an operator could not be let in");
                thread::sleep(REST);
            }
        }
    }
}

fn converse(
    it: &Administered,
    peer: &UnixStream,
    stop: &UnixStream,
    observers: &mut Observers,
) -> io::Result<()> {
    peer.set_write_timeout(Some(PATIENCE))?;
    let mut out = BufWriter::new(peer);
    let who = peer::peer_of(peer)?;
    let from = Origin::operator(who);
    if !peer::may_administer(who) {
        warn!("somebody tried to administer who is another system user; turned away");
        it.cache.audit().record(&from, turned_away());
        return finish(&mut out, &AdminAnswer::Error("this server is another system user's".to_owned()));
    }
    let operator = it.cache.users().operator(from);
    let mut lines = Lines::new(peer, stop, PATIENCE);
    loop {
        let line = match lines.next()? {
            Came::Line(line) => line,
            Came::TooLong => {
                return finish(&mut out, &AdminAnswer::Error("the request is too long".to_owned()));
            }
            Came::Nothing => return Ok(()),
        };
        let last = match serde_json::from_slice(&line) {
            Ok(AdminRequest::Watch { what }) => {
                return observers.admit(&it.cache, peer, stop, Observation::Watch(what));
            }
            Ok(AdminRequest::HotKeys { seconds, most }) => {
                return observers.admit(&it.cache, peer, stop, Observation::HotKeys { seconds, most });
            }
            Ok(request) => {
                carry_out(&operator, &it.cache, it.board.as_ref(), request, |row| write(&mut out, &row))?
            }
            Err(error) => AdminAnswer::Error(format!("that is no request: {error}")),
        };
        finish(&mut out, &last)?;
    }
}

/// Who was no operator.
fn turned_away() -> Event {
    let (act, reason) = (Term::new("connect"), Term::new("OtherSystemUser"));
    Event::AdministrationFailed { user: None, act, claimed: None, reason }
}

fn write(out: &mut impl Write, answer: &AdminAnswer) -> io::Result<()> {
    serde_json::to_writer(&mut *out, answer)?;
    out.write_all(b"\n")
}

fn finish(out: &mut impl Write, answer: &AdminAnswer) -> io::Result<()> {
    write(out, answer)?;
    out.flush()
}
