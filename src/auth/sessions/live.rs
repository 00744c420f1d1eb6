//! One session as it is listed.

use super::Traffic;
use crate::{
    audit::{Origin, Term},
    auth::{
        credential::Credential, external_name::ExternalName, known_by::KnownBy, mechanism::Mechanism,
        tokens::TokenId, users::Users,
    },
    sync::{Arc, AtomicU32, Mutex, Ordering},
};
use std::{
    fmt,
    num::ParseIntError,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What a live session is called where it is listed or ended: a number. No two sessions of the same users share one.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let id = session.id();
/// assert_eq!(id.to_string().parse(), Ok(id));
/// assert!(cache.users().revoke_session(id));
/// assert!(session.get("greeting").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

/// By what a session was opened.
///
/// ```
/// use keyway::{Cache, Config, Mechanism, OpenedBy, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add("ada", "a long passphrase", Role::ReadOnly)?;
/// let _session = cache.login("ada", "a long passphrase")?;
/// let by = &cache.users().sessions(None, 10)[0].by;
/// assert_eq!(*by, OpenedBy::Password { mechanism: Mechanism::Plain, credential: "1".to_owned() });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenedBy {
    /// By trusted code, which named a user and proved nothing.
    Code,
    /// By a password, or a proof that it is known.
    Password {
        /// The mechanism by which it was proven; PLAIN for [`Cache::login`](crate::Cache::login).
        mechanism: Mechanism,
        /// The label of the credential.
        credential: String,
    },
    /// By a name that something else than a password proved ([`Mechanism::External`]).
    External(ExternalName),
    /// By a token.
    Token(TokenId),
    /// By another session, which has at least as much.
    Narrowed(SessionId),
}

/// What was proven, by what.
#[derive(Clone, Debug)]
pub(in crate::auth) enum By {
    Code,
    Password(Mechanism, Arc<Credential>, KnownBy),
    External(Arc<ExternalName>),
    Token(TokenId),
    Narrowed(SessionId),
}

/// A session, or one that is about to be: what is known of it, and whether it was ended by itself.
#[derive(Debug)]
pub(in crate::auth) struct Live {
    id: SessionId,
    by: By,
    /// In nanoseconds since 1970: half as large as a time.
    opened: u64,
    origin: Origin,
    traffic: Traffic,
    /// A session and its clones, and in the highest bit whether it was ended.
    holders: AtomicU32,
    /// The last revocation of many at once that it is known not to be among, or that was before it.
    known: AtomicU32,
    /// Those who list it, while it is held and no longer: a token that it minted keeps this, and they keep the token.
    users: Mutex<Option<Users>>,
}

/// The bit of `holders`.
const ENDED: u32 = 1 << 31;

impl From<u64> for SessionId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl SessionId {
    pub(super) fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, SessionId, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// let (first, second) = (cache.session_for("app")?, cache.session_for("app")?);
    /// assert!(first.id().number() < second.id().number());
    /// // By the number alone, as an operator has it from a list, a session can be ended.
    /// assert!(cache.users().revoke_session(SessionId::from(first.id().number())));
    /// assert!(first.get("k").is_err() && second.get("k").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl Live {
    pub(super) fn new(id: SessionId, by: By) -> Self {
        Self {
            id,
            by,
            opened: since_1970(SystemTime::now()),
            origin: Origin::here(),
            traffic: Traffic::default(),
            holders: AtomicU32::new(0),
            known: AtomicU32::new(0),
            users: Mutex::new(None),
        }
    }

    pub(in crate::auth) fn id(&self) -> SessionId {
        self.id
    }

    /// For who is found by it.
    pub(super) fn id_ref(&self) -> &SessionId {
        &self.id
    }

    pub(in crate::auth) fn by(&self) -> &By {
        &self.by
    }

    pub(in crate::auth) fn opened(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.opened)
    }

    /// In nanoseconds since 1970.
    pub(in crate::auth) fn opened_nanos(&self) -> u64 {
        self.opened
    }

    pub(super) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    pub(in crate::auth) fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// Before anybody else has it.
    pub(in crate::auth) fn come_from(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// Ends it, and what was made of it. Whether it had not been ended before.
    pub(in crate::auth) fn end(&self) -> bool {
        // Relaxed: partner is the load in `is_ended`. A verb loads under its stripe's lock, and whoever could tell that a
        // write landed late took that lock after this and before that verb; the lock orders them.
        self.holders.fetch_or(ENDED, Ordering::Relaxed) & ENDED == 0
    }

    /// Whether it was ended by itself.
    pub(in crate::auth) fn is_ended(&self) -> bool {
        // Relaxed: see `end`.
        self.holders.load(Ordering::Relaxed) & ENDED != 0
    }

    /// Before anybody else has it.
    pub(in crate::auth) fn is_since(&mut self, revocation: u32) {
        self.known = AtomicU32::new(revocation);
    }

    /// The last revocation of many at once that it need not look at any more.
    #[inline]
    pub(in crate::auth) fn known(&self) -> u32 {
        // Relaxed: nothing is read through it.
        self.known.load(Ordering::Relaxed)
    }

    /// It is not among those up to this one.
    pub(in crate::auth) fn knows(&self, revocation: u32) {
        // Relaxed: who misses it looks once more.
        self.known.fetch_max(revocation, Ordering::Relaxed);
    }

    /// Those who list it; `None` once nobody holds it.
    pub(in crate::auth) fn users(&self) -> Option<Users> {
        self.users.lock().clone()
    }

    /// Is listed by these.
    pub(super) fn belong_to(&self, users: Users) {
        *self.users.lock() = Some(users);
    }

    /// Is listed by nobody any more.
    pub(super) fn leave(&self) -> Option<Users> {
        self.users.lock().take()
    }

    pub(super) fn hold(&self) {
        // Relaxed: counter only. Whoever adds holds it.
        self.holders.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether nobody holds it any more.
    pub(super) fn release(&self) -> bool {
        // Relaxed: counter only. Nothing is freed by it, and the registry has a lock of its own.
        self.holders.fetch_sub(1, Ordering::Relaxed) & !ENDED == 1
    }
}

/// Until the year 2554.
pub(in crate::auth) fn since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

impl By {
    pub(super) fn told(&self) -> OpenedBy {
        match self {
            Self::Code => OpenedBy::Code,
            Self::Password(mechanism, credential, _) => {
                OpenedBy::Password { mechanism: *mechanism, credential: credential.label.clone() }
            }
            Self::External(name) => OpenedBy::External(ExternalName::clone(name)),
            Self::Token(id) => OpenedBy::Token(*id),
            Self::Narrowed(from) => OpenedBy::Narrowed(*from),
        }
    }

    /// For the audit: what was proven, and who knows whose that is.
    pub(super) fn evidence(&self) -> (Option<String>, Term) {
        match self {
            Self::Password(_, credential, known_by) => (Some(credential.label.clone()), known_by.term()),
            Self::External(name) => (Some(name.to_string()), KnownBy::Own.term()),
            Self::Token(_) => (Some(self.told().to_string()), KnownBy::Own.term()),
            Self::Code | Self::Narrowed(_) => (None, KnownBy::Own.term()),
        }
    }

    /// Whether it came in by a login, as one that counts against a limit of connections.
    pub(super) fn is_login(&self) -> bool {
        matches!(self, Self::Password(..) | Self::External(_) | Self::Token(_))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SessionId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// Such as `SCRAM-SHA-256 laptop`, `EXTERNAL uid:1000`, `token Xv3k9TzQ`.
impl fmt::Display for OpenedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("code"),
            Self::Password { mechanism, credential } => write!(f, "{mechanism} {credential}"),
            Self::External(name) => write!(f, "{} {name}", Mechanism::External),
            Self::Token(id) => write!(f, "token {id}"),
            Self::Narrowed(from) => write!(f, "narrowed from {from}"),
        }
    }
}
