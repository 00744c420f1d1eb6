//! Who there is: the map behind the lock of [`Users`](super::Users), and every change that can be made to it.
//!
//! Nothing here takes long or fails half-way. A change that must end sessions bumps the accounts' epochs before it
//! returns, hence under the same lock as the change itself: a login reads credentials and epochs together, so it has
//! either both from before, and its session is dead, or both from after.

use super::{
    credential::Credential, identity::Replacement, likeness::Likenesses, name::UserName, role::Role,
    upgrade::Upgrade, user::User, user_error::UserError, user_record::UserRecord,
};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    time::SystemTime,
};

#[derive(Debug, Default)]
pub(super) struct Directory {
    users: BTreeMap<UserName, User>,
    likenesses: Likenesses,
    /// When whose credentials begin or cease to count. What a change has made untrue is looked at in vain, once.
    agenda: BTreeSet<(SystemTime, UserName)>,
    upgrades: Vec<Upgrade>,
}

/// A whole list of users with their credentials, each name once, each with one credential at least.
pub(super) type Listing = BTreeMap<UserName, (Role, Vec<Credential>)>;

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

    pub(super) fn likenesses(&self) -> &Likenesses {
        &self.likenesses
    }

    pub(super) fn add(
        &mut self,
        name: &UserName,
        role: Role,
        credentials: Vec<Credential>,
        now: SystemTime,
    ) -> Result<(), UserError> {
        if self.users.contains_key(name) {
            return Err(UserError::Exists);
        }
        Credential::check_all(&credentials)?;
        self.users.insert(name.clone(), User::new(name.as_str(), role, credentials));
        self.account_for(name, now);
        Ok(())
    }

    /// Makes a user's credentials what `change` makes of them, which has checked them.
    pub(super) fn change(
        &mut self,
        name: &UserName,
        now: SystemTime,
        change: impl FnOnce(&mut UserRecord) -> Result<(), UserError>,
    ) -> Result<(), UserError> {
        let user = self.users.get_mut(name).ok_or(UserError::Unknown)?;
        let mut record = user.record();
        change(&mut record)?;
        if let Some(likeness) = user.likeness() {
            self.likenesses.subtract(&likeness);
        }
        user.become_as_listed(record.role, record.credentials);
        self.account_for(name, now);
        Ok(())
    }

    /// Stores a verifier in place of something weak. A credential that is another one by now stays as it is.
    pub(super) fn upgrade(&mut self, name: &UserName, replacement: Replacement, now: SystemTime) {
        let Some(user) = self.users.get_mut(name) else { return };
        let before = user.likeness();
        let Replacement { outdated, verifier } = replacement;
        let Some(from) = user.upgrade(&outdated, verifier.clone()) else { return };
        self.upgrades.push(Upgrade { name: name.as_str().to_owned(), from, to: verifier.into() });
        if let Some(likeness) = before {
            self.likenesses.subtract(&likeness);
        }
        self.account_for(name, now);
    }

    pub(super) fn take_upgrades(&mut self) -> Vec<Upgrade> {
        std::mem::take(&mut self.upgrades)
    }

    pub(super) fn has_upgrades(&self) -> bool {
        !self.upgrades.is_empty()
    }

    pub(super) fn remove(&mut self, name: &UserName) -> Result<(), UserError> {
        let user = self.users.remove(name).ok_or(UserError::Unknown)?;
        if let Some(likeness) = user.likeness() {
            self.likenesses.subtract(&likeness);
        }
        user.revoke();
        Ok(())
    }

    /// Makes the users with a password exactly those of `listing`. Fails before it changes anything.
    pub(super) fn replace(&mut self, listing: Listing, now: SystemTime) -> Result<(), UserError> {
        let trusted = |name: &UserName| self.users.get(name).is_some_and(User::is_trusted_only);
        if let Some(name) = listing.keys().find(|name| trusted(name)) {
            return Err(UserError::Trusted(name.as_str().to_owned()));
        }
        self.users.retain(|name, user| {
            let stays = user.is_trusted_only() || listing.contains_key(name);
            if !stays {
                user.revoke();
            }
            stays
        });
        self.likenesses = Likenesses::default();
        self.agenda.clear();
        for (name, (role, credentials)) in listing {
            let mut entry = match self.users.entry(name) {
                Entry::Occupied(mut entry) => {
                    entry.get_mut().become_as_listed(role, credentials);
                    entry
                }
                Entry::Vacant(entry) => {
                    let user = User::new(entry.key().as_str(), role, credentials);
                    entry.insert_entry(user)
                }
            };
            let turn = entry.get_mut().let_count(now, &mut self.likenesses);
            self.agenda.extend(turn.map(|turn| (turn, entry.key().clone())));
        }
        Ok(())
    }

    /// Whether [`settle`](Self::settle) would change anything.
    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        self.agenda.first().is_some_and(|(turn, _)| *turn <= now)
    }

    /// Lets credentials begin or cease to count whose time has come.
    pub(super) fn settle(&mut self, now: SystemTime) {
        while self.is_due(now) {
            let Some((_, name)) = self.agenda.pop_first() else { return };
            if let Some(likeness) = self.users.get(&name).and_then(User::likeness) {
                self.likenesses.subtract(&likeness);
            }
            self.account_for(&name, now);
        }
    }

    /// Lets the time count for a user whose likeness is not in the tally.
    fn account_for(&mut self, name: &UserName, now: SystemTime) {
        let Some(user) = self.users.get_mut(name) else { return };
        let turn = user.let_count(now, &mut self.likenesses);
        self.agenda.extend(turn.map(|turn| (turn, name.clone())));
    }
}
