//! The other end of the socket.

use super::{AdminAnswer, AdminRequest};
use std::{
    io::{self, BufRead, BufReader, Write},
    ops::ControlFlow,
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// An operator's connection to a running server.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let place = tempfile::tempdir()?;
/// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
/// let mut operator = AdminClient::connect(socket.path())?;
/// let last = operator.ask(&AdminRequest::Users, |_row| ())?;
/// assert_eq!(last, AdminAnswer::Done { count: 1 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AdminClient {
    socket: BufReader<UnixStream>,
}

/// A server that is alive answers at once, unless another operator is at it.
const PATIENCE: Duration = Duration::from_secs(30);

impl AdminClient {
    /// Connects to the socket at this path.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket, Watched};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let place = tempfile::tempdir()?;
    /// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
    /// assert!(AdminClient::connect(socket.path()).is_ok());
    /// let nobody = AdminClient::connect(&place.path().join("elsewhere"));
    /// assert_eq!(nobody.unwrap_err().kind(), std::io::ErrorKind::NotFound);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The system's.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let socket = UnixStream::connect(path)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { socket: BufReader::new(socket) })
    }

    /// Asks for what goes on, such as [`AdminRequest::Watch`], and hands each line to `row` until that breaks off or the server ends
    /// it. What came last, if it was no such line: why it was refused.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket, Watched};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let place = tempfile::tempdir()?;
    /// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
    /// use std::{ops::ControlFlow, thread};
    ///
    /// let (app, operator) = (cache.session_for("app")?, AdminClient::connect(socket.path())?);
    /// let mut missed = Vec::new();
    /// thread::scope(|scope| {
    ///     let watching = scope.spawn(|| {
    ///         operator.follow(&AdminRequest::Watch { what: Watched::Misses }, |row| match row {
    ///             AdminAnswer::Missed(sighting) => {
    ///                 missed.push(sighting.key);
    ///                 ControlFlow::Break(()) // one is enough
    ///             }
    ///             _ => ControlFlow::Continue(()),
    ///         })
    ///     });
    ///     while !watching.is_finished() {
    ///         app.get("cart:19")?;
    ///         thread::yield_now();
    ///     }
    ///     Ok::<(), keyway::Refusal>(())
    /// })?;
    /// assert_eq!(missed, ["cart:19"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The system's, and that what came is no answer.
    pub fn follow(
        mut self,
        request: &AdminRequest,
        mut row: impl FnMut(AdminAnswer) -> ControlFlow<()>,
    ) -> io::Result<Option<AdminAnswer>> {
        // Nothing may happen for days.
        self.socket.get_ref().set_read_timeout(None)?;
        self.send(request)?;
        while let Some(answer) = self.read()? {
            match answer {
                last @ (AdminAnswer::Done { .. } | AdminAnswer::Error(_)) => return Ok(Some(last)),
                answer => {
                    if row(answer).is_break() {
                        break;
                    }
                }
            }
        }
        Ok(None)
    }

    fn send(&mut self, request: &AdminRequest) -> io::Result<()> {
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        self.socket.get_mut().write_all(line.as_bytes())
    }

    /// None when the server has ended it.
    fn read(&mut self) -> io::Result<Option<AdminAnswer>> {
        let mut line = String::new();
        if self.socket.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&line)?))
    }

    /// Asks, hands each line of the answer but the last one to `row`, and returns the last one.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket, Watched};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let place = tempfile::tempdir()?;
    /// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
    /// let mut operator = AdminClient::connect(socket.path())?;
    /// let mut rows = Vec::new();
    /// operator.ask(&AdminRequest::Users, |row| rows.push(row))?;
    /// assert!(matches!(&rows[..], [AdminAnswer::User(app)] if app.name == "app"));
    /// let nobody = AdminRequest::RevokeUser { user: "nobody".to_owned() };
    /// assert!(matches!(operator.ask(&nobody, |_row| ())?, AdminAnswer::Error(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The system's, and that what came is no answer.
    pub fn ask(
        &mut self,
        request: &AdminRequest,
        mut row: impl FnMut(AdminAnswer),
    ) -> io::Result<AdminAnswer> {
        if let AdminRequest::HotKeys { seconds, .. } = request {
            let sampling = Duration::from_secs((*seconds).into());
            self.socket.get_ref().set_read_timeout(Some(PATIENCE + sampling))?;
        }
        self.send(request)?;
        loop {
            match self.read()?.ok_or(io::ErrorKind::UnexpectedEof)? {
                last @ (AdminAnswer::Done { .. } | AdminAnswer::Minted { .. } | AdminAnswer::Error(_)) => {
                    return Ok(last);
                }
                answer => row(answer),
            }
        }
    }
}
