//! The audit as it is seen from one place: what is told there has its origin.

use super::{Audit, Claimed, Event, FailureId, Kind, Name, Origin, Term};
use std::fmt;

/// The audit, and from where things are told to it.
#[derive(Clone)]
pub(crate) struct Trail {
    audit: Audit,
    origin: Origin,
}

impl Trail {
    pub(crate) fn new(audit: &Audit, origin: Origin) -> Self {
        Self { audit: audit.clone(), origin }
    }

    /// The same, seen from somewhere else.
    pub(crate) fn coming_from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Somebody has a session now.
    pub(crate) fn logged_in(&self, mechanism: Term, user: &str, credential: Option<&str>, provenance: Term) {
        self.audit.shared.breakdown.login(Kind::LoggedIn, Some(mechanism), None);
        self.audit.tell(&self.origin, Kind::LoggedIn, user, || Event::LoggedIn {
            mechanism,
            user: Name::new(user),
            credential: credential.map(Name::new),
            provenance,
        });
    }

    pub(crate) fn login_failed(&self, id: FailureId, mechanism: Term, claimed: Option<&str>, reason: Term) {
        self.audit.shared.breakdown.login(Kind::LoginFailed, Some(mechanism), Some(reason));
        self.audit.tell(&self.origin, Kind::LoginFailed, "", || Event::LoginFailed {
            id,
            mechanism: Some(mechanism),
            claimed: claimed.map(Claimed::new),
            reason,
        });
    }

    /// The same for a source of users that could not tell.
    pub(crate) fn login_put_off(&self, id: FailureId, mechanism: Term, claimed: Option<&str>, reason: Term) {
        self.audit.shared.breakdown.login(Kind::LoginPutOff, Some(mechanism), Some(reason));
        self.audit.tell(&self.origin, Kind::LoginPutOff, "", || Event::LoginPutOff {
            id,
            mechanism,
            claimed: claimed.map(Claimed::new),
            reason,
        });
    }

    /// A verb was refused to a user with these roles. Not to be called under a lock.
    pub(crate) fn refused(&self, user: &str, roles: &str, verb: Term, reason: Term, key: Option<&[u8]>) {
        self.audit.shared.breakdown.denial(roles, verb, reason);
        self.audit.tell(&self.origin, Kind::Refused, user, || Event::Refused {
            user: Name::new(user),
            verb,
            reason,
            key: key.and_then(|key| self.audit.prefix_of(key)),
        });
    }

    /// A verb was carried out that is one of those sampled.
    pub(crate) fn sampled(&self, user: &str, verb: Term, key: Option<&[u8]>) {
        self.audit.tell(&self.origin, Kind::Sampled, user, || Event::Sampled {
            user: Name::new(user),
            verb,
            key: key.and_then(|key| self.audit.prefix_of(key)),
        });
    }

    /// Somebody who may has done this: a user, or the operator.
    pub(crate) fn administered(&self, user: Option<&str>, act: Term, name: Option<&str>) {
        let (user, name) = (user.map(Name::new), name.map(Name::new));
        self.audit.record(&self.origin, Event::Administered { user, act, name });
    }

    /// The same, in vain.
    pub(crate) fn administration_failed(
        &self,
        user: Option<&str>,
        act: Term,
        name: Option<&str>,
        reason: Term,
    ) {
        let (user, claimed) = (user.map(Name::new), name.map(Claimed::new));
        self.audit.record(&self.origin, Event::AdministrationFailed { user, act, claimed, reason });
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trail").field("origin", &self.origin).finish_non_exhaustive()
    }
}
