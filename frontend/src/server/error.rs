//! Why a server did not start.

use super::{ListenAddress, Listening};
use std::{error::Error, fmt, io};

/// Why a server did not start. Nothing of it is left running.
///
/// ```
/// use keyway::{Cache, Config, Mechanism, Users};
/// use keyway_frontend::{Listener, Policy, Server, ServerConfig, ServerError};
///
/// let mut outside = Listener::from(([0, 0, 0, 0], 0));
/// outside.entrance.mechanisms = vec![Mechanism::Plain]; // which is not taken over a network in the clear
/// let mut config = ServerConfig::new(Policy::default());
/// config.listen = vec![outside];
/// let started = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config);
/// assert!(matches!(started, Err(ServerError::NothingOffered { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// A setting that cannot work; the text says which and what would.
    Config(&'static str),
    /// An address or a path could not be listened on.
    Listen {
        /// Which.
        address: ListenAddress,
        /// The system's reason.
        source: io::Error,
    },
    /// A socket that this process was given cannot be used.
    Inherited(io::Error),
    /// All mechanisms that a listener was to offer are left out there, so that nobody could log in.
    NothingOffered {
        /// What is left of it.
        listening: Box<Listening>,
    },
    /// The system gave no event queue or no thread.
    Resources(io::Error),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) => f.write_str(what),
            Self::Listen { address, source } => {
                write!(f, "cannot listen on {address}: {source}{}", advice(address, source.kind()))
            }
            Self::Inherited(source) => {
                write!(f, "a socket that this process was given cannot be listened on: {source}")
            }
            Self::NothingOffered { listening } => {
                write!(f, "nobody could log in at {}", listening.address)?;
                for (mechanism, why) in &listening.left_out {
                    write!(f, "; {} is not offered there, since {why}", mechanism.name())?;
                }
                f.write_str(
                    ": offer SCRAM-SHA-256 as well, speak TLS, listen on a unix socket or the loopback, or let PLAIN be taken over anything (`plain`, --plain anywhere)",
                )
            }
            Self::Resources(source) => {
                write!(
                    f,
                    "cannot start the server's threads: {source}; lower `policy.threads` or raise the system's limits"
                )
            }
        }
    }
}

impl Error for ServerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(_) | Self::NothingOffered { .. } => None,
            Self::Listen { source, .. } | Self::Inherited(source) | Self::Resources(source) => Some(source),
        }
    }
}

/// What to do about it.
fn advice(address: &ListenAddress, kind: io::ErrorKind) -> &'static str {
    match (address, kind) {
        (ListenAddress::Tcp(_), io::ErrorKind::AddrInUse) => {
            "; stop what listens there or choose another port"
        }
        (ListenAddress::Tcp(_), io::ErrorKind::AddrNotAvailable) => {
            "; choose an address that this machine has"
        }
        (ListenAddress::Tcp(_), io::ErrorKind::PermissionDenied) => "; choose a port above 1023",
        (ListenAddress::Unix(_), io::ErrorKind::AddrInUse) => {
            "; stop what listens there or choose another path"
        }
        (ListenAddress::Unix(_), io::ErrorKind::NotFound) => "; make its directory first",
        _ => "",
    }
}
