//! Why a file cannot be read as what it was said to be.

use std::{error::Error, fmt};

/// Why a file cannot be read as what it was said to be, and what to do.
///
/// ```
/// use keyway_frontend::import::{Format, ImportError};
///
/// assert_eq!(Format::Sasldb.read(b"ada:pencil\n").err(), Some(ImportError::NotSasldb));
/// assert!(matches!(Format::Pwdb.read(b"ada\n"), Err(ImportError::Line { line: 1, .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportError {
    /// It is neither a hash file of Berkeley DB nor a dump of one.
    NotSasldb,
    /// It is a database of a kind or version that is not read here, or one that is damaged.
    UnreadableDatabase {
        /// What there is about it.
        what: &'static str,
    },
    /// A line of text is not of the form that it should have.
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSasldb => f.write_str(
                "neither a hash file of Berkeley DB nor a dump of one; if it is a database of another kind, dump it with its \
                 own tool and import the users as name:password lines (`keyway import authfile`)",
            ),
            Self::UnreadableDatabase { what } => {
                write!(f, "{what}; `db_dump -p FILE > DUMP` makes a text of it, which can be imported instead")
            }
            Self::Line { line, what } => write!(f, "line {line}: {what}"),
        }
    }
}

impl Error for ImportError {}
