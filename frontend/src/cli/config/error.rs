//! What is wrong with a setting: where it stands, which one it is, and what is allowed.

use crate::cli::failure::Failure;
use std::{fmt, path::PathBuf};

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// On the command line.
    Typed,
    /// In this variable of the environment.
    Variable(String),
    /// In this line of the configuration file.
    File { path: PathBuf, line: usize },
    /// Nowhere.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Typed => f.write_str("command line"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    Unreadable { path: PathBuf, why: std::io::Error },
    /// Something in the file or the environment is not as it must be.
    Wrong { origin: Origin, what: String },
    /// Each for itself is right, but not all of them together.
    Together { file: Option<PathBuf>, what: String },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, why } => {
                write!(f, "configuration file {}: cannot read it: {why}", path.display())
            }
            Self::Wrong { origin: Origin::File { path, line }, what } => {
                write!(f, "configuration file {}, line {line}: {what}", path.display())
            }
            Self::Wrong { origin, what } => write!(f, "{origin}: {what}"),
            Self::Together { file, what } => {
                f.write_str("the settings of the command line, the environment and ")?;
                match file {
                    Some(path) => write!(f, "{}", path.display())?,
                    None => f.write_str("no file")?,
                }
                write!(f, " do not go together: {what}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error)
    }
}
