//! The tokens of all users.

use super::{Admin, AdminError};
use crate::{MintedToken, Refusal, TokenId, TokenScope, TokenStatus};

impl Admin {
    /// See [`Users::tokens`](crate::Users::tokens).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let token = app.mint(TokenScope::all())?;
    /// assert_eq!(admin.tokens()?[0].id, token.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn tokens(&self) -> Result<Vec<TokenStatus>, Refusal> {
        Ok(self.users()?.tokens())
    }

    /// See [`Users::mint`](crate::Users::mint): for any user, also one that may do more than this admin. Who may administer may give anybody any
    /// role, so nothing is gained by that.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let token = admin.mint("app", TokenScope::all())?;
    /// assert_eq!(cache.login("app", token.reveal())?.user(), "app");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Token`].
    pub fn mint(&self, name: &str, scope: TokenScope) -> Result<MintedToken, AdminError> {
        self.act("mint", Some(name), |users| users.mint(name, scope))
    }

    /// See [`Users::revoke_token`](crate::Users::revoke_token).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let token = app.mint(TokenScope::all())?;
    /// admin.revoke_token(token.id())?;
    /// assert!(cache.login("app", token.reveal()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Token`].
    pub fn revoke_token(&self, id: TokenId) -> Result<(), AdminError> {
        self.act("revoke token", Some(&id.to_string()), |users| users.revoke_token(id))
    }
}
