//! What is told to an operator who looks on. Keys are escaped: as ASCII on one line, whatever bytes they have.

use crate::timestamp;
use keyway::{
    audit::{Entry, Event, Kind},
    watch::{HotKey, Sighting},
};
use serde::{Deserialize, Serialize};

/// What can be followed.
///
/// ```
/// use keyway_frontend::admin::{AdminRequest, Watched};
///
/// let asked = serde_json::to_string(&AdminRequest::Watch { what: Watched::Misses })?;
/// assert_eq!(asked, r#"{"ask":"watch","what":"misses"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Watched {
    /// Items that make room for others.
    Evictions,
    /// Logins, good and refused, as the audit tells them.
    Logins,
    /// Gets that find nothing.
    Misses,
}

/// An eviction or a miss.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket, Watched};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let place = tempfile::tempdir()?;
/// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
/// use std::ops::ControlFlow;
///
/// let session = cache.session_for("app")?;
/// let mut missed = None;
/// AdminClient::connect(socket.path())?.follow(&AdminRequest::Watch { what: Watched::Misses }, |row| match row {
///     AdminAnswer::Watching => {
///         // From here on it is seen.
///         assert!(session.get("cart:19").is_ok());
///         ControlFlow::Continue(())
///     }
///     AdminAnswer::Missed(row) => {
///         missed = Some(row);
///         ControlFlow::Break(())
///     }
///     _ => ControlFlow::Continue(()),
/// })?;
/// assert_eq!(missed.map(|row| row.key), Some("cart:19".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SightingRow {
    /// When, in RFC 3339.
    pub at: String,
    /// The namespace; empty for the main key space.
    pub namespace: String,
    /// The key, escaped.
    pub key: String,
    /// Of an eviction, bytes that the item was charged, overhead included.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<u64>,
}

/// A login.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket, Watched};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let place = tempfile::tempdir()?;
/// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
/// use std::ops::ControlFlow;
///
/// let mut refused = None;
/// AdminClient::connect(socket.path())?.follow(&AdminRequest::Watch { what: Watched::Logins }, |row| match row {
///     AdminAnswer::Watching => {
///         assert!(cache.login("eve", "a guess").is_err());
///         ControlFlow::Continue(())
///     }
///     AdminAnswer::Login(row) => {
///         refused = Some(row);
///         ControlFlow::Break(())
///     }
///     _ => ControlFlow::Continue(()),
/// })?;
/// let refused = refused.ok_or("it was told")?;
/// assert_eq!((refused.kind.as_str(), refused.user.as_deref()), ("login_failed", Some("eve")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoginRow {
    /// When, in RFC 3339.
    pub at: String,
    /// As the audit calls it: `login`, `login_failed`, `login_put_off`, or `folded` for a number of refused ones.
    pub kind: String,
    /// The user, or what was claimed: any text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// The mechanism, `password` or `trusted`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mechanism: Option<String>,
    /// The label of the password.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What a refused one is called in the log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// How many, where several are told as one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// From where: `process`, or an address.
    pub from: String,
}

/// A key that is used often.
///
/// ```
/// use keyway_frontend::admin::AdminAnswer;
///
/// let line = r#"{"hot-key":{"namespace":"","key":"front","per_second":9000,"share_ppm":510000,"least_share_ppm":490000}}"#;
/// let AdminAnswer::HotKey(row) = serde_json::from_str(line)? else { panic!("{line}") };
/// assert_eq!((row.key.as_str(), row.per_second), ("front", 9000));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HotKeyRow {
    /// The namespace; empty for the main key space.
    pub namespace: String,
    /// The key, escaped.
    pub key: String,
    /// Uses a second, as estimated.
    pub per_second: u64,
    /// Its part of all uses, in millionths: at most this,
    pub share_ppm: u64,
    /// and at least this.
    pub least_share_ppm: u64,
}

impl From<Sighting> for SightingRow {
    fn from(sighting: Sighting) -> Self {
        Self {
            at: timestamp::write_micros(sighting.at),
            namespace: sighting.namespace,
            key: sighting.key.escape_ascii().to_string(),
            bytes: sighting.bytes.map(|bytes| bytes as u64),
        }
    }
}

impl From<&HotKey> for HotKeyRow {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "estimates that are not negative"
    )]
    fn from(hot: &HotKey) -> Self {
        let millionths = |share: f64| (share * 1e6).round() as u64;
        Self {
            namespace: hot.namespace.clone(),
            key: hot.key.escape_ascii().to_string(),
            per_second: hot.per_second.round() as u64,
            share_ppm: millionths(hot.share),
            least_share_ppm: millionths(hot.least_share),
        }
    }
}

impl LoginRow {
    /// None if the entry is about something else.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let mut row = Self {
            at: timestamp::write_micros(entry.at),
            kind: entry.event.kind().name().to_owned(),
            user: None,
            mechanism: None,
            credential: None,
            reason: None,
            id: None,
            count: None,
            from: entry.origin.to_string(),
        };
        match &entry.event {
            Event::LoggedIn { mechanism, user, credential, provenance: _ } => {
                row.user = Some(user.to_string());
                row.mechanism = Some(mechanism.to_string());
                row.credential = credential.as_ref().map(ToString::to_string);
            }
            Event::LoginFailed { id, mechanism, claimed, reason } => {
                row.user = claimed.as_ref().map(|name| name.as_str().to_owned());
                row.mechanism = mechanism.map(|mechanism| mechanism.to_string());
                (row.reason, row.id) = (Some(reason.to_string()), Some(id.to_string()));
            }
            Event::LoginPutOff { id, mechanism, claimed, reason } => {
                row.user = claimed.as_ref().map(|name| name.as_str().to_owned());
                row.mechanism = Some(mechanism.to_string());
                (row.reason, row.id) = (Some(reason.to_string()), Some(id.to_string()));
            }
            Event::Folded { of: of @ (Kind::LoggedIn | Kind::LoginFailed | Kind::LoginPutOff), count } => {
                (row.reason, row.count) = (Some(of.name().to_owned()), Some(*count));
            }
            _ => return None,
        }
        Some(row)
    }
}
