//! Why certificates are not taken.

use std::{error::Error, fmt, io, path::PathBuf};

/// Why certificates or keys are not taken.
///
/// ```
/// use keyway_frontend::{Tls, TlsError, TlsSettings};
///
/// let loaded = Tls::load(TlsSettings::new("nowhere.pem", "nowhere.key"));
/// assert!(matches!(loaded, Err(TlsError::Unreadable { path, .. }) if path.ends_with("nowhere.pem")));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has nothing of what is looked for in it.
    Empty {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
    },
    /// What a file has is not what it is to be.
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Certificate and key do not belong together, or are of a kind that is not known here.
    Unusable {
        /// Of the certificate.
        certificate: PathBuf,
        /// Of the key.
        key: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A certificate that is to take the place of another one does not count now.
    OutOfDate {
        /// Which.
        path: PathBuf,
        /// Since when or from when on.
        what: String,
    },
    /// Clients are to show certificates, and no authority was named whose are taken.
    NoClientCa,
}

impl TlsError {
    pub(super) fn malformed(path: &std::path::Path, what: impl fmt::Display) -> Self {
        Self::Malformed { path: path.to_owned(), what: what.to_string() }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, source } => {
                write!(f, "{}: cannot be read: {source}; look at its path and its permissions", path.display())
            }
            Self::Empty { path, wanted } => {
                write!(f, "{}: there is no {wanted} in it; it takes one in PEM (`-----BEGIN ..`)", path.display())
            }
            Self::Malformed { path, what } => write!(f, "{}: {what}", path.display()),
            Self::Unusable { certificate, key, what } => write!(
                f,
                "{} and {}: {what}; the certificate comes first in its file, and the key is the one that it was made for",
                certificate.display(),
                key.display()
            ),
            Self::OutOfDate { path, what } => write!(f, "{}: the certificate {what}", path.display()),
            Self::NoClientCa => f.write_str(
                "clients are to show certificates, and there is no authority whose are taken; name a file with its certificate",
            ),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}
