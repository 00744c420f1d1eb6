//! One token as it is kept.

use super::{TokenId, TokenScope, format::SecretHash, uses::Uses};
use crate::{
    auth::{account::Account, grant::Grant, rules::Rules, sessions::SessionId},
    sync::{Arc, AtomicU64, Ordering},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A token: what is stored of its secret, and the account that its sessions look at, which asks its maker's.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) hash: SecretHash,
    pub(super) account: Arc<Account>,
    pub(super) label: String,
    pub(super) made: SystemTime,
    /// By which session; `None`: by trusted code that named the user.
    pub(super) minted_by: Option<SessionId>,
    pub(super) expires: Option<SystemTime>,
    pub(super) uses: Uses,
    /// When a login with it last succeeded, in seconds since 1970; 0: never.
    used: AtomicU64,
}

/// A token of a running cache, and what has come of it; nothing that is secret.
///
/// ```
/// use keyway::{Role, TokenScope, Users};
///
/// let users = Users::new();
/// users.add_trusted("fleet", Role::ReadWrite)?;
/// let minted = users.mint("fleet", TokenScope::all().for_uses(3).labelled("batch"))?;
/// let listed = users.tokens();
/// assert_eq!((listed[0].id, listed[0].label.as_str(), listed[0].uses_left), (minted.id(), "batch", Some(3)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenStatus {
    /// What it is called.
    pub id: TokenId,
    /// Whose it is: the name that goes with it in a login.
    pub user: String,
    /// What it is for.
    pub label: String,
    /// When it was minted.
    pub made: SystemTime,
    /// By which session; `None`: by trusted code, or an operator.
    pub minted_by: Option<SessionId>,
    /// What it may do, of what its maker may.
    pub rules: Rules,
    /// No login from then on.
    pub expires: Option<SystemTime>,
    /// How many logins it is still good for; `None`: for as many as one likes.
    pub uses_left: Option<u32>,
    /// When a login with it last succeeded, to the second.
    pub last_used: Option<SystemTime>,
}

impl Token {
    pub(super) fn new(
        hash: SecretHash,
        account: Arc<Account>,
        scope: TokenScope,
        minted_by: Option<SessionId>,
        now: SystemTime,
    ) -> Self {
        let TokenScope { rules: _, lifetime, uses, label } = scope;
        Self {
            hash,
            account,
            label,
            made: now,
            minted_by,
            expires: now.checked_add(lifetime),
            uses: Uses::new(uses),
            used: AtomicU64::new(0),
        }
    }

    pub(super) fn has_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether its maker still stands for it.
    pub(super) fn holds(&self) -> bool {
        self.account.maker().is_some_and(|maker| maker.still_holds())
    }

    /// Whether nothing can come of it any more, and nobody is in by it.
    pub(super) fn is_spent(&self) -> bool {
        self.uses.left() == Some(0) && Arc::strong_count(&self.account) == 1
    }

    /// Whether it is worth nothing any more, whatever comes.
    pub(super) fn is_void(&self) -> bool {
        !self.holds() || self.is_spent()
    }

    pub(super) fn mark_used(&self, now: SystemTime) {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        // Relaxed: for the operator to see only.
        self.used.store(seconds, Ordering::Relaxed);
    }

    /// Whether this grant is its maker's, or that of another login of the same user that is no token's itself.
    pub(super) fn is_of(&self, grant: &Grant) -> bool {
        let maker = self.account.maker();
        let own = maker.is_some_and(|maker| std::ptr::eq(maker.account(), grant.account()));
        own || grant.account().maker().is_none() && grant.account().name() == self.account.name()
    }

    pub(super) fn status(&self, id: TokenId) -> TokenStatus {
        // Relaxed: see `mark_used`.
        let used = self.used.load(Ordering::Relaxed);
        TokenStatus {
            id,
            user: self.account.name().to_owned(),
            label: self.label.clone(),
            made: self.made,
            minted_by: self.minted_by,
            rules: (**self.account.rules().load()).clone(),
            expires: self.expires,
            uses_left: self.uses.left(),
            last_used: (used > 0).then(|| UNIX_EPOCH + Duration::from_secs(used)),
        }
    }
}
