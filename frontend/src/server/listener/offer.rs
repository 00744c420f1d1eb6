//! What a listener offers, and what it leaves out of what was wished for.

use super::ListenAddress;
use crate::{Entrance, PlainOver};
use keyway::Mechanism;
use std::{fmt, net::SocketAddr};

/// What lies between a listener and its clients.
///
/// ```
/// use keyway_frontend::Way;
///
/// assert!(Way::Unix.proves_peers() && Way::Unix.is_protected());
/// assert!(Way::Tls { asks_clients: false }.is_protected());
/// assert!(!Way::Network.is_protected());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// A unix socket: the machine itself, and who may connect is a matter of permissions.
    Unix,
    /// The loopback: the machine itself.
    Loopback,
    /// A network, in the clear.
    Network,
    /// TLS, whatever is below it.
    Tls {
        /// Whether clients may show a certificate, or have to.
        asks_clients: bool,
    },
}

/// A listener of a running server, and what it offers.
///
/// ```
/// use keyway::Mechanism;
/// use keyway_frontend::{Listener, Way};
///
/// let listening = Listener::from(([127, 0, 0, 1], 11211)).offer()?;
/// assert_eq!(listening.way, Way::Loopback);
/// assert!(listening.mechanisms.contains(&Mechanism::Plain));
/// # Ok::<(), keyway_frontend::ServerError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listening {
    /// Where it is.
    pub address: ListenAddress,
    /// What lies between it and its clients.
    pub way: Way,
    /// The mechanisms that it offers. Empty: SASL is off.
    pub mechanisms: Vec<Mechanism>,
    /// Those that it was to offer and does not, and why.
    pub left_out: Vec<(Mechanism, LeftOut)>,
    /// The user whose session everybody has there without a login.
    pub anonymous: Option<String>,
}

/// Why a mechanism is not offered somewhere.
///
/// ```
/// use keyway::Mechanism;
/// use keyway_frontend::{LeftOut, Listener};
///
/// let mut local = Listener::from(([127, 0, 0, 1], 11211));
/// local.entrance.mechanisms = vec![Mechanism::ScramSha256, Mechanism::External];
/// assert_eq!(local.offer()?.left_out, [(Mechanism::External, LeftOut::NobodyProven)]);
/// # Ok::<(), keyway_frontend::ServerError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOut {
    /// It sends the password itself, and others on the network could read it.
    PasswordInTheClear,
    /// It lets in whom the way there proves, and this way proves nobody.
    NobodyProven,
    /// It binds to a channel of TLS, and there is none.
    NoChannel,
}

impl Way {
    pub(super) fn to(address: SocketAddr) -> Self {
        if address.ip().to_canonical().is_loopback() { Self::Loopback } else { Self::Network }
    }

    /// Whether it is proven there who a client is, before it logs in.
    ///
    /// ```
    /// use keyway_frontend::Way;
    ///
    /// assert!(Way::Tls { asks_clients: true }.proves_peers());
    /// assert!(!Way::Loopback.proves_peers()); // any process of the machine may be there
    /// ```
    #[must_use]
    pub fn proves_peers(self) -> bool {
        matches!(self, Self::Unix | Self::Tls { asks_clients: true })
    }

    /// Whether nobody between both ends can read along.
    ///
    /// ```
    /// use keyway_frontend::Way;
    ///
    /// assert!(Way::Loopback.is_protected() && !Way::Network.is_protected());
    /// ```
    #[must_use]
    pub fn is_protected(self) -> bool {
        match self {
            Self::Unix | Self::Loopback | Self::Tls { .. } => true,
            Self::Network => false,
        }
    }
}

impl Listening {
    /// Takes out of the entrance what is not to go this way.
    pub(super) fn settle(address: ListenAddress, way: Way, entrance: &mut Entrance) -> Self {
        let plain = entrance.plain;
        let why_not = |mechanism| match mechanism {
            Mechanism::Plain if !way.is_protected() && plain == PlainOver::Protected => {
                Some(LeftOut::PasswordInTheClear)
            }
            Mechanism::External if !way.proves_peers() => Some(LeftOut::NobodyProven),
            binding if binding.binds() && !matches!(way, Way::Tls { .. }) => Some(LeftOut::NoChannel),
            _ => None,
        };
        let wished = entrance.mechanisms.iter();
        let left_out = wished.filter_map(|mechanism| Some((*mechanism, why_not(*mechanism)?))).collect();
        entrance.mechanisms.retain(|mechanism| why_not(*mechanism).is_none());
        Self {
            address,
            way,
            mechanisms: entrance.mechanisms.clone(),
            left_out,
            anonymous: entrance.anonymous.as_ref().map(|session| session.user().to_owned()),
        }
    }

    /// Whether it was to offer something, and all of that is left out.
    pub(super) fn has_nothing_left(&self) -> bool {
        self.mechanisms.is_empty() && !self.left_out.is_empty()
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unix => "unix socket",
            Self::Loopback => "loopback",
            Self::Network => "network, not encrypted",
            Self::Tls { asks_clients: false } => "TLS",
            Self::Tls { asks_clients: true } => "TLS, client certificates",
        })
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PasswordInTheClear => f.write_str("passwords would cross the network in the clear"),
            Self::NobodyProven => f.write_str("no client is known there before it logs in"),
            Self::NoChannel => f.write_str("there is no TLS to bind to"),
        }
    }
}

/// Such as `127.0.0.1:11211 (loopback): SCRAM-SHA-256 PLAIN; login required`.
impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): ", self.address, self.way)?;
        self.write_offer(f)
    }
}

impl Listening {
    fn write_offer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mechanisms.is_empty() {
            f.write_str("no mechanisms")?;
        }
        for (number, mechanism) in self.mechanisms.iter().enumerate() {
            write!(f, "{}{}", if number > 0 { " " } else { "" }, mechanism.name())?;
        }
        for (mechanism, why) in &self.left_out {
            write!(f, "; not {}: {why}", mechanism.name())?;
        }
        match &self.anonymous {
            Some(user) => write!(f, "; without a login: {user}"),
            None => f.write_str("; login required"),
        }
    }
}
