//! Why there is no socket for administration.

use std::{error::Error, fmt, io, path::PathBuf};

/// Why there is no socket for administration.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::admin::{AdminSocket, AdminSocketError};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let place = tempfile::tempdir()?;
/// let path = place.path().join("admin");
/// let _first = AdminSocket::open(cache.clone(), &path)?;
/// let second = AdminSocket::open(cache, &path);
/// assert!(matches!(second, Err(AdminSocketError::Taken { path: taken }) if taken == path));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum AdminSocketError {
    /// Another server listens there.
    Taken {
        /// Where.
        path: PathBuf,
    },
    /// There is something else, which is left alone.
    NoSocket {
        /// Where.
        path: PathBuf,
    },
    /// It could not be made.
    Listen {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system gave no thread.
    Resources(io::Error),
}

impl fmt::Display for AdminSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { path } => write!(
                f,
                "another server listens at {}; choose another --admin-socket, or stop that server",
                path.display()
            ),
            Self::NoSocket { path } => write!(
                f,
                "{} is something else than a socket and is left alone; choose another --admin-socket",
                path.display()
            ),
            Self::Listen { path, source } => {
                write!(f, "cannot listen at {}: {source}; choose another --admin-socket", path.display())
            }
            Self::Resources(source) => write!(f, "cannot start the thread of --admin-socket: {source}"),
        }
    }
}

impl Error for AdminSocketError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Taken { .. } | Self::NoSocket { .. } => None,
            Self::Listen { source, .. } | Self::Resources(source) => Some(source),
        }
    }
}
