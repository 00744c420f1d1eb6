//! Where a listener listens.

#[cfg(unix)]
use super::inherited;
use super::{ListenAddress, Way};
use crate::server::ServerError;
use std::net::SocketAddr;
#[cfg(unix)]
use std::{
    net::TcpListener,
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::PathBuf,
    sync::Arc,
};

/// Where a listener listens.
///
/// ```
/// use keyway_frontend::{Endpoint, UnixEndpoint};
///
/// let inside = Endpoint::from(UnixEndpoint::at("/run/keyway/keyway.sock"));
/// let outside = Endpoint::from(([0, 0, 0, 0], 11211));
/// assert_eq!(inside.named()?.0.to_string(), "unix:/run/keyway/keyway.sock");
/// assert_eq!(outside.named()?.0.to_string(), "0.0.0.0:11211");
/// # Ok::<(), keyway_frontend::ServerError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Endpoint {
    /// An address of IPv4 or IPv6; port 0 picks a free one. `[::]` is IPv6 alone, so that `0.0.0.0` fits beside it.
    Tcp(SocketAddr),
    /// A socket in the file system, for processes of this machine.
    #[cfg(unix)]
    Unix(UnixEndpoint),
    /// A socket that listens already.
    #[cfg(unix)]
    Inherited(InheritedSocket),
}

impl Endpoint {
    /// What it is called, and what lies between it and its clients.
    ///
    /// ```
    /// use keyway_frontend::{Endpoint, UnixEndpoint, Way};
    ///
    /// let (name, way) = Endpoint::from(UnixEndpoint::at("/run/keyway/socket")).named()?;
    /// assert_eq!((name.to_string().as_str(), way), ("unix:/run/keyway/socket", Way::Unix));
    /// let (_, way) = Endpoint::from(([0, 0, 0, 0], 11211)).named()?;
    /// assert_eq!(way, Way::Network);
    /// # Ok::<(), keyway_frontend::ServerError>(())
    /// ```
    ///
    /// # Errors
    /// [`ServerError::Inherited`]: a socket that cannot be listened on.
    pub fn named(&self) -> Result<(ListenAddress, Way), ServerError> {
        Ok(match self {
            Self::Tcp(address) => (ListenAddress::Tcp(*address), Way::to(*address)),
            #[cfg(unix)]
            Self::Unix(socket) => (ListenAddress::Unix(socket.path.clone()), Way::Unix),
            #[cfg(unix)]
            Self::Inherited(socket) => inherited::name(socket).map_err(ServerError::Inherited)?,
        })
    }
}

/// A socket in the file system.
///
/// Nobody reaches it before its mode and owner are what they are to be. A socket that a server left behind is taken away, unless
/// somebody listens there; a stop removes what the server made, and nothing else. Whoever owns the directory can put a socket of
/// their own in its place, so it should belong to the server's user or to root.
///
/// ```
/// # use keyway::{Cache, Config, Users};
/// use keyway_frontend::{Policy, Server, ServerConfig, UnixEndpoint};
/// use std::os::unix::fs::PermissionsExt;
///
/// # let place = tempfile::tempdir()?;
/// let path = place.path().join("keyway.sock");
/// let mut socket = UnixEndpoint::at(&path);
/// socket.mode = 0o660; // for the members of `socket.group`
/// let mut config = ServerConfig::new(Policy::default());
/// config.listen = vec![socket.into()];
/// let _server = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config)?;
/// assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o660);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnixEndpoint {
    /// Where. At most 107 bytes on Linux.
    pub path: PathBuf,
    /// Who may connect, as bits of permission: the right to write is what counts. By default the server's own user alone.
    pub mode: u32,
    /// The system user that it is to belong to; by default who the server runs as. To give it away takes root.
    pub owner: Option<u32>,
    /// The group that it is to belong to; by default the server's own. To choose another one takes membership in it, or root.
    pub group: Option<u32>,
}

#[cfg(unix)]
impl UnixEndpoint {
    /// The owner alone may connect.
    ///
    /// ```
    /// use keyway_frontend::UnixEndpoint;
    ///
    /// assert_eq!(UnixEndpoint::DEFAULT_MODE & 0o077, 0); // nothing for others
    /// ```
    pub const DEFAULT_MODE: u32 = 0o600;

    /// A socket at this path that the server's own user alone can connect to.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// use keyway_frontend::{Policy, Server, ServerConfig, UnixEndpoint};
    /// use std::os::unix::fs::PermissionsExt;
    ///
    /// # let place = tempfile::tempdir()?;
    /// let path = place.path().join("socket");
    /// let mut config = ServerConfig::new(Policy::default());
    /// config.listen = vec![UnixEndpoint::at(&path).into()];
    /// let server = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config)?;
    /// assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, UnixEndpoint::DEFAULT_MODE);
    /// server.stop();
    /// assert!(!path.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), mode: Self::DEFAULT_MODE, owner: None, group: None }
    }
}

/// A socket that listens already: from whoever started this process, or made by it. What it is, an address or a path, is asked of
/// the system; its path is not removed at a stop, since somebody else made it.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::{Endpoint, InheritedSocket, Listener, Policy, Server, ServerConfig};
///
/// let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let address = socket.local_addr()?;
/// let mut config = ServerConfig::new(Policy::default());
/// config.listen = vec![Listener::new(Endpoint::Inherited(InheritedSocket::from(socket)), Default::default())];
/// let server = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config)?;
/// assert_eq!(server.addresses(), [address]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(unix)]
#[derive(Clone, Debug)]
pub struct InheritedSocket(pub(super) Arc<OwnedFd>);

#[cfg(unix)]
impl From<OwnedFd> for InheritedSocket {
    fn from(socket: OwnedFd) -> Self {
        Self(Arc::new(socket))
    }
}

#[cfg(unix)]
impl From<TcpListener> for InheritedSocket {
    fn from(socket: TcpListener) -> Self {
        OwnedFd::from(socket).into()
    }
}

#[cfg(unix)]
impl From<UnixListener> for InheritedSocket {
    fn from(socket: UnixListener) -> Self {
        OwnedFd::from(socket).into()
    }
}

impl<A: Into<SocketAddr>> From<A> for Endpoint {
    fn from(address: A) -> Self {
        Self::Tcp(address.into())
    }
}

#[cfg(unix)]
impl From<UnixEndpoint> for Endpoint {
    fn from(socket: UnixEndpoint) -> Self {
        Self::Unix(socket)
    }
}

#[cfg(unix)]
impl From<InheritedSocket> for Endpoint {
    fn from(socket: InheritedSocket) -> Self {
        Self::Inherited(socket)
    }
}
