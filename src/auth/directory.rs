//! Who there is: the map behind the lock of [`Users`](super::Users), and every change that can be made to it.
//!
//! Nothing here takes long or fails half-way. A change that must end sessions bumps the account's epoch before it
//! returns, hence under the same lock as the change itself: a login reads verifier and epoch together, so it has
//! either both from before, and its session is dead, or both from after.

use super::{
    account::Account, memory::Slot, mock::RoundsTally, name::UserName, role::Role, user_error::UserError,
    verifier::Verifier,
};
use crate::sync::Arc;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Directory {
    users: BTreeMap<UserName, User>,
    rounds: RoundsTally,
}

#[derive(Debug)]
pub(super) struct User {
    pub(super) account: Arc<Account>,
    /// `None`: no login, only trusted code opens sessions.
    pub(super) verifier: Option<Arc<Verifier>>,
    /// Whether the password was verified since it is this one. Another verifier comes with another slot, so that a
    /// verification that is still under way can only fill the old one.
    pub(super) slot: Arc<Slot>,
}

/// A whole list of users with their passwords, each name once.
pub(super) type Listing = BTreeMap<UserName, (Role, Arc<Verifier>)>;

impl Directory {
    /// Exactly this name.
    pub(super) fn user(&self, name: &UserName) -> Result<&User, UserError> {
        self.users.get(name).ok_or(UserError::Unknown)
    }

    /// The name as it is; if nobody has it, without its realm.
    pub(super) fn login(&self, name: &UserName) -> Option<&User> {
        self.users.get(name).or_else(|| self.users.get(name.without_realm()?))
    }

    pub(super) fn users(&self) -> impl Iterator<Item = (&UserName, &User)> {
        self.users.iter()
    }

    pub(super) fn rounds(&self) -> &RoundsTally {
        &self.rounds
    }

    pub(super) fn add(
        &mut self,
        name: UserName,
        role: Role,
        verifier: Option<Arc<Verifier>>,
    ) -> Result<(), UserError> {
        if self.users.contains_key(&name) {
            return Err(UserError::Exists);
        }
        if let Some(verifier) = &verifier {
            self.rounds.add(verifier.rounds());
        }
        let account = Arc::new(Account::new(name.as_str(), role));
        self.users.insert(name, User { account, verifier, slot: Arc::new(Slot::new()) });
        Ok(())
    }

    pub(super) fn change_verifier(
        &mut self,
        name: &UserName,
        verifier: Arc<Verifier>,
    ) -> Result<(), UserError> {
        let user = self.users.get_mut(name).ok_or(UserError::Unknown)?;
        self.rounds.add(verifier.rounds());
        if let Some(old) = user.verifier.replace(verifier) {
            self.rounds.subtract(old.rounds());
        }
        user.slot = Arc::new(Slot::new());
        user.account.revoke();
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &UserName) -> Result<(), UserError> {
        let user = self.users.remove(name).ok_or(UserError::Unknown)?;
        if let Some(verifier) = &user.verifier {
            self.rounds.subtract(verifier.rounds());
        }
        user.account.revoke();
        Ok(())
    }

    /// Makes the users with a password exactly those of `listing`. Fails before it changes anything.
    pub(super) fn replace(&mut self, listing: Listing) -> Result<(), UserError> {
        let trusted = |name: &UserName| self.users.get(name).is_some_and(|user| user.verifier.is_none());
        if let Some(name) = listing.keys().find(|name| trusted(name)) {
            return Err(UserError::Trusted(name.as_str().to_owned()));
        }
        self.users.retain(|name, user| {
            let stays = user.verifier.is_none() || listing.contains_key(name);
            if !stays {
                user.account.revoke();
            }
            stays
        });
        self.rounds = RoundsTally::default();
        for (name, (role, verifier)) in listing {
            self.rounds.add(verifier.rounds());
            self.users
                .entry(name)
                .and_modify(|user| user.become_as_listed(role, &verifier))
                .or_insert_with_key(|name| User {
                    account: Arc::new(Account::new(name.as_str(), role)),
                    verifier: Some(verifier),
                    slot: Arc::new(Slot::new()),
                });
        }
        Ok(())
    }
}

impl User {
    fn become_as_listed(&mut self, role: Role, verifier: &Arc<Verifier>) {
        let unchanged = self.verifier.as_ref().is_some_and(|old| old.is_same_as(verifier));
        if !unchanged {
            self.verifier = Some(verifier.clone());
            self.slot = Arc::new(Slot::new());
            // Before the role: a session that ends here must not first gain rights.
            self.account.revoke();
        }
        if self.account.role() != role {
            self.account.change_role(role);
        }
    }
}
