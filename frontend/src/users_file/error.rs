//! What can be wrong with a users file.

use keyway::UserError;
use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

/// What is wrong with a users file: which file, which line where that is known, and what to do about it. It
/// never has a part of a secret in it.
///
/// ```
/// use keyway_frontend::UsersFile;
///
/// let place = tempfile::tempdir()?;
/// let error = UsersFile::load(&place.path().join("users.toml")).err().ok_or("there is none")?;
/// assert!(error.is_missing());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct UsersFileError {
    file: Option<PathBuf>,
    problem: Problem,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// The system refused; `doing` completes "cannot ...".
    System { doing: &'static str, source: io::Error },
    /// A directory, a pipe or a device.
    NotAFile,
    /// More than `limit` bytes.
    TooLarge { limit: u64 },
    /// The path ends in a symbolic link that points to nothing.
    DanglingLink,
    /// Others than the owner may write it.
    WritableByOthers { mode: u32 },
    /// Something in its text.
    Text { line: Option<usize>, what: String },
    /// A user that was named or described.
    User { name: String, source: UserError },
    /// A role that was named or described.
    Role(UserError),
    /// A role that cannot be removed while a user has it.
    RoleInUse { role: String, user: String },
    /// A rule of a role that nobody can mean.
    RoleFault { name: String, fault: String },
    /// A limit of a user that is none.
    Limit { user: String },
    /// A namespace that was named or described.
    Namespace { name: String, fault: &'static str },
    /// No random numbers.
    Random(getrandom::Error),
}

impl Problem {
    pub(super) fn user(name: &str, source: UserError) -> Self {
        Self::User { name: name.to_owned(), source }
    }

    /// For `map_err`; `doing` completes "cannot ...".
    pub(super) fn system(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { doing, source }
    }
}

impl UsersFileError {
    /// Whether the file does not exist.
    ///
    /// ```
    /// use keyway_frontend::UsersFile;
    ///
    /// let place = tempfile::tempdir()?;
    /// let directory = UsersFile::load(place.path()).err().ok_or("it is no file")?;
    /// assert!(!directory.is_missing()); // there is something, and it is wrong
    /// let file = UsersFile::load(&place.path().join("users.toml")).err().ok_or("there is none")?;
    /// assert!(file.is_missing()); // so one can be begun
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(&self.problem, Problem::System { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Whether it is about a user or a role that was named, and in which way.
    ///
    /// ```
    /// use keyway::UserError;
    /// use keyway_frontend::UsersFile;
    ///
    /// let mut file = UsersFile::empty()?;
    /// let error = file.remove("nobody").err().ok_or("nobody is in it")?;
    /// assert_eq!(error.user_error(), Some(&UserError::Unknown));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn user_error(&self) -> Option<&UserError> {
        match &self.problem {
            Problem::User { source, .. } | Problem::Role(source) => Some(source),
            _ => None,
        }
    }

    /// Says which file; one that was said before stays.
    pub(super) fn in_file(mut self, path: &Path) -> Self {
        self.file.get_or_insert_with(|| path.to_owned());
        self
    }
}

impl From<Problem> for UsersFileError {
    fn from(problem: Problem) -> Self {
        Self { file: None, problem }
    }
}

impl fmt::Display for UsersFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("users file")?;
        if let Some(file) = &self.file {
            write!(f, " {}", file.display())?;
        }
        if let Problem::Text { line: Some(line), .. } = self.problem {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System { doing, source } => write!(f, "cannot {doing}: {source}"),
            Self::NotAFile => f.write_str("not a regular file"),
            Self::TooLarge { limit } => write!(f, "larger than {limit} bytes, so hardly a users file"),
            Self::DanglingLink => f.write_str(
                "a symbolic link to a file that does not exist; make that file or remove the link",
            ),
            Self::WritableByOthers { mode } => write!(
                f,
                "its mode is {mode:04o}: others than its owner can write it, and so log in as anybody; check what is in \
                 it, then use `chmod 600`"
            ),
            Self::Text { what, .. } => f.write_str(what),
            Self::User { name, source: UserError::Exists } => {
                write!(f, "there is a user {name:?} already; `keyway user passwd` changes the password")
            }
            Self::User { name, source: UserError::Unknown } => {
                write!(f, "there is no user {name:?}; `keyway user list` shows who there is")
            }
            Self::User { name, source: UserError::UnknownRole(role) } => write!(
                f,
                "user {name:?}: there is no role {role:?}; `keyway role list` shows which there are, and `keyway role set` makes \
                 one"
            ),
            Self::User { name, source } => write!(f, "user {name:?}: {source}"),
            Self::Role(UserError::UnknownRole(name)) => {
                write!(f, "there is no role {name:?}; `keyway role list` shows which there are")
            }
            Self::Role(source) => write!(f, "{source}"),
            Self::RoleInUse { role, user } => {
                write!(
                    f,
                    "user {user:?} has the role {role:?}; give its users others first (`keyway user role`)"
                )
            }
            Self::RoleFault { name, fault } => write!(f, "role {name:?}: {fault}"),
            Self::Limit { user } => write!(f, "user {user:?}: a limit is 1 at least; leave it out for none"),
            Self::Namespace { name, fault } => write!(f, "namespace {name:?}: {fault}"),
            Self::Random(source) => write!(f, "the system gives no random numbers: {source}"),
        }
    }
}

impl Error for UsersFileError {}
