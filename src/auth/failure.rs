//! A refused login: nothing for the client, everything for the operator.

use super::{mechanism::Mechanism, randomness::NoRandomness};
use crate::audit::FailureId;
use std::{error::Error, fmt};

/// Why a login failed, for the operator's log. Never tell a client: to it all failures look alike.
///
/// ```
/// use keyway::{Cache, Config, LoginFailure, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let error = cache.login("eve", "a guess").unwrap_err();
/// // For the operator alone: whoever logs in is told nothing but the id.
/// assert_eq!(error.failure(), LoginFailure::UnknownUser);
/// assert!(!error.to_string().contains("eve"));
/// # Ok::<(), keyway::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginFailure {
    /// There is no such user.
    UnknownUser,
    /// The password, or the proof that the client knows it, is wrong.
    WrongPassword,
    /// A message does not follow its mechanism, or a name or password is none that could exist.
    Malformed,
    /// The user has no password: only trusted code opens its sessions.
    NoPassword,
    /// None of the user's passwords counts now: each has expired, or is yet to begin.
    Expired,
    /// Nothing that is stored of the user's passwords serves this mechanism, right as the password may be. Store a form for it,
    /// which takes the password, or let the client use another mechanism.
    MissingForm(Mechanism),
    /// The client says that it saw no mechanism with -PLUS, and one is offered: somebody in between took it off the list.
    Downgraded,
    /// The client binds to the channel in another way than by `tls-exporter` (RFC 9266), which is the only one there is here.
    UnknownBinding,
    /// The proof was made on another channel of TLS: somebody in between handed it on.
    WrongBinding,
    /// The layer below the login says nothing of who is at the other end, so EXTERNAL has nothing to go by.
    NoIdentity,
    /// The names of who is at the other end are those of several users; the client has to say as whom it wants to act.
    SeveralUsers,
    /// The user proved who it is, and asked to act as somebody else.
    NotAuthorized,
    /// The source of users could not tell, and what it said before does not count any more or does not let this login in.
    /// Answer that it may be tried again later, whoever it was: the same whether or not there is such a user.
    SourceUnavailable,
    /// The password is a token, and none that counts for this name: it was revoked, has expired, is somebody else's, or never was.
    BadToken,
    /// The token was right, and has been used as often as it may be.
    TokenSpent,
    /// The user has proved who it is, and has as many connections as it may have. Answer that it may be tried again later.
    TooManyConnections,
    /// The user has proved who it is, and its namespace has as many connections as it may have, of whichever users. Answer that it may
    /// be tried again later.
    NamespaceFull,
    /// The user works in a namespace that there is none of: it was removed, or is yet to be added.
    UnknownNamespace,
    /// The operating system gave no random bytes, without which an exchange cannot be safe.
    NoRandomness,
}

impl LoginFailure {
    /// Its name in the log and in the audit, without the mechanism that a form is missing for.
    ///
    /// ```
    /// use keyway::{LoginFailure, Mechanism};
    ///
    /// assert_eq!(LoginFailure::WrongPassword.name(), "WrongPassword");
    /// assert_eq!(LoginFailure::MissingForm(Mechanism::CramMd5).name(), "MissingForm");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "UnknownUser",
            Self::WrongPassword => "WrongPassword",
            Self::Malformed => "Malformed",
            Self::NoPassword => "NoPassword",
            Self::Expired => "Expired",
            Self::MissingForm(_) => "MissingForm",
            Self::Downgraded => "Downgraded",
            Self::UnknownBinding => "UnknownBinding",
            Self::WrongBinding => "WrongBinding",
            Self::NoIdentity => "NoIdentity",
            Self::SeveralUsers => "SeveralUsers",
            Self::NotAuthorized => "NotAuthorized",
            Self::SourceUnavailable => "SourceUnavailable",
            Self::BadToken => "BadToken",
            Self::TokenSpent => "TokenSpent",
            Self::TooManyConnections => "TooManyConnections",
            Self::NamespaceFull => "NamespaceFull",
            Self::UnknownNamespace => "UnknownNamespace",
            Self::NoRandomness => "NoRandomness",
        }
    }
}

impl LoginFailure {
    /// Whether a limit of connections is in the way, of somebody who has proved who it is: then that may be told, and the next attempt
    /// may find a place.
    ///
    /// ```
    /// use keyway::LoginFailure;
    ///
    /// assert!(LoginFailure::TooManyConnections.is_for_want_of_a_place());
    /// assert!(LoginFailure::NamespaceFull.is_for_want_of_a_place());
    /// assert!(!LoginFailure::WrongPassword.is_for_want_of_a_place());
    /// ```
    #[must_use]
    pub fn is_for_want_of_a_place(self) -> bool {
        matches!(self, Self::TooManyConnections | Self::NamespaceFull)
    }
}

impl fmt::Display for LoginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownUser => "there is no such user",
            Self::WrongPassword => "the password is wrong",
            Self::Malformed => "the message does not follow its mechanism",
            Self::NoPassword => "the user has no password and is for trusted code only",
            Self::Expired => "none of the user's passwords counts now: they have expired or are yet to begin",
            Self::MissingForm(mechanism) => {
                return write!(
                    f,
                    "nothing is stored of the user's passwords by which {mechanism} could be judged; set the password again \
                     for that mechanism too (keyway user passwd NAME --for ...,{mechanism}), or let the client use another one"
                );
            }
            Self::Downgraded => {
                "the client saw no mechanism with -PLUS, though one is offered: somebody in between changed the list"
            }
            Self::UnknownBinding => "the client binds to the channel in another way than by tls-exporter",
            Self::WrongBinding => "the proof was made on another channel: somebody in between handed it on",
            Self::NoIdentity => "nothing but the client itself says who it is",
            Self::SeveralUsers => "the names in the certificate are those of several users, and the client said no one of them",
            Self::NotAuthorized => "the user asked to act as another one",
            Self::SourceUnavailable => "the source of users could not tell",
            Self::BadToken => {
                "the password is a token that does not count for this name: it was revoked, has expired, is another user's, or \
                 never was; mint another one"
            }
            Self::TokenSpent => "the token has been used as often as it may be; mint another one",
            Self::TooManyConnections => "the user has as many connections as its limit allows",
            Self::NamespaceFull => "the user's namespace has as many connections as its limit allows",
            Self::UnknownNamespace => {
                "there is no namespace of the name that the user works in; add it, or give the user another one"
            }
            Self::NoRandomness => "the operating system gave no random bytes",
        })
    }
}

impl From<NoRandomness> for LoginFailure {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

/// A refused login. Its `Display` says only "login refused", so that it may reach a client by mistake; the reason
/// and the name are for the operator's log. It holds no password.
///
/// ```
/// use keyway::{Cache, Config, LoginFailure, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let refused = cache.login("eve", "a guess").err().ok_or("nobody is called so")?;
/// assert_eq!(refused.to_string(), "login refused"); // what a client may be told
/// assert_eq!((refused.failure(), refused.claimed_name()), (LoginFailure::UnknownUser, Some("eve")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginError {
    id: FailureId,
    failure: LoginFailure,
    claimed_name: Option<Box<str>>,
}

impl LoginError {
    /// For a message from which no name could be read.
    pub(super) fn nameless(failure: LoginFailure) -> Self {
        Self { id: FailureId::next(), failure, claimed_name: None }
    }

    pub(crate) fn of(claimed_name: &str, failure: LoginFailure) -> Self {
        Self { id: FailureId::next(), failure, claimed_name: Some(claimed_name.into()) }
    }

    /// What this refusal is called in the audit and in the log, so that an operator can be asked about it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::{Event, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let refused = cache.login("eve", "a guess").err().ok_or("nobody is called so")?;
    /// // The audit knows it by the same id, and why.
    /// let told = &cache.audit().recent(Sequence::START).entries[0].event;
    /// assert!(matches!(told, Event::LoginFailed { id, .. } if *id == refused.id()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> FailureId {
        self.id
    }

    /// Why, for the operator.
    ///
    /// ```
    /// # use keyway::{Cache, Config, LoginFailure, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("reports", Role::ReadOnly)?; // without a password
    /// let refused = cache.login("reports", "a guess").err().ok_or("it has no password")?;
    /// assert_eq!(refused.failure(), LoginFailure::NoPassword);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn failure(&self) -> LoginFailure {
        self.failure
    }

    /// The name that was claimed, as it was sent, if the exchange got that far. Escape it where it is printed: it
    /// may hold anything, line breaks included.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let refused = cache.login("eve@shop", "a guess").err().ok_or("nobody is called so")?;
    /// assert_eq!(refused.claimed_name(), Some("eve@shop"));
    /// let Step::Refused(refused) = cache.exchange(Mechanism::Plain).step(b"nonsense") else { panic!("no message") };
    /// assert_eq!(refused.claimed_name(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn claimed_name(&self) -> Option<&str> {
        self.claimed_name.as_deref()
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("login refused")
    }
}

impl Error for LoginError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_tells_neither_reason_nor_name() {
        for failure in [LoginFailure::UnknownUser, LoginFailure::WrongPassword, LoginFailure::NoPassword] {
            assert_eq!(LoginError::of("ada", failure).to_string(), "login refused");
        }
        assert_eq!(LoginError::of("ada", LoginFailure::Malformed).claimed_name(), Some("ada"));
        assert_eq!(LoginError::nameless(LoginFailure::Malformed).claimed_name(), None);
    }
}
