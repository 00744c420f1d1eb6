//! Why there is no HTTP server.

use std::{error::Error, fmt, io, net::SocketAddr};

/// Why an HTTP server was not started.
///
/// ```
/// use keyway_frontend::http::{HttpError, HttpServer, Routes};
///
/// let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let started = HttpServer::start(&[taken.local_addr()?], Routes::new());
/// assert!(matches!(started, Err(HttpError::Listen { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// An address cannot be listened on.
    Listen {
        /// Which one.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no thread, or nothing to wait for events with.
    Resources(io::Error),
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, source } => {
                write!(f, "cannot listen on {address} for HTTP: {source}; choose another address or port")
            }
            Self::Resources(source) => write!(f, "cannot serve HTTP: {source}"),
        }
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Listen { source, .. } | Self::Resources(source) => Some(source),
        }
    }
}
