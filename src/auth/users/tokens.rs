//! Tokens, as trusted code and logins see to them.

use super::Users;
use crate::{
    Refusal, SessionId,
    audit::{Act, Subject},
    auth::{
        failure::LoginFailure,
        grant::Grant,
        name::UserName,
        sessions::{By, Seat},
        tokens::{MintedToken, Secret, TokenError, TokenId, TokenScope, TokenStatus},
        verb::Verbs,
    },
    metering::Metered,
};

impl Users {
    /// Mints a token for a user, by trusted code: a password for PLAIN that is worth as much as the scope says and never more
    /// than the user. It ends with the user, with [`revoke`](Self::revoke), when the user gets another password, and with the
    /// process, which keeps it in memory alone.
    ///
    /// ```
    /// use keyway::{Cache, Config, Refusal, Role, TokenScope, Users, Verb};
    ///
    /// let users = Users::new();
    /// users.add_trusted("fleet", Role::ReadWrite)?;
    /// let cache = Cache::new(Config::new(1 << 20), users)?;
    ///
    /// let token = cache.users().mint("fleet", TokenScope::of(Verb::Read | Verb::Write).under("jobs/"))?;
    /// let worker = cache.login("fleet", token.reveal())?;
    /// worker.set("jobs/7", "done")?;
    /// assert_eq!(worker.set("users/1", "..."), Err(Refusal::Forbidden));
    ///
    /// cache.users().revoke_token(token.id())?;
    /// assert_eq!(worker.get("jobs/7").err(), Some(Refusal::Revoked));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TokenError`]; [`TokenError::UnknownUser`] by the exact name.
    pub fn mint(&self, name: &str, scope: TokenScope) -> Result<MintedToken, TokenError> {
        let maker = self.grant_trusted(name).map_err(|_| TokenError::UnknownUser)?;
        self.mint_of(&maker, None, scope)
    }

    fn mint_of(
        &self,
        maker: &Grant,
        session: Option<SessionId>,
        scope: TokenScope,
    ) -> Result<MintedToken, TokenError> {
        let minted = self.shared.tokens.mint(maker, session, scope, self.shared.clock.wall())?;
        self.tell_changed(Subject::Token, Act::Added, &minted.id().to_string(), Some(maker.account().name()));
        Ok(minted)
    }

    fn revoke_token_of(&self, id: TokenId, maker: Option<&Grant>) -> Result<(), TokenError> {
        self.shared.tokens.revoke(id, maker)?;
        self.tell_revoked("token", Some(&id.to_string()), None);
        Ok(())
    }

    /// The tokens that count now, oldest first.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("fleet", Role::ReadWrite)?;
    /// let token = users.mint("fleet", TokenScope::all())?;
    /// assert_eq!(users.tokens()[0].id, token.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn tokens(&self) -> Vec<TokenStatus> {
        self.shared.tokens.list(None, self.shared.clock.wall())
    }

    /// Takes a token back and ends the sessions that it opened. When this returns, no write of theirs can land.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenError, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("fleet", Role::ReadWrite)?;
    /// let token = users.mint("fleet", TokenScope::all())?;
    /// let session = cache.login("fleet", token.reveal())?;
    /// users.revoke_token(token.id())?;
    /// assert!(session.standing().is_err());
    /// assert_eq!(users.revoke_token(token.id()), Err(TokenError::UnknownToken));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TokenError::UnknownToken`].
    pub fn revoke_token(&self, id: TokenId) -> Result<(), TokenError> {
        self.revoke_token_of(id, None)
    }

    /// How many are kept, whether they count or not.
    #[cfg(test)]
    pub(in crate::auth) fn tokens_kept(&self) -> usize {
        self.shared.tokens.len()
    }

    pub(in crate::auth) fn log_in_by_token(
        &self,
        claimed: &UserName,
        acting_as: Option<&UserName>,
        (id, secret): (TokenId, Secret),
    ) -> Result<Grant, LoginFailure> {
        let now = self.shared.clock.wall();
        let (account, since) = self.shared.tokens.log_in(claimed, acting_as, id, &secret, now)?;
        Ok(Grant::new(account, since, self.shared.registry.prepare(By::Token(id))))
    }
}

impl<R: Metered> Seat<R> {
    /// See [`Session::mint`](crate::Session::mint).
    pub(crate) fn mint(&self, scope: TokenScope) -> Result<MintedToken, TokenError> {
        let users = self.users().ok_or(Refusal::Revoked)?;
        users.mint_of(self.grant(), Some(self.id()), scope)
    }

    /// See [`Session::tokens`](crate::Session::tokens).
    pub(crate) fn tokens(&self) -> Result<Vec<TokenStatus>, TokenError> {
        self.permits(Verbs::NONE, None)?;
        let users = self.users().ok_or(Refusal::Revoked)?;
        Ok(users.shared.tokens.list(Some(self.grant()), users.shared.clock.wall()))
    }

    /// See [`Session::revoke_token`](crate::Session::revoke_token).
    pub(crate) fn revoke_token(&self, id: TokenId) -> Result<(), TokenError> {
        self.permits(Verbs::NONE, None)?;
        let users = self.users().ok_or(Refusal::Revoked)?;
        users.revoke_token_of(id, Some(self.grant()))
    }
}
