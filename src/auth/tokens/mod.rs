//! Tokens: passwords that a session mints for others, worth less than itself or as much, for a time.
//!
//! A token is 168 random bits, so its SHA-256 is all that has to be kept of it, a login by it costs microseconds, and nobody
//! need count guesses. It belongs to its maker's user name: a login has to claim that name, so that the name in each log and at
//! each limit is that of who answers for it. It is known to this process alone and gone with it.
//!
//! Each token has an account of its own, whose word says what the token may do, and which asks the maker's account on each
//! verb. So whatever the maker loses, each session of the token has lost at its next verb.

mod format;
mod minted;
mod scope;
#[cfg(not(loom))]
#[cfg(test)]
mod tests;
mod token;
mod uses;

pub(super) use format::Secret;
pub use format::{BadTokenId, TokenId};
pub use minted::{MintedToken, TokenError};
pub use scope::TokenScope;
pub use token::TokenStatus;

use super::{
    account::{Account, Since},
    failure::LoginFailure,
    grant::Grant,
    name::UserName,
    sessions::SessionId,
};
use crate::sync::{Arc, RwLock};
use format::SecretHash;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
    time::{Duration, SystemTime},
};
use token::Token;

/// So many tokens there are at most: some 20 MiB of them.
const MOST: usize = 1 << 16;
/// So many of one user, so that nobody keeps others from minting. A fleet of workers with a token each has room.
const MOST_OF_ONE: usize = MOST / 8;

/// So often tokens whose maker is gone, or that are used up, are let go: until then they are worth nothing, and keep their memory
/// and the name of a user whom a source knows.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Tokens that are looked at or removed under one lock: some hundred microseconds at most.
const AT_ONCE: usize = if crate::sync::MODELLED { 1 } else { 64 };

/// The tokens of the same users.
#[derive(Debug)]
pub(super) struct Tokens {
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_id: BTreeMap<TokenId, Token>,
    expiring: BTreeSet<(SystemTime, TokenId)>,
    /// How many each user has.
    of_user: BTreeMap<Box<str>, usize>,
    /// When those are looked for next whose maker is gone.
    sweep_at: Option<SystemTime>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self { kept: RwLock::new(Kept::default()) }
    }

    /// Mints one that is worth no more than `maker`, whichever of its sessions that is.
    pub(super) fn mint(
        &self,
        maker: &Grant,
        minted_by: Option<SessionId>,
        scope: TokenScope,
        now: SystemTime,
    ) -> Result<MintedToken, TokenError> {
        if scope.label.len() > TokenScope::MAX_LABEL || scope.label.chars().any(char::is_control) {
            return Err(TokenError::BadLabel);
        }
        let (account, _) = maker.deputy(scope.rules.clone())?;
        let (id, secret) = Secret::random()?;
        let token = Token::new(secret.hash(), account, scope, minted_by, now);
        let mut kept = self.kept.write();
        kept.settle(now);
        if !kept.has_room(maker.account().name()) {
            drop(kept);
            self.make_room(now);
            kept = self.kept.write();
        }
        if !kept.has_room(maker.account().name()) {
            return Err(TokenError::TooMany);
        }
        // 48 random bits that are taken: once in years of minting. The caller tries again, as for want of randomness.
        if kept.by_id.contains_key(&id) {
            return Err(TokenError::NoRandomness);
        }
        kept.keep(id, token);
        Ok(MintedToken { id, text: secret.token(&id) })
    }

    /// Logs in by a token, which takes one of its uses.
    pub(super) fn log_in(
        &self,
        claimed: &UserName,
        acting_as: Option<&UserName>,
        id: TokenId,
        secret: &Secret,
        now: SystemTime,
    ) -> Result<(Arc<Account>, Since), LoginFailure> {
        let hash = secret.hash();
        let kept = self.kept.read();
        let token = kept.by_id.get(&id);
        let right = token.map_or(&SecretHash::NOBODYS, |token| &token.hash).matches(&hash);
        let Some(token) = token.filter(|_| bool::from(right)) else { return Err(LoginFailure::BadToken) };
        let owner = token.account.name();
        if claimed.as_str() != owner && claimed.without_realm() != Some(owner) {
            return Err(LoginFailure::BadToken);
        }
        if acting_as.is_some_and(|name| name != claimed && name.as_str() != owner) {
            return Err(LoginFailure::NotAuthorized);
        }
        if token.has_expired(now) || !token.holds() {
            return Err(LoginFailure::BadToken);
        }
        // Under the same lock as the token was found: whoever takes the token back moves the epoch after it, and voids this.
        let since = token.account.since();
        if !token.uses.take() {
            return Err(LoginFailure::TokenSpent);
        }
        token.mark_used(now);
        Ok((token.account.clone(), since))
    }

    /// Takes a token back and ends its sessions. When this returns, no write of theirs can land.
    pub(super) fn revoke(&self, id: TokenId, by: Option<&Grant>) -> Result<(), TokenError> {
        let mut kept = self.kept.write();
        let visible = |token: &Token| by.is_none_or(|grant| token.is_of(grant));
        if !kept.by_id.get(&id).is_some_and(visible) {
            return Err(TokenError::UnknownToken);
        }
        kept.remove(id);
        Ok(())
    }

    /// Lets those go of which nothing can come, a piece at a time: whoever logs in by a token or mints one meanwhile waits for no
    /// more than that.
    fn remove_void(&self) {
        let mut after = None;
        loop {
            let mut kept = self.kept.write();
            let piece = kept.by_id.range((after.map_or(Unbounded, Excluded), Unbounded)).take(AT_ONCE);
            let piece: Vec<(TokenId, bool)> = piece.map(|(id, token)| (*id, token.is_void())).collect();
            for (id, _) in piece.iter().filter(|(_, is_void)| *is_void) {
                kept.remove(*id);
            }
            after = piece.last().map(|(id, _)| *id);
            if piece.len() < AT_ONCE {
                return;
            }
        }
    }

    /// Those that count: all, or those that this grant may see.
    pub(super) fn list(&self, of: Option<&Grant>, now: SystemTime) -> Vec<TokenStatus> {
        let kept = self.kept.read();
        let counts = |token: &Token| !token.has_expired(now) && token.holds();
        let seen = |token: &Token| of.is_none_or(|grant| token.is_of(grant));
        let listed = kept.by_id.iter().filter(|(_, token)| seen(token) && counts(token));
        let mut listed: Vec<TokenStatus> = listed.map(|(id, token)| token.status(*id)).collect();
        listed.sort_by_key(|status| (status.made, status.id));
        listed
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.kept.read().by_id.len()
    }

    /// Upkeep: lets those go whose time is over, at once, and those of which nothing can come, within a minute.
    pub(super) fn maintain(&self, now: SystemTime) {
        if !self.kept.read().is_due(now) {
            return;
        }
        while self.kept.write().settle(now) {}
        if self.kept.write().is_time_to_sweep(now) {
            self.remove_void();
        }
    }

    /// Lets all go of which nothing can come, without waiting for the upkeep.
    fn make_room(&self, now: SystemTime) {
        while self.kept.write().settle(now) {}
        self.remove_void();
    }
}

impl Kept {
    fn has_room(&self, user: &str) -> bool {
        self.by_id.len() < MOST && self.of_user.get(user).is_none_or(|count| *count < MOST_OF_ONE)
    }

    fn keep(&mut self, id: TokenId, token: Token) {
        *self.of_user.entry(token.account.name().into()).or_default() += 1;
        self.expiring.extend(token.expires.map(|expires| (expires, id)));
        self.by_id.insert(id, token);
    }

    fn remove(&mut self, id: TokenId) {
        let Some(token) = self.by_id.remove(&id) else { return };
        if let Some(expires) = token.expires {
            self.expiring.remove(&(expires, id));
        }
        if let Some(count) = self.of_user.get_mut(token.account.name()) {
            *count -= 1;
            if *count == 0 {
                self.of_user.remove(token.account.name());
            }
        }
        token.account.revoke();
    }

    fn is_due(&self, now: SystemTime) -> bool {
        let over = self.expiring.first().is_some_and(|(expires, _)| *expires <= now);
        over || self.sweep_at.is_none_or(|sweep_at| sweep_at <= now) && !self.by_id.is_empty()
    }

    /// Whether it is time for a look at all of them; then the time for the next one is noted.
    fn is_time_to_sweep(&mut self, now: SystemTime) -> bool {
        if self.sweep_at.is_some_and(|sweep_at| now < sweep_at) {
            return false;
        }
        let is_first = self.sweep_at.is_none();
        self.sweep_at = now.checked_add(SWEEP_EVERY);
        !is_first
    }

    /// Lets some go whose time is over; whether there may be more of them.
    fn settle(&mut self, now: SystemTime) -> bool {
        for _ in 0..AT_ONCE {
            match self.expiring.first() {
                Some((expires, id)) if *expires <= now => self.remove(*id),
                _ => return false,
            }
        }
        true
    }
}
