//! What a listener offers, and what it leaves out of what was wished for.

use super::ListenAddress;
use crate::{Entrance, PlainOver};
use keyway::Mechanism;
use std::{fmt, net::SocketAddr};

/// What lies between a listener and its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// A unix socket: the machine itself, and who may connect is a matter of permissions.
    Unix,
    /// The loopback: the machine itself.
    Loopback,
    /// A network, in the clear.
    Network,
}

/// A listener of a running server, and what it offers.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOut {
    /// It sends the password itself, and others on the network could read it.
    PasswordInTheClear,
}

impl Way {
    pub(super) fn to(address: SocketAddr) -> Self {
        if address.ip().to_canonical().is_loopback() { Self::Loopback } else { Self::Network }
    }

    /// Whether nobody between both ends can read along.
    #[must_use]
    pub fn is_protected(self) -> bool {
        match self {
            Self::Unix | Self::Loopback => true,
            Self::Network => false,
        }
    }
}

impl Listening {
    /// Takes out of the entrance what is not to go this way.
    pub(super) fn settle(address: ListenAddress, way: Way, entrance: &mut Entrance) -> Self {
        let plain_is_fine = way.is_protected() || entrance.plain == PlainOver::Anything;
        let stays = |mechanism: &Mechanism| plain_is_fine || *mechanism != Mechanism::Plain;
        let (mechanisms, left_out): (Vec<_>, Vec<_>) =
            entrance.mechanisms.drain(..).partition(|mechanism| stays(mechanism));
        entrance.mechanisms.clone_from(&mechanisms);
        Self {
            address,
            way,
            mechanisms,
            left_out: left_out
                .into_iter()
                .map(|mechanism| (mechanism, LeftOut::PasswordInTheClear))
                .collect(),
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
        })
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PasswordInTheClear => f.write_str("passwords would cross the network in the clear"),
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
