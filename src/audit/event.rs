//! What can have happened.

use super::{Claimed, FailureId, KeyPrefix, Name, Term};

/// Something that happened. Deliberately closed: whoever writes events down has to know each.
///
/// ```
/// use keyway::{Cache, Config, Users, audit::Sequence};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// assert!(cache.login("eve", "a guess").is_err());
/// for entry in cache.audit().recent(Sequence::START).entries {
///     let mut line = format!("{}:", entry.event.kind().name());
///     entry.fields(|name, value| line += &format!(" {name}={value:?}"));
///     assert!(line.starts_with("login_failed:") && line.contains("eve"), "{line}");
/// }
/// # Ok::<(), keyway::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever writes events down must handle each")]
pub enum Event {
    /// Somebody has a session now.
    LoggedIn {
        /// By which mechanism; `password` for [`Cache::login`](crate::Cache::login), `trusted` for
        /// [`Cache::session_for`](crate::Cache::session_for).
        mechanism: Term,
        /// Who.
        user: Name,
        /// The label of the credential that was proven; `None` for trusted code.
        credential: Option<Name>,
        /// Who knows this user: `own` for code or a users file, `source` for a database or a directory.
        provenance: Term,
    },
    /// A login was refused.
    LoginFailed {
        /// What it is called in the log.
        id: FailureId,
        /// The mechanism, if one that is offered was named.
        mechanism: Option<Term>,
        /// The name that was claimed, if it got that far.
        claimed: Option<Claimed>,
        /// Why: a [`LoginFailure`](crate::LoginFailure), or what a server found wrong with its form.
        reason: Term,
    },
    /// A login was put off, without a look at whether it was right.
    LoginPutOff {
        /// What it is called in the log.
        id: FailureId,
        /// The mechanism.
        mechanism: Term,
        /// The name that was claimed, if it got that far.
        claimed: Option<Claimed>,
        /// Which limit was met.
        reason: Term,
    },
    /// A verb was refused.
    Refused {
        /// Whose session.
        user: Name,
        /// Which verb.
        verb: Term,
        /// Why.
        reason: Term,
        /// The key that it was about, if it was about one and keys are shown.
        key: Option<KeyPrefix>,
    },
    /// Sessions were ended.
    Revoked {
        /// Of what: all of a user's, of one credential, and so on.
        what: Term,
        /// The user, or whatever else was revoked.
        name: Option<Name>,
        /// The label of the credential, if only one was.
        credential: Option<Name>,
    },
    /// Something that says who may do what was changed.
    Changed {
        /// What was changed.
        subject: Subject,
        /// How.
        act: Act,
        /// Which one; `None` where it is about all.
        name: Option<Name>,
        /// What it became, or which part of it was changed, where that has a name.
        detail: Option<Name>,
    },
    /// An admin's session acted on the cache or its server, or the operator did.
    Administered {
        /// Whose session; `None`: the operator, who needs none. The entry's origin says who that was.
        user: Option<Name>,
        /// What was done.
        act: Term,
        /// On what, where that has a name.
        name: Option<Name>,
    },
    /// The same was tried by somebody who may, and could not be done. Nothing was changed.
    AdministrationFailed {
        /// Whose session, as above.
        user: Option<Name>,
        /// What was to be done.
        act: Term,
        /// On what, as it was asked for: there may be nothing of that name.
        claimed: Option<Claimed>,
        /// Why it was not: the name of an [`AdminError`](crate::AdminError).
        reason: Term,
    },
    /// A server has begun to listen.
    ServerStarted {
        /// Where: addresses with their ports, and paths of sockets.
        addresses: Box<[Box<str>]>,
    },
    /// A server has stopped.
    ServerStopped {
        /// Where it listened.
        addresses: Box<[Box<str>]>,
    },
    /// A verb was carried out that is one of those sampled.
    Sampled {
        /// Whose session.
        user: Name,
        /// Which verb.
        verb: Term,
        /// The key, if it is about one and keys are shown.
        key: Option<KeyPrefix>,
    },
    /// So many events of a kind were counted and not told one by one, because there were too many of them in a short time:
    /// from one peer (then the entry has its origin), or from several.
    Folded {
        /// Of which kind.
        of: Kind,
        /// How many.
        count: u64,
    },
    /// So many entries were lost on the way to where they were to be written. Never in the ring: the numbers of its entries
    /// have no gaps, and what was overwritten is told by [`Recent::missed`](super::Recent::missed).
    Dropped {
        /// How many.
        count: u64,
    },
}

/// What was changed.
///
/// ```
/// use keyway::audit::Subject;
///
/// assert_eq!(Subject::Namespace.name(), "namespace");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// A user.
    User,
    /// A credential of a user.
    Credential,
    /// A role.
    Role,
    /// A namespace.
    Namespace,
    /// A token.
    Token,
    /// The whole list of users, as from a users file.
    Users,
}

/// How it was changed.
///
/// ```
/// use keyway::{Cache, Config, Role, Users, audit::{Act, Event, Sequence, Subject}};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadOnly)?;
/// let told = &cache.audit().recent(Sequence::START).entries[0].event;
/// assert!(matches!(told, Event::Changed { subject: Subject::User, act: Act::Added, .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Act {
    /// It was not there before.
    Added,
    /// It is another one now.
    Changed,
    /// It is gone.
    Removed,
}

/// Which [`Event`] it is, without what it is about.
///
/// ```
/// use keyway::audit::Kind;
///
/// assert_eq!(Kind::LoginFailed.name(), "login_failed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as the events are")]
#[expect(clippy::exhaustive_enums, reason = "as exhaustive as the events")]
pub enum Kind {
    LoggedIn,
    LoginFailed,
    LoginPutOff,
    Refused,
    Revoked,
    Changed,
    Administered,
    AdministrationFailed,
    ServerStarted,
    ServerStopped,
    Sampled,
    Folded,
    Dropped,
}

impl Kind {
    /// All of them.
    ///
    /// ```
    /// use keyway::audit::Kind;
    /// use std::collections::HashSet;
    ///
    /// // Each has a name of its own, so they can be the columns of a table.
    /// let columns: HashSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    /// assert_eq!(columns.len(), Kind::ALL.len());
    /// ```
    pub const ALL: [Self; 13] = [
        Self::LoggedIn,
        Self::LoginFailed,
        Self::LoginPutOff,
        Self::Refused,
        Self::Revoked,
        Self::Changed,
        Self::Administered,
        Self::AdministrationFailed,
        Self::ServerStarted,
        Self::ServerStopped,
        Self::Sampled,
        Self::Folded,
        Self::Dropped,
    ];

    /// Its name where it is written down.
    ///
    /// ```
    /// use keyway::audit::Kind;
    ///
    /// assert_eq!([Kind::LoggedIn, Kind::Refused, Kind::Changed].map(Kind::name), ["login", "refusal", "change"]);
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LoggedIn => "login",
            Self::LoginFailed => "login_failed",
            Self::LoginPutOff => "login_put_off",
            Self::Refused => "refusal",
            Self::Revoked => "revocation",
            Self::Changed => "change",
            Self::Administered => "admin",
            Self::AdministrationFailed => "admin_failed",
            Self::ServerStarted => "server_started",
            Self::ServerStopped => "server_stopped",
            Self::Sampled => "sample",
            Self::Folded => "folded",
            Self::Dropped => "dropped",
        }
    }

    /// Whether peers can cause it as often as they like, so that it is folded where it comes too often.
    ///
    /// ```
    /// use keyway::audit::Kind;
    ///
    /// assert!(Kind::LoginFailed.is_bounded()); // a stranger can fail all day
    /// assert!(!Kind::Changed.is_bounded()); // and can change nothing
    /// ```
    #[must_use]
    pub fn is_bounded(self) -> bool {
        matches!(self, Self::LoggedIn | Self::LoginFailed | Self::LoginPutOff | Self::Refused | Self::Sampled)
    }
}

impl Event {
    /// Which it is.
    ///
    /// ```
    /// use keyway::audit::{Event, Kind};
    ///
    /// let flood = Event::Folded { of: Kind::LoginFailed, count: 900 };
    /// assert_eq!(flood.kind(), Kind::Folded);
    /// ```
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::LoggedIn { .. } => Kind::LoggedIn,
            Self::LoginFailed { .. } => Kind::LoginFailed,
            Self::LoginPutOff { .. } => Kind::LoginPutOff,
            Self::Refused { .. } => Kind::Refused,
            Self::Revoked { .. } => Kind::Revoked,
            Self::Changed { .. } => Kind::Changed,
            Self::Administered { .. } => Kind::Administered,
            Self::AdministrationFailed { .. } => Kind::AdministrationFailed,
            Self::ServerStarted { .. } => Kind::ServerStarted,
            Self::ServerStopped { .. } => Kind::ServerStopped,
            Self::Sampled { .. } => Kind::Sampled,
            Self::Folded { .. } => Kind::Folded,
            Self::Dropped { .. } => Kind::Dropped,
        }
    }

    /// Whose doing it is, as far as that is proven: a claimed name is not, or each guess would be somebody else's.
    pub(super) fn whom(&self) -> &str {
        match self {
            Self::LoggedIn { user, .. } | Self::Refused { user, .. } | Self::Sampled { user, .. } => {
                user.as_str()
            }
            _ => "",
        }
    }
}

impl Subject {
    /// Its name where it is written down.
    ///
    /// ```
    /// use keyway::audit::{Act, Subject};
    ///
    /// let line = format!("{} {}", Subject::Credential.name(), Act::Added.name());
    /// assert_eq!(line, "credential added");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Credential => "credential",
            Self::Role => "role",
            Self::Namespace => "namespace",
            Self::Token => "token",
            Self::Users => "users",
        }
    }
}

impl Act {
    /// Its name where it is written down.
    ///
    /// ```
    /// use keyway::audit::Act;
    ///
    /// assert_eq!([Act::Added, Act::Changed, Act::Removed].map(Act::name), ["added", "changed", "removed"]);
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}
