//! From where something was done.

use super::Peer;
use crate::sync::Arc;
use std::fmt;

/// From where something was done: a connection of a server, or this process itself. Cheap to clone; clones share it.
///
/// ```
/// use keyway::audit::{Origin, Peer};
///
/// let address: std::net::SocketAddr = "192.0.2.1:5000".parse()?;
/// assert_eq!(Origin::connection(7, Some(Peer::Address(address))).to_string(), "192.0.2.1:5000");
/// assert_eq!(Origin::here().to_string(), "process");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Default)]
pub struct Origin(Option<Arc<Connection>>);

struct Connection {
    number: u64,
    peer: Option<Peer>,
}

impl Origin {
    /// The application itself.
    ///
    /// ```
    /// use keyway::audit::Origin;
    ///
    /// assert_eq!(Origin::here(), Origin::default());
    /// assert!(Origin::here().number().is_none() && Origin::here().peer().is_none());
    /// ```
    #[must_use]
    pub fn here() -> Self {
        Self(None)
    }

    /// A connection, by the number that its server gave it and who is at the other end, if that is known.
    ///
    /// ```
    /// use keyway::audit::Origin;
    ///
    /// let unknown_peer = Origin::connection(7, None);
    /// assert_eq!(unknown_peer.to_string(), "connection 7");
    /// assert_ne!(unknown_peer, Origin::connection(8, None));
    /// ```
    #[must_use]
    pub fn connection(number: u64, peer: Option<Peer>) -> Self {
        Self(Some(Arc::new(Connection { number, peer })))
    }

    /// The connection's number.
    ///
    /// ```
    /// # use keyway::audit::Origin;
    /// assert_eq!(Origin::connection(7, None).number(), Some(7));
    /// ```
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.0.as_ref().map(|connection| connection.number)
    }

    /// Who is at the other end.
    ///
    /// ```
    /// use keyway::audit::{Origin, Peer};
    ///
    /// let peer = Peer::Address("[2001:db8::7]:5000".parse()?);
    /// assert_eq!(Origin::connection(7, Some(peer)).peer(), Some(peer));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn peer(&self) -> Option<Peer> {
        self.0.as_ref().and_then(|connection| connection.peer)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("here"),
            Some(connection) => write!(f, "connection {} of {:?}", connection.number, connection.peer),
        }
    }
}

/// Such as `192.0.2.1:5000`, `uid:1000/pid:4711`, `connection 7`, `process`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("process"),
            Some(connection) => match connection.peer {
                Some(peer) => peer.fmt(f),
                None => write!(f, "connection {}", connection.number),
            },
        }
    }
}

/// The same connection, or the application itself.
impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        (self.number(), self.peer()) == (other.number(), other.peer())
    }
}

impl Eq for Origin {}
