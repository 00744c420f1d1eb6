//! Who there is: the map behind the lock of [`Users`](super::Users), and every change that can be made to it.
//!
//! Nothing here takes long or fails half-way. A change that must end sessions bumps the accounts' epochs before it
//! returns, hence under the same lock as the change itself: a login reads credentials and epochs together, so it has
//! either both from before, and its session is dead, or both from after.

use super::{
    credential::Credential,
    defined_roles::DefinedRoles,
    external_names::ExternalNames,
    holders::Holders,
    identity::Replacement,
    likeness::Likenesses,
    name::UserName,
    news::News,
    provenance::{Judge, Provenance},
    revocations::Revocations,
    roles::Roles,
    rules::Rules,
    source::SourcedUser,
    upgrade::Upgrade,
    user::User,
    user_error::UserError,
    user_record::UserRecord,
};
use crate::{
    audit::{Act, Event},
    clock::Clock,
    metering::Meter,
    sync::Arc,
};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    time::{Instant, SystemTime},
};

#[derive(Debug)]
pub(super) struct Directory {
    /// By which use is counted.
    clock: Clock,
    /// What was revoked of many at once, which their accounts look at.
    revocations: Arc<Revocations>,
    users: BTreeMap<UserName, User>,
    /// Whose each is that a user has.
    external_names: ExternalNames,
    roles: DefinedRoles,
    /// Who has which of them.
    holders: Holders,
    likenesses: Likenesses,
    /// When whose credentials begin or cease to count. What a change has made untrue is looked at in vain, once.
    agenda: BTreeSet<(SystemTime, UserName)>,
    upgrades: Vec<Upgrade>,
    /// For the audit, since it was last told.
    news: News,
}

/// A whole list of users, each name once, each with one credential at least.
pub(super) type Listing = BTreeMap<UserName, UserRecord>;

impl Directory {
    pub(super) fn new(clock: Clock, revocations: Arc<Revocations>) -> Self {
        Self {
            clock,
            revocations,
            users: BTreeMap::new(),
            external_names: ExternalNames::default(),
            roles: DefinedRoles::default(),
            holders: Holders::default(),
            likenesses: Likenesses::default(),
            agenda: BTreeSet::new(),
            upgrades: Vec::new(),
            news: News::default(),
        }
    }

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

    pub(super) fn external_names(&self) -> &ExternalNames {
        &self.external_names
    }

    pub(super) fn likenesses(&self) -> &Likenesses {
        &self.likenesses
    }

    pub(super) fn add(
        &mut self,
        name: &UserName,
        record: UserRecord,
        now: SystemTime,
    ) -> Result<(), UserError> {
        if self.users.contains_key(name) {
            return Err(UserError::Exists);
        }
        Credential::check_all(&record.credentials)?;
        self.roles.check(&record.roles)?;
        self.external_names.check(name, &record.external)?;
        self.external_names.add(name, &record.external);
        let rules = self.roles.rules_of(&record.roles);
        self.news.user(Act::Added, name.as_str(), Some(&record.roles));
        self.holders.add(&record.roles);
        let meter = Meter::new(self.clock.clone());
        let user = User::new(name.as_str(), record, &rules, meter, &self.revocations);
        self.users.insert(name.clone(), user);
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
        let before = record.credentials.clone();
        change(&mut record)?;
        // One that was removed meanwhile may stay, and allows nothing.
        if record.roles != *user.roles() {
            self.roles.check(&record.roles)?;
        }
        self.external_names.check(name, &record.external)?;
        self.external_names.remove(user.external().iter().map(|held| &*held.name));
        self.external_names.add(name, &record.external);
        if let Some(likeness) = user.likeness() {
            self.likenesses.subtract(&likeness);
        }
        let rules = self.roles.rules_of(&record.roles);
        self.news.place(user, &record);
        if record.roles != *user.roles() {
            self.holders.subtract(user.roles());
            self.holders.add(&record.roles);
        }
        self.news.times(name.as_str(), &before, &record.credentials);
        self.news.credentials(name.as_str(), user.become_as_listed(record, &rules));
        self.account_for(name, now);
        Ok(())
    }

    /// Gives a user other roles. Fails before it changes anything.
    pub(super) fn set_roles(&mut self, name: &UserName, roles: Roles) -> Result<(), UserError> {
        let user = self.users.get_mut(name).ok_or(UserError::Unknown)?;
        self.roles.check(&roles)?;
        let rules = self.roles.rules_of(&roles);
        self.news.user(Act::Changed, name.as_str(), Some(&roles));
        self.holders.subtract(user.roles());
        self.holders.add(&roles);
        user.change_roles(roles, &rules);
        Ok(())
    }

    pub(super) fn roles(&self) -> &DefinedRoles {
        &self.roles
    }

    pub(super) fn holders(&self) -> &Holders {
        &self.holders
    }

    pub(super) fn define_role(&mut self, name: &str, rules: Rules) -> Result<(), UserError> {
        self.change_role(name, |roles| roles.define(name, rules))
    }

    pub(super) fn define_listed_role(&mut self, name: &str, rules: Rules) -> Result<(), UserError> {
        self.change_role(name, |roles| roles.define_listed(name, rules))
    }

    fn change_role(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut DefinedRoles) -> Result<(), UserError>,
    ) -> Result<(), UserError> {
        let was_there = self.roles.iter().any(|(other, _)| other == name);
        change(&mut self.roles)?;
        self.news.role(if was_there { Act::Changed } else { Act::Added }, name);
        self.role_has_changed(name);
        Ok(())
    }

    pub(super) fn remove_role(&mut self, name: &str) -> Result<(), UserError> {
        self.roles.remove(name)?;
        self.news.role(Act::Removed, name);
        self.role_has_changed(name);
        Ok(())
    }

    fn role_has_changed(&mut self, name: &str) {
        for user in self.users.values().filter(|user| user.roles().contains(name)) {
            user.change_rules(&self.roles.rules_of(user.roles()));
        }
    }

    /// Stores a verifier in place of something weak. A credential that is another one by now stays as it is.
    pub(super) fn upgrade(&mut self, name: &UserName, replacement: Replacement, now: SystemTime) {
        // What a source stores, nobody here can change; and in memory alone it would be gone with the next look.
        let Some(user) = self.users.get_mut(name).filter(|user| user.provenance().is_none()) else { return };
        let before = user.likeness();
        let Replacement { outdated, verifier } = replacement;
        let Some(from) = user.upgrade(&outdated, verifier.clone()) else { return };
        self.news.credential_changed(name.as_str(), &outdated.label);
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
        self.forget(name)?;
        self.news.user(Act::Removed, name.as_str(), None);
        Ok(())
    }

    /// The same for one whom the source of users may bring again: nothing has changed by it.
    pub(super) fn forget(&mut self, name: &UserName) -> Result<(), UserError> {
        let user = self.users.remove(name).ok_or(UserError::Unknown)?;
        if let Some(likeness) = user.likeness() {
            self.likenesses.subtract(&likeness);
        }
        self.external_names.remove(user.external().iter().map(|held| &*held.name));
        self.holders.subtract(user.roles());
        user.revoke();
        Ok(())
    }

    /// Makes the users with a password exactly those of `listing`, and the listed roles those of `roles`, where such are
    /// listed. Fails before it changes anything.
    pub(super) fn replace(
        &mut self,
        roles: Option<Vec<(String, Rules)>>,
        listing: Listing,
        now: SystemTime,
    ) -> Result<(), UserError> {
        let roles = roles.map(|listed| self.roles.with_listed(listed)).transpose()?;
        for (name, record) in &listing {
            roles
                .as_ref()
                .unwrap_or(&self.roles)
                .check(&record.roles)
                .map_err(|error| UserError::OfUser(name.as_str().to_owned(), Box::new(error)))?;
        }
        let trusted = |name: &UserName| self.users.get(name).is_some_and(User::is_trusted_only);
        if let Some(name) = listing.keys().find(|name| trusted(name)) {
            return Err(UserError::Trusted(name.as_str().to_owned()));
        }
        let external_names = self.names_with(&listing)?;
        self.external_names = external_names;
        self.news.users(listing.len());
        if let Some(roles) = roles {
            self.news.roles(&self.roles, &roles);
            self.roles = roles;
        }
        // The first list is no news about anybody in it.
        let is_first =
            self.users.values().all(|user| user.credentials().is_empty() && user.external().is_empty());
        self.users.retain(|name, user| {
            let stays = user.is_trusted_only() || user.provenance().is_some() || listing.contains_key(name);
            if !stays {
                user.revoke();
                self.news.user(Act::Removed, name.as_str(), None);
            }
            stays
        });
        // Of those whom the list does not name; the others get theirs below, so that none has a new role's rights by an old
        // list of roles.
        for (_, user) in self.users.iter().filter(|(name, _)| !listing.contains_key(*name)) {
            user.change_rules(&self.roles.rules_of(user.roles()));
        }
        self.likenesses = Likenesses::default();
        self.agenda.clear();
        let of_source = self
            .users
            .iter()
            .filter(|(name, user)| user.provenance().is_some() && !listing.contains_key(*name));
        for name in of_source.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.account_for(&name, now);
        }
        for (name, record) in listing {
            let rules = self.roles.rules_of(&record.roles);
            let mut entry = match self.users.entry(name) {
                Entry::Occupied(mut entry) => {
                    self.news.place(entry.get(), &record);
                    let turnover = entry.get_mut().become_as_listed(record, &rules);
                    self.news.credentials(entry.key().as_str(), turnover);
                    entry.get_mut().leave_source();
                    entry
                }
                Entry::Vacant(entry) => {
                    if !is_first {
                        self.news.user(Act::Added, entry.key().as_str(), Some(&record.roles));
                    }
                    let meter = Meter::new(self.clock.clone());
                    let user = User::new(entry.key().as_str(), record, &rules, meter, &self.revocations);
                    entry.insert_entry(user)
                }
            };
            let turn = entry.get_mut().let_count(now, &mut self.likenesses, &mut self.news);
            self.agenda.extend(turn.map(|turn| (turn, entry.key().clone())));
        }
        self.holders = self.users.values().map(User::roles).collect();
        Ok(())
    }

    /// Whose each external name will be by this list: those of who stays without being on it count as well.
    fn names_with(&self, listing: &Listing) -> Result<ExternalNames, UserError> {
        let mut names = ExternalNames::default();
        let of_source = self.users.iter().filter(|(_, user)| user.provenance().is_some());
        for (name, user) in of_source.filter(|(name, _)| !listing.contains_key(*name)) {
            names.add(name, &user.record().external);
        }
        for (name, record) in listing {
            let of_user = |error| UserError::OfUser(name.as_str().to_owned(), Box::new(error));
            names.check(name, &record.external).map_err(of_user)?;
            names.add(name, &record.external);
        }
        Ok(names)
    }

    /// Takes up what the source of users answered to a question that was asked at `asked`. Whom code or a file named stays as
    /// it is. An answer that was overtaken by a later one counts for nothing. Fails before it changes anything.
    pub(super) fn take_up(
        &mut self,
        name: &UserName,
        found: Option<SourcedUser>,
        asked: Instant,
        now: SystemTime,
    ) -> Result<(), UserError> {
        let present = self.users.get(name).map(|user| user.provenance().copied());
        let before = match present {
            Some(None) => return Ok(()),
            Some(Some(before)) if asked < before.confirmed => return Ok(()),
            Some(before) => before,
            None => None,
        };
        let Some(SourcedUser { roles, namespace, limits, password }) = found else {
            return if before.is_some() { self.remove(name) } else { Ok(()) };
        };
        let (mut judge, credentials) = password.into_credentials();
        if judge == Judge::Here {
            Credential::check_all(&credentials)?;
        }
        self.roles.check(&roles)?;
        let rules = self.roles.rules_of(&roles);
        let mut record = UserRecord {
            namespace,
            limits,
            ..UserRecord::with_credentials(name.as_str(), roles, credentials)
        };
        if let Some(user) = self.users.get(name) {
            // The source knows nothing of these.
            record.external = user.record().external;
        }
        let user = match self.users.remove(name) {
            Some(mut user) => {
                self.holders.subtract(user.roles());
                if let Some(likeness) = user.likeness() {
                    self.likenesses.subtract(&likeness);
                }
                self.news.place(&user, &record);
                match before.map(|before| before.judge) {
                    // There is nothing by which to see whether the password is the same one: the source says at the next
                    // login.
                    Some(there @ Judge::There { .. }) if matches!(judge, Judge::There { .. }) => {
                        judge = there;
                        user.place(record.namespace, record.roles, &rules, record.limits);
                    }
                    _ => {
                        let turnover = user.become_as_listed(record, &rules);
                        self.news.credentials(name.as_str(), turnover);
                    }
                }
                user
            }
            None => {
                self.news.user(Act::Added, name.as_str(), Some(&record.roles));
                User::new(name.as_str(), record, &rules, Meter::new(self.clock.clone()), &self.revocations)
            }
        };
        self.holders.add(user.roles());
        self.users.insert(name.clone(), user.of_source(Provenance { confirmed: asked, judge }));
        self.account_for(name, now);
        Ok(())
    }

    /// Notes that the source of users found a password right, when it was asked at `asked`.
    pub(super) fn note_proven(&mut self, name: &str, asked: Instant) {
        let Some(user) = self.users.get_mut(name) else { return };
        user.note_proven(asked);
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
        let turn = user.let_count(now, &mut self.likenesses, &mut self.news);
        self.agenda.extend(turn.map(|turn| (turn, name.clone())));
    }

    /// What has changed since the last call.
    pub(super) fn take_news(&mut self) -> Vec<Event> {
        self.news.take()
    }
}
