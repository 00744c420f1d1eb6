//! What comes of minting a token, and why it does not.

use super::TokenId;
use crate::{Refusal, auth::randomness::NoRandomness};
use std::{error::Error, fmt};
use zeroize::Zeroizing;

/// A token that was minted just now: the only time that it can be shown, since only a hash of it is kept. Overwritten when
/// dropped.
///
/// ```
/// use keyway::{Cache, Config, Role, TokenScope, Users, Verb};
/// use std::time::Duration;
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("fleet", Role::ReadWrite)?;
/// let token = cache.users().mint("fleet", TokenScope::of(Verb::Read).lasting(Duration::from_secs(60)))?;
/// // Shown this once; it is kept as a hash.
/// let session = cache.login("fleet", token.reveal())?;
/// assert!(session.set("greeting", "hello").is_err());
/// cache.users().revoke_token(token.id())?;
/// assert!(session.get("greeting").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MintedToken {
    pub(super) id: TokenId,
    pub(super) text: Zeroizing<String>,
}

impl MintedToken {
    /// What it is called where it is listed or revoked.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// let token = cache.users().mint("fleet", TokenScope::all().labelled("van 7"))?;
    /// assert_eq!(cache.users().tokens()[0].id, token.id());
    /// cache.users().revoke_token(token.id())?;
    /// assert!(cache.users().tokens().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// The token itself: what a client sends as its password.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// let token = cache.users().mint("fleet", TokenScope::all())?;
    /// assert!(!format!("{token:?}").contains(token.reveal())); // nowhere else is it to be seen
    /// assert_eq!(cache.login("fleet", token.reveal())?.user(), "fleet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why there is no token.
///
/// ```
/// use keyway::{TokenError, TokenScope, Users};
///
/// assert_eq!(Users::new().mint("nobody", TokenScope::all()).err(), Some(TokenError::UnknownUser));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The session may not: it was revoked, or stands at the end of too many that were made of each other.
    Refused(Refusal),
    /// There is no such user.
    UnknownUser,
    /// There is no such token among those that one may see: it was revoked, has expired, or never was.
    UnknownToken,
    /// There are as many as there can be, of this user or in all. Revoke some, or let them last less long.
    TooMany,
    /// The label is too long, or has control characters.
    BadLabel,
    /// The operating system gave no random bytes.
    NoRandomness,
}

impl TokenError {
    /// Its name in the audit.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.name(),
            Self::UnknownUser => "UnknownUser",
            Self::UnknownToken => "UnknownToken",
            Self::TooMany => "TooMany",
            Self::BadLabel => "BadLabel",
            Self::NoRandomness => "NoRandomness",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::UnknownUser => f.write_str("there is no such user"),
            Self::UnknownToken => f.write_str("there is no such token; it may have expired or been revoked"),
            Self::TooMany => {
                f.write_str("there are too many tokens; revoke some, or let them last less long")
            }
            Self::BadLabel => write!(
                f,
                "a token's label has at most {} bytes and no control characters",
                super::TokenScope::MAX_LABEL
            ),
            Self::NoRandomness => f.write_str("the operating system gave no random bytes; try again"),
        }
    }
}

impl Error for TokenError {}

impl From<Refusal> for TokenError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<NoRandomness> for TokenError {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}
