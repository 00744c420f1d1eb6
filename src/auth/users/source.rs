//! Users whom a source knows: when it is asked, and what its answers do.

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::Users;
use crate::{
    auth::{
        identity::{Certainty, Identity},
        name::UserName,
        password::Password,
        provenance::{Judge, Worth},
        source::{Judgement, SourceError, SourceTerms, SourcedUser, UserSource},
        user::User,
        user_error::UserError,
    },
    sync::Arc,
};
use std::time::{Instant, SystemTime};

/// A source and how long what it says counts.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) knows: Box<dyn UserSource>,
    pub(super) terms: SourceTerms,
}

/// What became of a question.
#[derive(Debug)]
#[must_use]
pub(in crate::auth) enum Consulted {
    /// The directory knows best: there is no source, or the name is of somebody whom code or a file added.
    NotAsked,
    /// The directory says now what the source does.
    Told,
    /// The source could not tell.
    Silent,
}

impl Users {
    /// Lets this source say who there is, beside those whom code or a users file adds: these are never asked for. It takes the
    /// place of an earlier source, whose users stay until they are looked up again.
    ///
    /// The source is asked at each login but those by a password that was verified less than [`SourceTerms::fresh`] ago. What
    /// it says counts at once: whom it does not know any more, or whose password is another one, loses its sessions.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, SourceError, SourceTerms, SourcedUser, UserSource, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// #[derive(Debug)]
    /// struct Nobody;
    ///
    /// impl UserSource for Nobody {
    ///     fn find(&self, _name: &str) -> Result<Option<SourcedUser>, SourceError> {
    ///         Ok(None)
    ///     }
    /// }
    ///
    /// users.draw_from(Nobody, SourceTerms::default());
    /// assert!(cache.login("ada", "correct horse").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn draw_from(&self, source: impl UserSource + 'static, terms: SourceTerms) {
        *self.shared.source.write() = Some(Arc::new(Source { knows: Box::new(source), terms }));
    }

    /// Looks up again who has logged in by the source, so that whoever is gone loses its sessions without another login. Forgets
    /// whose sessions are over and whose time of grace is, too. Blocks for as long as the source takes for all of them: call it
    /// on a thread apart, each minute or so.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, SourceError, SourceTerms, SourcedUser, UserSource, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// # use keyway::{Rounds, Verifier};
    /// # use std::sync::{Arc, Mutex};
    /// /// One user, until she leaves.
    /// #[derive(Debug)]
    /// struct Staff(Arc<Mutex<Option<SourcedUser>>>);
    ///
    /// impl UserSource for Staff {
    ///     fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
    ///         Ok(self.0.lock().expect("nobody panics").clone().filter(|_| name == "ada"))
    ///     }
    /// }
    ///
    /// # let verifier = Verifier::derive("pencil", Rounds::MIN)?;
    /// let ada = Arc::new(Mutex::new(Some(SourcedUser::stored(Role::ReadWrite, [verifier.into()]))));
    /// users.draw_from(Staff(ada.clone()), SourceTerms::default());
    /// let session = cache.login("ada", "pencil")?;
    /// ada.lock().expect("nobody panics").take();
    /// users.look_again()?;
    /// assert!(session.get("k").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first [`SourceError::Unavailable`], after which no more are looked up. Nobody loses a session by it. A user of whom
    /// the source says what cannot be used stays as it was, and the last such error is told in the end.
    pub fn look_again(&self) -> Result<(), SourceError> {
        let Some(source) = self.source() else { return Ok(()) };
        let mut outcome = Ok(());
        for name in self.names_of_source(&source) {
            match self.look_up(&source, &name) {
                Err(error @ SourceError::Unavailable(_)) => return Err(error),
                Err(error) => outcome = Err(error),
                Ok(()) => {}
            }
        }
        outcome
    }

    /// Whether a login of this name, by a mechanism that needs to know who it is first, has to ask the source.
    pub(in crate::auth) fn asks_source(&self, name: &UserName) -> bool {
        self.source().is_some() && !self.is_own(name)
    }

    /// Asks the source for this name, if it is to be asked. Blocks.
    pub(in crate::auth) fn consult(&self, name: &UserName) -> Consulted {
        let Some(source) = self.source() else { return Consulted::NotAsked };
        if self.is_own(name) {
            return Consulted::NotAsked;
        }
        // Both, whether or not the first is known: as much work for each name.
        let told = self.look_up(&source, name).and_then(|()| {
            let stem = name.without_realm().map(UserName::new);
            stem.and_then(Result::ok).map_or(Ok(()), |stem| self.look_up(&source, &stem))
        });
        if told.is_ok() { Consulted::Told } else { Consulted::Silent }
    }

    /// Whether a password of this name that was verified before counts without another question.
    pub(in crate::auth) fn recalls_at_once(&self, name: &UserName) -> bool {
        self.worth(name) >= Worth::Fresh
    }

    /// The same once the source was asked.
    pub(in crate::auth) fn recalls_after(&self, name: &UserName, consulted: &Consulted) -> bool {
        match consulted {
            Consulted::NotAsked => true,
            // What is stored is what was verified against, or there would be nothing to recall.
            Consulted::Told => self.worth(name) >= Worth::Fresh || self.is_judged_here(name),
            Consulted::Silent => self.worth(name) >= Worth::Known,
        }
    }

    /// The source's own judgement of a password, if it is the one who judges those of this identity; for unknown names too.
    /// Blocks.
    pub(in crate::auth) fn judged_elsewhere(
        &self,
        identity: &Identity,
        password: &Password,
        consulted: &Consulted,
    ) -> Option<Result<Judgement, SourceError>> {
        let source = self.source().filter(|_| matches!(consulted, Consulted::Told))?;
        let known = identity.name_elsewhere();
        if known.is_none() && !(identity.is_nobody() && source.knows.verifies_passwords()) {
            return None;
        }
        let asked = Instant::now();
        let name = known.unwrap_or_else(|| identity.claimed().as_str());
        let judged = source.knows.verify(name, password.as_str());
        if let (Some(name), Ok(Judgement::Right)) = (known, &judged) {
            self.shared.directory.write().note_proven(name, asked);
        }
        Some(judged)
    }

    /// Ends the sessions of somebody whose password the source does not find right any more.
    pub(in crate::auth) fn revoke_elsewhere(&self, identity: &Identity) {
        if let Some(name) = identity.name_elsewhere() {
            // Who was removed meanwhile has none.
            let _ended = self.revoke(name);
        }
    }

    /// What comes of proofs for this name, now that the source was asked.
    pub(in crate::auth) fn certainty(&self, name: &UserName, consulted: &Consulted) -> Certainty {
        if !matches!(consulted, Consulted::Silent) {
            return Certainty::Certain;
        }
        let Some(source) = self.source() else { return Certainty::Certain };
        let directory = self.shared.directory.read();
        let provenance = directory.login(name).and_then(User::provenance);
        let counts = provenance.is_some_and(|it| it.counts(source.terms, Instant::now()));
        if counts { Certainty::InDoubt } else { Certainty::Unknown }
    }

    pub(super) fn source(&self) -> Option<Arc<Source>> {
        self.shared.source.read().clone()
    }

    /// Whether this name logs in as somebody whom code or a file added.
    fn is_own(&self, name: &UserName) -> bool {
        self.shared.directory.read().login(name).is_some_and(|user| user.provenance().is_none())
    }

    /// Whether the source stores what its passwords are judged by.
    fn is_judged_here(&self, name: &UserName) -> bool {
        let directory = self.shared.directory.read();
        let provenance = directory.login(name).and_then(User::provenance);
        provenance.is_some_and(|provenance| provenance.judge == Judge::Here)
    }

    fn worth(&self, name: &UserName) -> Worth {
        let Some(source) = self.source() else { return Worth::Fresh };
        let directory = self.shared.directory.read();
        match directory.login(name).map(User::provenance) {
            Some(Some(provenance)) => provenance.worth(source.terms, Instant::now()),
            Some(None) => Worth::Fresh,
            None => Worth::Stale,
        }
    }

    fn look_up(&self, source: &Source, name: &UserName) -> Result<(), SourceError> {
        let asked = Instant::now();
        let found: Option<SourcedUser> = source.knows.find(name.as_str())?;
        let taken_up = self.alter(|directory| directory.take_up(name, found, asked, SystemTime::now()));
        taken_up.map_err(|error| {
            source.knows.cannot_use(name.as_str(), &error);
            SourceError::Unusable(format!("user {:?}: {error}", name.as_str()))
        })
    }

    /// Tells the source, if it is one of its users, that what it said of this one lets nobody in. Not to be called under a lock.
    pub(crate) fn tell_source(&self, name: &str, why: &UserError) {
        let Ok(name) = UserName::new(name) else { return };
        let is_sourced =
            self.shared.directory.read().user(&name).is_ok_and(|user| user.provenance().is_some());
        if let Some(source) = self.source().filter(|_| is_sourced) {
            source.knows.cannot_use(name.as_str(), why);
        }
    }

    /// Those to look up again, once those are forgotten of whom nothing is left to end or to go on.
    fn names_of_source(&self, source: &Source) -> Vec<UserName> {
        let mut directory = self.shared.directory.write();
        let (mut kept, mut over) = (Vec::new(), Vec::new());
        for (name, user) in directory.users() {
            let Some(provenance) = user.provenance() else { continue };
            let is_over = user.is_idle() && provenance.worth(source.terms, Instant::now()) == Worth::Stale;
            if is_over { &mut over } else { &mut kept }.push(name.clone());
        }
        for name in over {
            let _was_there = directory.forget(&name);
        }
        kept
    }
}
