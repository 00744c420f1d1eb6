//! Why something was not administered.

use crate::{NamespaceError, Refusal, SessionId, TokenError, UserError};
use std::{error::Error, fmt};

/// Why something was not administered.
///
/// ```
/// use keyway::{AdminError, Cache, Config, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("root", Role::Admin)?;
/// let admin = cache.session_for("root")?.admin()?;
/// assert!(matches!(admin.remove_user("nobody"), Err(AdminError::User(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdminError {
    /// The session was revoked, or may not administer.
    Refused(Refusal),
    /// About a user or a role.
    User(UserError),
    /// About a token.
    Token(TokenError),
    /// About a namespace.
    Namespace(NamespaceError),
    /// There is no such live session, or it has ended already.
    UnknownSession(SessionId),
}

impl AdminError {
    /// Its name in the audit.
    ///
    /// ```
    /// use keyway::{AdminError, Refusal, UserError};
    ///
    /// assert_eq!(AdminError::User(UserError::Unknown).name(), "UnknownUser");
    /// assert_eq!(AdminError::Refused(Refusal::Forbidden).name(), "Forbidden");
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.name(),
            Self::User(error) => error.name(),
            Self::Token(error) => error.name(),
            Self::Namespace(error) => error.name(),
            Self::UnknownSession(_) => "UnknownSession",
        }
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::User(error) => error.fmt(f),
            Self::Token(error) => error.fmt(f),
            Self::Namespace(error) => error.fmt(f),
            Self::UnknownSession(id) => write!(f, "there is no live session {id}, or it has ended already"),
        }
    }
}

impl Error for AdminError {}

impl From<Refusal> for AdminError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<UserError> for AdminError {
    fn from(error: UserError) -> Self {
        Self::User(error)
    }
}

impl From<NamespaceError> for AdminError {
    fn from(error: NamespaceError) -> Self {
        Self::Namespace(error)
    }
}

impl From<TokenError> for AdminError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}
