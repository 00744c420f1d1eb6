//! What is answered over the socket: objects, one to a line, of which the last one says how it ended.

use super::observed::{HotKeyRow, LoginRow, SightingRow};
use crate::{
    status::{LimitsRow, RefusedRow, Status},
    timestamp,
};
use keyway::{ComesFrom, LiveSession, NamespaceStats, Rule, Rules, TokenStatus, UserStatus};
use serde::{Deserialize, Serialize};

/// One line of an answer. [`Done`](Self::Done), [`Minted`](Self::Minted) and [`Error`](Self::Error) are the last of theirs; what
/// is watched goes on until one of both ends goes.
///
/// ```
/// use keyway_frontend::admin::AdminAnswer;
///
/// let last: AdminAnswer = serde_json::from_str(r#"{"done":{"count":1}}"#)?;
/// assert_eq!(last, AdminAnswer::Done { count: 1 });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AdminAnswer {
    /// A live session.
    Session(SessionRow),
    /// A user.
    User(UserRow),
    /// A role that the users file or code defines.
    Role(RoleRow),
    /// A namespace.
    Namespace(NamespaceRow),
    /// A token that counts.
    Token(TokenRow),
    /// What the server does at this moment.
    Status(Box<Status>),
    /// From here on what is watched is seen, or what is sampled is drawn.
    Watching,
    /// An item made room for others.
    Evicted(SightingRow),
    /// A get found nothing.
    Missed(SightingRow),
    /// A login, good or refused.
    Login(LoginRow),
    /// So many more were seen that cannot be told: they came faster than they were read.
    Dropped {
        /// How many.
        count: u64,
    },
    /// A key that is used often.
    HotKey(HotKeyRow),
    /// A new token: the only time that it can be shown.
    Minted {
        /// What it is called.
        id: String,
        /// The token itself.
        token: String,
    },
    /// It was done.
    Done {
        /// To how many, or how many lines went before.
        count: u64,
    },
    /// It was not done, and why.
    Error(String),
}

/// A live session.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let place = tempfile::tempdir()?;
/// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
/// let _session = cache.session_for("app")?;
/// let mut rows = Vec::new();
/// AdminClient::connect(socket.path())?
///     .ask(&AdminRequest::Sessions { after: None, most: None }, |row| rows.push(row))?;
/// let AdminAnswer::Session(row) = &rows[0] else { panic!("{rows:?}") };
/// assert_eq!((row.user.as_str(), row.origin.as_str(), row.ended), ("app", "process", false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionRow {
    /// Its number.
    pub id: u64,
    /// Whose it is.
    pub user: String,
    /// By what it was opened.
    pub by: String,
    /// From where: `process`, or an address.
    pub origin: String,
    /// Since when, in RFC 3339.
    pub opened: String,
    /// Requests that were answered.
    pub requests: u64,
    /// Bytes that came in.
    pub bytes_in: u64,
    /// Bytes that went out.
    pub bytes_out: u64,
    /// Whether it was revoked, and has not noticed yet.
    pub ended: bool,
}

/// A user.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let place = tempfile::tempdir()?;
/// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
/// let mut rows = Vec::new();
/// AdminClient::connect(socket.path())?.ask(&AdminRequest::Users, |row| rows.push(row))?;
/// let AdminAnswer::User(row) = &rows[0] else { panic!("{rows:?}") };
/// assert_eq!((row.name.as_str(), row.roles[0].as_str(), row.credentials.len()), ("app", "read-write", 0));
/// assert_eq!(row.from, "own");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserRow {
    /// The name.
    pub name: String,
    /// The names of the roles.
    pub roles: Vec<String>,
    /// Where its keys lie.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// How much it may do.
    #[serde(skip_serializing_if = "LimitsRow::is_none", default)]
    pub limits: LimitsRow,
    /// The labels of its passwords; none: only code opens its sessions.
    pub credentials: Vec<String>,
    /// Who says that there is this user: `own` for code or a users file, or what the source calls itself, such as `ldap`.
    pub from: String,
    /// Of a user of a source, when the question was asked that it last answered with this user, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed: Option<String>,
    /// Logins that are held: what a limit of connections counts.
    #[serde(default)]
    pub connections: u64,
    /// How often its limits were in the way.
    #[serde(skip_serializing_if = "RefusedRow::is_none", default)]
    pub refused: RefusedRow,
}

/// A role.
///
/// ```
/// # use keyway::{Rule, Rules, Verb};
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let place = tempfile::tempdir()?;
/// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
/// cache.users().define_role("reporter", Rules::from([Rule::allow(Verb::Read).under("reports/")]))?;
/// let mut rows = Vec::new();
/// AdminClient::connect(socket.path())?.ask(&AdminRequest::Roles, |row| rows.push(row))?;
/// let AdminAnswer::Role(row) = &rows[0] else { panic!("{rows:?}") };
/// assert_eq!((row.name.as_str(), row.rules[0].as_str()), ("reporter", "allow read under \"reports/\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RoleRow {
    /// The name.
    pub name: String,
    /// The rules, such as `allow read,write under "reports/"`.
    pub rules: Vec<String>,
}

/// A namespace.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let place = tempfile::tempdir()?;
/// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
/// let mut rows = Vec::new();
/// AdminClient::connect(socket.path())?.ask(&AdminRequest::Namespaces, |row| rows.push(row))?;
/// let AdminAnswer::Namespace(main) = &rows[0] else { panic!("{rows:?}") };
/// assert_eq!((main.name.as_str(), main.reserve, main.ceiling), ("", 0, None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NamespaceRow {
    /// The name; empty for the main key space.
    pub name: String,
    /// Bytes that are reserved for it.
    pub reserve: u64,
    /// Items that are reserved for it, whatever their size.
    #[serde(default)]
    pub reserve_items: u64,
    /// The most bytes that it may hold, if there is a ceiling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceiling: Option<u64>,
    /// The most items that it may hold, if there is a ceiling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceiling_items: Option<u64>,
    /// How much may be done in it, by all its users together.
    #[serde(skip_serializing_if = "LimitsRow::is_none", default)]
    pub limits: LimitsRow,
    /// Logins that are held in it.
    #[serde(default)]
    pub connections: u64,
    /// How often its limits were in the way of any of its users.
    #[serde(skip_serializing_if = "RefusedRow::is_none", default)]
    pub refused: RefusedRow,
    /// Items that it holds.
    pub items: u64,
    /// Bytes that it holds, overhead included.
    pub bytes: u64,
    /// Gets that found an item.
    pub hits: u64,
    /// Gets that found none.
    pub misses: u64,
    /// Items that were evicted.
    pub evictions: u64,
}

/// A token.
///
/// ```
/// # use keyway::TokenScope;
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let place = tempfile::tempdir()?;
/// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
/// let token = cache.users().mint("app", TokenScope::all().for_uses(2))?;
/// let mut rows = Vec::new();
/// AdminClient::connect(socket.path())?.ask(&AdminRequest::Tokens, |row| rows.push(row))?;
/// let AdminAnswer::Token(row) = &rows[0] else { panic!("{rows:?}") };
/// assert_eq!((row.id.clone(), row.user.as_str(), row.uses_left), (token.id().to_string(), "app", Some(2)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenRow {
    /// What it is called.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// What it is for.
    pub label: String,
    /// When it was minted, in RFC 3339.
    pub made: String,
    /// By which session, if by one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub minted_by: Option<u64>,
    /// Of what its maker may, what it may.
    pub rules: Vec<String>,
    /// Until when, in RFC 3339; none: until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<String>,
    /// For how many more logins; none: for as many as one likes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uses_left: Option<u32>,
    /// When it was last used, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_used: Option<String>,
}

impl From<LiveSession> for SessionRow {
    fn from(session: LiveSession) -> Self {
        Self {
            id: session.id.number(),
            user: session.user,
            by: session.by.to_string(),
            origin: session.origin.to_string(),
            opened: timestamp::write(session.opened),
            requests: session.traffic.requests,
            bytes_in: session.traffic.bytes_in,
            bytes_out: session.traffic.bytes_out,
            ended: session.ended,
        }
    }
}

impl From<UserStatus> for UserRow {
    fn from(status: UserStatus) -> Self {
        let user = status.record;
        Self {
            from: status.from.name().to_owned(),
            confirmed: match status.from {
                ComesFrom::Source { confirmed, .. } => Some(timestamp::write(confirmed)),
                _ => None,
            },
            connections: status.connections,
            refused: status.refused.into(),
            name: user.name,
            roles: user.roles.names().map(str::to_owned).collect(),
            namespace: user.namespace,
            limits: user.limits.into(),
            credentials: user.credentials.into_iter().map(|credential| credential.label).collect(),
        }
    }
}

impl From<NamespaceStats> for NamespaceRow {
    fn from(NamespaceStats { namespace, stats, connections, refused, .. }: NamespaceStats) -> Self {
        Self {
            name: namespace.name,
            reserve: namespace.reserve as u64,
            reserve_items: namespace.reserve_items as u64,
            ceiling: namespace.ceiling.map(|bytes| bytes as u64),
            ceiling_items: namespace.ceiling_items.map(|items| items as u64),
            limits: namespace.limits.into(),
            connections,
            refused: refused.into(),
            items: stats.items,
            bytes: stats.bytes,
            hits: stats.hits,
            misses: stats.misses,
            evictions: stats.evictions,
        }
    }
}

impl RoleRow {
    pub(super) fn new(name: String, rules: &Rules) -> Self {
        Self { name, rules: listed(rules) }
    }
}

impl From<TokenStatus> for TokenRow {
    fn from(token: TokenStatus) -> Self {
        Self {
            id: token.id.to_string(),
            user: token.user,
            label: token.label,
            made: timestamp::write(token.made),
            minted_by: token.minted_by.map(|session| session.number()),
            rules: listed(&token.rules),
            expires: token.expires.map(timestamp::write),
            uses_left: token.uses_left,
            last_used: token.last_used.map(timestamp::write),
        }
    }
}

fn listed(rules: &Rules) -> Vec<String> {
    rules.iter().map(in_words).collect()
}

fn in_words(rule: &Rule) -> String {
    let effect = match rule.effect() {
        keyway::Effect::Allow => "allow",
        keyway::Effect::Deny => "deny",
    };
    match rule.prefix() {
        Some(prefix) => format!("{effect} {} under \"{}\"", rule.verbs(), prefix.escape_ascii()),
        None => format!("{effect} {}", rule.verbs()),
    }
}
