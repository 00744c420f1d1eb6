//! Who is known now, whoever says so.

use super::Users;
use crate::auth::{
    ComesFrom, UserStatus,
    name::UserName,
    source::{SourceTerms, UserSource},
    user::User,
};
use std::time::{Instant, SystemTime};

/// By what time, and by which source, users are judged to be known.
struct Judging {
    source: Option<(&'static str, SourceTerms)>,
    now: Instant,
    wall: SystemTime,
}

impl Users {
    /// Everybody who is known now, sorted by name: whom code or a users file added, and whom the source of users was asked for and
    /// said that there is, for as long as that counts ([`SourceTerms`](crate::SourceTerms)) or a session of theirs is left. Whoever else the source
    /// knows is nobody here before a first login.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, SourceError, SourceTerms, SourcedUser, UserSource, Users, Verifier};
    /// #[derive(Debug)]
    /// struct Staff(Verifier);
    ///
    /// impl UserSource for Staff {
    ///     fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
    ///         Ok((name == "ada").then(|| SourcedUser::stored(Role::ReadWrite, [self.0.clone().into()])))
    ///     }
    /// #   fn kind(&self) -> &'static str { "staff" }
    /// }
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().draw_from(Staff(Verifier::derive("pencil", Rounds::MIN)?), SourceTerms::default());
    /// assert!(cache.users().known().is_empty());
    /// cache.login("ada", "pencil")?;
    /// let ada = &cache.users().known()[0];
    /// assert_eq!((ada.record.name.as_str(), ada.from.name()), ("ada", "staff"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn known(&self) -> Vec<UserStatus> {
        let judging = self.judging();
        let directory = self.shared.directory.read();
        directory.users().filter_map(|(_, user)| judging.status_of(user)).collect()
    }

    /// The same of the user of exactly this name, if it is known now.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("app", Role::ReadWrite)?;
    /// let app = cache.users().known_as("app").ok_or("it was added")?;
    /// assert_eq!(app.record.name, "app");
    /// assert!(cache.users().known_as("eve").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn known_as(&self, name: &str) -> Option<UserStatus> {
        let (judging, name) = (self.judging(), UserName::new(name).ok()?);
        let directory = self.shared.directory.read();
        judging.status_of(directory.user(&name).ok()?)
    }

    /// The source is asked for nothing but its name, and before the directory's lock is taken.
    fn judging(&self) -> Judging {
        let source = self.source().map(|source| (source.knows.kind(), source.terms));
        Judging { source, now: Instant::now(), wall: SystemTime::now() }
    }
}

impl Judging {
    /// `None` of one whom the source knew once.
    fn status_of(&self, user: &User) -> Option<UserStatus> {
        let from = match (user.provenance(), self.source) {
            (None, _) => ComesFrom::Own,
            (Some(provenance), Some((kind, terms)))
                if provenance.counts(terms, self.now) || !user.is_idle() =>
            {
                let age = self.now.saturating_duration_since(provenance.confirmed);
                let confirmed = self.wall.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
                ComesFrom::Source { kind, confirmed }
            }
            _ => return None,
        };
        let mut record = user.record();
        record.credentials.iter_mut().for_each(|credential| credential.forms.clear());
        let (connections, refused) = (user.meter().connections(), user.meter().refused());
        Some(UserStatus { record, from, connections, refused })
    }
}
