//! Why a server did not start.

use std::{error::Error, fmt, io, net::SocketAddr};

/// Why a server did not start. Nothing of it is left running.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// A setting that cannot work; the text says which and what would.
    Config(&'static str),
    /// An address could not be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The system gave no event queue or no thread.
    Resources(io::Error),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) => f.write_str(what),
            Self::Listen { address, source } => {
                let advice = match source.kind() {
                    io::ErrorKind::AddrInUse => "; stop what listens there or choose another port",
                    io::ErrorKind::AddrNotAvailable => "; choose an address that this machine has",
                    io::ErrorKind::PermissionDenied => "; choose a port above 1023",
                    _ => "",
                };
                write!(f, "cannot listen on {address}: {source}{advice}")
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
            Self::Config(_) => None,
            Self::Listen { source, .. } | Self::Resources(source) => Some(source),
        }
    }
}
