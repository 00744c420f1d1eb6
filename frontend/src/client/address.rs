//! Where a server is, and a connection to it.

use super::tls::{self, TlsAddress, TlsStream};
use std::{
    fmt,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};
#[cfg(unix)]
use std::{os::unix::net::UnixStream, path::PathBuf};

/// Where a server is.
///
/// ```
/// use keyway_frontend::client::ServerAddress;
/// use std::net::SocketAddr;
///
/// let address = ServerAddress::from(SocketAddr::from(([127, 0, 0, 1], 11211)));
/// assert!(address.is_this_machine());
/// assert_eq!(ServerAddress::Unix("/run/keyway/socket".into()).to_string(), "unix:/run/keyway/socket");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerAddress {
    /// An address with its port.
    Tcp(SocketAddr),
    /// An address at which TLS is spoken.
    Tls(TlsAddress),
    /// A unix socket of this machine.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl ServerAddress {
    /// Whether what is said there stays on this machine.
    ///
    /// ```
    /// use keyway_frontend::client::ServerAddress;
    ///
    /// let tcp = |text: &str| text.parse().map(ServerAddress::Tcp);
    /// assert!(tcp("127.0.0.2:11211")?.is_this_machine() && tcp("[::1]:11211")?.is_this_machine());
    /// assert!(!tcp("192.0.2.1:11211")?.is_this_machine());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        match self {
            Self::Tcp(address) | Self::Tls(TlsAddress { address, .. }) => {
                address.ip().to_canonical().is_loopback()
            }
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }
}

impl From<SocketAddr> for ServerAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

/// Such as `127.0.0.1:11211`, or `unix:/run/keyway/socket`.
impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Tls(tls) => write!(f, "tls://{}", tls.address),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A connection that waits.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream>),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Stream {
    pub(super) fn connect(to: &ServerAddress, patience: Duration) -> io::Result<Self> {
        match to {
            ServerAddress::Tcp(address) => {
                let stream = TcpStream::connect_timeout(address, patience)?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            ServerAddress::Tls(tls) => {
                let stream = TcpStream::connect_timeout(&tls.address, patience)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))?;
                Ok(Self::Tls(Box::new(tls.shake_hands(stream)?)))
            }
            #[cfg(unix)]
            ServerAddress::Unix(path) => {
                use socket2::{Domain, SockAddr, Socket, Type};
                let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
                // Where as many wait as may, the system says so at once, which is as good as waiting in vain.
                socket.connect_timeout(&SockAddr::unix(path)?, patience)?;
                Ok(Self::Unix(std::os::fd::OwnedFd::from(socket).into()))
            }
        }
    }

    /// What a login can be bound to, if there is something.
    pub(super) fn exporter(&self) -> Option<[u8; 32]> {
        match self {
            Self::Tls(stream) => tls::exporter(stream),
            _ => None,
        }
    }

    pub(super) fn set_read_timeout(&self, most: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(Some(most)),
            Self::Tls(stream) => stream.sock.set_read_timeout(Some(most)),
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_read_timeout(Some(most)),
        }
    }

    pub(super) fn set_write_timeout(&self, most: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_write_timeout(Some(most)),
            Self::Tls(stream) => stream.sock.set_write_timeout(Some(most)),
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_write_timeout(Some(most)),
        }
    }

    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(room),
            Self::Tls(stream) => stream.read(room),
            #[cfg(unix)]
            Self::Unix(stream) => stream.read(room),
        }
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write_all(bytes),
        }
    }
}
