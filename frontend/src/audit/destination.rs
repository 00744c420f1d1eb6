//! Where the audit is written to.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

/// Where the audit is written to.
///
/// ```
/// use keyway_frontend::AuditDestination;
///
/// assert_eq!("stderr".parse(), Ok(AuditDestination::Stderr));
/// assert_eq!("./stderr".parse(), Ok(AuditDestination::File("./stderr".into())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditDestination {
    /// The error output of the process, for whoever collects that.
    Stderr,
    /// A file, to whose end it is written.
    File(PathBuf),
}

impl FromStr for AuditDestination {
    type Err = Infallible;

    /// `stderr`, or the path of a file; `./stderr` for one of that name.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "stderr" { Self::Stderr } else { Self::File(text.into()) })
    }
}

impl fmt::Display for AuditDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stderr => f.write_str("stderr"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}
