//! How a listener is named.

use std::{fmt, net::SocketAddr, path::PathBuf};

/// How a listener is named, in messages and in the audit.
///
/// ```
/// use keyway_frontend::ListenAddress;
///
/// let local = ListenAddress::Unix("/run/keyway/socket".into());
/// assert_eq!((local.tcp(), local.to_string()), (None, "unix:/run/keyway/socket".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListenAddress {
    /// An address with its port.
    Tcp(SocketAddr),
    /// The path of a socket.
    Unix(PathBuf),
}

impl ListenAddress {
    /// The address, if it is none of the file system.
    ///
    /// ```
    /// use keyway_frontend::ListenAddress;
    ///
    /// let everywhere = ([0, 0, 0, 0], 11211).into();
    /// assert_eq!(ListenAddress::Tcp(everywhere).tcp(), Some(everywhere));
    /// assert_eq!(ListenAddress::Unix("/run/keyway/socket".into()).tcp(), None);
    /// ```
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

/// Such as `127.0.0.1:11211`, or `unix:/run/keyway/socket`.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}
