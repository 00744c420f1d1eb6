//! Tokens of one's own.

use super::Session;
use crate::{MintedToken, TokenError, TokenId, TokenScope, TokenStatus};

impl Session {
    /// Mints a token: what somebody else sends as the password, by PLAIN and with this user's name, to get a session that may do
    /// what the scope says and this session may, at each time. It ends when its time is over, when it is revoked, and when
    /// whatever opened this session ends: the user, the password, the token. It does not end with this session, unless that is
    /// [revoked](crate::Users::revoke_session). It is kept in
    /// the memory of this process alone: a restart forgets it.
    ///
    /// ```
    /// use keyway::{Cache, Config, Refusal, Role, TokenScope, Users, Verb};
    ///
    /// let users = Users::new();
    /// users.add_trusted("fleet", Role::ReadWrite)?;
    /// let cache = Cache::new(Config::new(1 << 20), users)?;
    /// let dispatcher = cache.session_for("fleet")?;
    ///
    /// let token = dispatcher.mint(TokenScope::of(Verb::Read | Verb::Write).under("jobs/7/").for_uses(1))?;
    /// let worker = cache.login("fleet", token.reveal())?;
    /// worker.set("jobs/7/result", "done")?;
    /// assert_eq!(worker.set("jobs/8/result", "done"), Err(Refusal::Forbidden));
    /// assert!(cache.login("fleet", token.reveal()).is_err(), "it was for one login");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TokenError::Refused`] if this session was revoked, or came by 16 tokens and narrowings one after the other;
    /// [`TokenError::TooMany`], [`TokenError::BadLabel`], [`TokenError::NoRandomness`].
    pub fn mint(&self, scope: TokenScope) -> Result<MintedToken, TokenError> {
        self.seat.mint(scope)
    }

    /// The tokens that count now and that one may revoke, oldest first: all of this user; for a session that came by a token or
    /// was narrowed, those that it minted.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let token = session.mint(TokenScope::all().labelled("worker 7"))?;
    /// let listed = &session.tokens()?[0];
    /// assert_eq!((listed.id, listed.label.as_str()), (token.id(), "worker 7"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TokenError::Refused`] if this session was revoked.
    pub fn tokens(&self) -> Result<Vec<TokenStatus>, TokenError> {
        self.seat.tokens()
    }

    /// Takes one of these tokens back and ends the sessions that it opened. When this returns, no write of theirs can land.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let token = session.mint(TokenScope::all())?;
    /// session.revoke_token(token.id())?;
    /// assert!(cache.login("app", token.reveal()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TokenError::UnknownToken`]; [`TokenError::Refused`] if this session was revoked.
    pub fn revoke_token(&self, id: TokenId) -> Result<(), TokenError> {
        self.seat.revoke_token(id)
    }
}
