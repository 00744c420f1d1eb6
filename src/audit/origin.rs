//! From where something was done.

use super::Peer;
use crate::sync::Arc;
use std::fmt;

/// From where something was done: a connection of a server, an operator's socket, or this process itself. Cheap to clone; clones
/// share it.
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
pub struct Origin(Option<Arc<Elsewhere>>);

/// More connections than any server has.
const NO_NUMBER: u64 = u64::MAX;

#[derive(PartialEq, Eq)]
struct Elsewhere {
    /// Of a connection; [`NO_NUMBER`]: an operator's socket. Each idle connection has one of these, and an `Option` is a word more.
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
        Self(Some(Arc::new(Elsewhere { number, peer })))
    }

    /// A socket for administration, to which no number is given, and who is at the other end, if that is known.
    ///
    /// ```
    /// use keyway::audit::{Origin, Peer};
    ///
    /// let operator = Origin::operator(Some(Peer::Process { uid: 1000, pid: 4711 }));
    /// assert_eq!((operator.number(), operator.to_string().as_str()), (None, "uid:1000/pid:4711"));
    /// assert_eq!(Origin::operator(None).to_string(), "operator");
    /// ```
    #[must_use]
    pub fn operator(peer: Option<Peer>) -> Self {
        Self(Some(Arc::new(Elsewhere { number: NO_NUMBER, peer })))
    }

    /// The connection's number.
    ///
    /// ```
    /// # use keyway::audit::Origin;
    /// assert_eq!(Origin::connection(7, None).number(), Some(7));
    /// ```
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.0.as_ref().map(|elsewhere| elsewhere.number).filter(|number| *number != NO_NUMBER)
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
        self.0.as_ref().and_then(|elsewhere| elsewhere.peer)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_deref() {
            None => f.write_str("here"),
            Some(Elsewhere { number: NO_NUMBER, peer }) => write!(f, "operator {peer:?}"),
            Some(Elsewhere { number, peer }) => write!(f, "connection {number} of {peer:?}"),
        }
    }
}

/// Such as `192.0.2.1:5000`, `uid:1000/pid:4711`, `connection 7`, `operator`, `process`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_deref() {
            None => f.write_str("process"),
            Some(Elsewhere { peer: Some(peer), .. }) => peer.fmt(f),
            Some(Elsewhere { number: NO_NUMBER, .. }) => f.write_str("operator"),
            Some(Elsewhere { number, .. }) => write!(f, "connection {number}"),
        }
    }
}

/// The same connection or operator, or the application itself.
impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_deref() == other.0.as_deref()
    }
}

impl Eq for Origin {}
