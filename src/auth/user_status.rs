//! A user as an admin sees it: where it comes from, and what it uses of its limits.

use super::user_record::UserRecord;
use crate::LimitRefusals;
use std::time::SystemTime;

/// A user who is known now.
///
/// ```
/// use keyway::{Cache, ComesFrom, Config, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadWrite)?;
/// let app = &cache.users().known()[0];
/// assert_eq!((app.record.name.as_str(), app.from, app.connections), ("app", ComesFrom::Own, 0));
/// assert_eq!(app.refused.total(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UserStatus {
    /// Its name, and what it may do, where, and how much of it. Of its passwords all but what is stored of them.
    pub record: UserRecord,
    /// Who said so.
    pub from: ComesFrom,
    /// Logins that are held, by all its passwords, names and tokens together: what a limit of connections counts. Sessions of trusted
    /// code are none.
    pub connections: u64,
    /// How often its own limits were in the way; those of its namespace are counted there.
    pub refused: LimitRefusals,
}

/// Who says that there is a user.
///
/// ```
/// use keyway::{ComesFrom, Role, Users};
///
/// let users = Users::new();
/// users.add_trusted("app", Role::ReadWrite)?;
/// assert_eq!(users.known()[0].from, ComesFrom::Own);
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComesFrom {
    /// Code, or a users file.
    Own,
    /// The source of users ([`Users::draw_from`](crate::Users::draw_from)).
    Source {
        /// What the source that is asked now calls itself: see [`UserSource::kind`](crate::UserSource::kind).
        kind: &'static str,
        /// When the question was asked that it last answered with this user.
        confirmed: SystemTime,
    },
}

impl ComesFrom {
    /// In a word: `own`, or what the source calls itself.
    ///
    /// ```
    /// use keyway::ComesFrom;
    /// use std::time::SystemTime;
    ///
    /// assert_eq!(ComesFrom::Own.name(), "own");
    /// let elsewhere = ComesFrom::Source { kind: "ldap", confirmed: SystemTime::now() };
    /// assert_eq!(elsewhere.name(), "ldap");
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Source { kind, .. } => kind,
        }
    }
}
