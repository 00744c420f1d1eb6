//! Why the audit cannot be written at all.

use std::{error::Error, fmt, io, path::PathBuf};

/// Why the audit cannot be written at all.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::{AuditDestination, AuditError, AuditSettings, AuditWriter};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let place = tempfile::tempdir()?;
/// let settings = AuditSettings::new(AuditDestination::File(place.path().to_owned()));
/// let started = AuditWriter::start(cache.audit(), settings);
/// assert!(matches!(started, Err(AuditError::NotAFile(_)))); // a directory
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum AuditError {
    /// The file cannot be opened for writing.
    Open {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is something at this path that is no file to write lines to: a directory, a pipe, a socket.
    NotAFile(PathBuf),
    /// The system gives no thread.
    Thread(io::Error),
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { path, source } => {
                write!(
                    f,
                    "the audit cannot be written to {}: {source}; name a file in a directory that this process may write to",
                    path.display()
                )
            }
            Self::NotAFile(path) => write!(
                f,
                "the audit cannot be written to {}, which is no file; name a file, or `stderr` to pipe it elsewhere",
                path.display()
            ),
            Self::Thread(error) => write!(f, "no thread for the audit: {error}"),
        }
    }
}

impl Error for AuditError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open { source, .. } | Self::Thread(source) => Some(source),
            Self::NotAFile(_) => None,
        }
    }
}
