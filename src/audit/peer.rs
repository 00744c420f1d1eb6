//! Who is at the other end of a connection.

// A value, not a socket: nothing here does I/O.
use core::net::SocketAddr;
use std::fmt;

/// Who is at the other end of a connection.
///
/// ```
/// use keyway::audit::Peer;
///
/// assert_eq!(Peer::Process { uid: 1000, pid: 4711 }.to_string(), "uid:1000/pid:4711");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// Somebody at this address.
    Address(SocketAddr),
    /// A process of the same machine, by a unix socket: as the system knew it when it connected.
    Process {
        /// The system user that it ran as.
        uid: u32,
        /// Its number, which another process may have had since.
        pid: u32,
    },
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

/// Such as `192.0.2.1:5000`, or `uid:1000/pid:4711`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Process { uid, pid } => write!(f, "uid:{uid}/pid:{pid}"),
        }
    }
}
