//! Why a verb was not carried out.

use std::{error::Error, fmt};

/// Why a verb was not carried out. Nothing was changed, except where a variant says so.
///
/// Deliberately closed: a frontend maps each to a status of its own by one exhaustive `match`.
///
/// ```
/// # use keyway::Refusal;
/// # use keyway::{Cache, Config, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// assert_eq!(session.replace("greeting", "hello").err(), Some(Refusal::NotFound));
/// assert!(matches!(session.get(""), Err(Refusal::BadKey { .. })));
/// cache.users().set_roles("app", Role::ReadOnly)?;
/// assert_eq!(session.set("greeting", "hello").err(), Some(Refusal::Forbidden));
/// cache.users().revoke("app")?;
/// assert_eq!(session.get("greeting").err(), Some(Refusal::Revoked));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The session has ended: its user was removed, got another password or was revoked. Log in again.
    Revoked,
    /// The user's role does not include the verb. Decided before any look-up, so it says nothing about the key.
    Forbidden,
    /// A limit has been reached, the user's or that of its namespace. What was asked may be asked again a little later.
    Limited {
        /// Which one.
        what: Limit,
        /// Whose it is.
        scope: LimitScope,
    },
    /// The key is empty or longer than [`MAX_KEY`](crate::MAX_KEY) bytes.
    BadKey {
        /// The length that it had, in bytes.
        len: usize,
    },
    /// There is no such item.
    NotFound,
    /// `add` found an item, or the item no longer has the version that was given.
    Exists,
    /// `append` or `prepend` found nothing to add to, or the result would be over the limit.
    NotStored,
    /// `incr` or `decr` found a value that is not a decimal number below 2^64.
    NotNumeric,
    /// The value is over the cache's limit. A `set` refused so has removed the older value, so that nobody goes
    /// on reading what the caller meant to replace.
    TooLarge {
        /// The largest value that the cache takes, or that the user may store, or that its namespace takes, in bytes.
        limit: usize,
    },
    /// No room could be made: the item with its bookkeeping is larger than what eviction can free, or the
    /// allocator gave nothing. A `set` refused so has removed the older value.
    NoRoom,
}

/// What a user or a namespace may have or do only so much of: see [`Limits`](crate::Limits).
///
/// ```
/// # use keyway::{Cache, Config, Limit, LimitScope, Limits, Refusal, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let mut limits = Limits::default();
/// limits.operations_per_second = Some(10);
/// cache.users().set_limits("app", limits)?;
/// let session = cache.session_for("app")?;
/// let refusal = (0..1_000).find_map(|_| session.get("greeting").err());
/// assert_eq!(refusal, Some(Refusal::Limited { what: Limit::Operations, scope: LimitScope::User }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a frontend maps each to a status of its own")]
pub enum Limit {
    /// Connections that are logged in at a time.
    Connections,
    /// Verbs in a second.
    Operations,
    /// Bytes of values that come in, in a second.
    BytesIn,
    /// Bytes of values that go out, in a second.
    BytesOut,
}

/// Whose limit it is.
///
/// ```
/// # use keyway::{Cache, Config, Limit, LimitScope, Limits, Namespace, Refusal, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("clerk", Role::ReadWrite)?;
/// let mut shop = Namespace::new("shop");
/// shop.limits.operations_per_second = Some(1);
/// cache.namespaces().add(shop)?;
/// cache.users().set_namespace("clerk", Some("shop"))?;
/// let session = cache.session_for("clerk")?;
/// session.get("greeting")?;
/// let refused = session.get("greeting").err();
/// assert_eq!(refused, Some(Refusal::Limited { what: Limit::Operations, scope: LimitScope::Namespace }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a limit is of one user or of one namespace")]
pub enum LimitScope {
    /// The user's: all its sessions count, and nobody else's.
    User,
    /// The namespace's: all sessions of all its users count.
    Namespace,
}

impl fmt::Display for LimitScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Namespace => "namespace",
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connections => "connections at a time",
            Self::Operations => "verbs in a second",
            Self::BytesIn => "bytes in a second that come in",
            Self::BytesOut => "bytes in a second that go out",
        })
    }
}

impl Refusal {
    /// Its name in the audit.
    ///
    /// ```
    /// use keyway::{Limit, LimitScope, Refusal};
    ///
    /// let limited = |scope| Refusal::Limited { what: Limit::Operations, scope };
    /// assert_eq!(limited(LimitScope::User).name(), "Limited");
    /// assert_eq!(limited(LimitScope::Namespace).name(), "NamespaceLimited");
    /// assert_eq!(Refusal::BadKey { len: 251 }.name(), "BadKey");
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Revoked => "Revoked",
            Self::Forbidden => "Forbidden",
            Self::Limited { scope: LimitScope::User, .. } => "Limited",
            Self::Limited { scope: LimitScope::Namespace, .. } => "NamespaceLimited",
            Self::BadKey { .. } => "BadKey",
            Self::NotFound => "NotFound",
            Self::Exists => "Exists",
            Self::NotStored => "NotStored",
            Self::NotNumeric => "NotNumeric",
            Self::TooLarge { .. } => "TooLarge",
            Self::NoRoom => "NoRoom",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revoked => f.write_str("the session was revoked; log in again"),
            Self::Forbidden => f.write_str("the user's role does not allow this"),
            Self::Limited { what, scope } => {
                write!(f, "the {scope} is over its limit of {what}; try again later")
            }
            Self::BadKey { len } => {
                write!(f, "a key has 1 to {} bytes, this one has {len}", crate::MAX_KEY)
            }
            Self::NotFound => f.write_str("not found"),
            Self::Exists => f.write_str("there is an item already, or its version is another"),
            Self::NotStored => f.write_str("nothing to add to, or the result would be over the limit"),
            Self::NotNumeric => f.write_str("the value is not a decimal number below 2^64"),
            Self::TooLarge { limit } => write!(f, "the value is over the limit of {limit} bytes"),
            Self::NoRoom => f.write_str("no room could be made within the budget"),
        }
    }
}

impl Error for Refusal {}
