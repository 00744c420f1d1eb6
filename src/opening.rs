//! How a session comes about, and that it is told: the one way from a grant to a session, and the one way out for a login that
//! is refused.

use crate::{
    LoginError, LoginFailure, Session,
    audit::{Origin, Term, Trail},
    auth::{Evidence, Grant, KnownBy},
    store::Store,
    sync::Arc,
};

/// What a login, or trusted code that names a user, gets a session of, and where it is told.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    store: Arc<Store>,
    trail: Trail,
    by: Term,
}

impl Opening {
    /// For `by`: a mechanism, or how else somebody comes to a session.
    pub(crate) fn new(store: &Arc<Store>, trail: Trail, by: Term) -> Self {
        Self { store: store.clone(), trail, by }
    }

    /// The same from somewhere else.
    pub(crate) fn coming_from(self, origin: Origin) -> Self {
        Self { trail: self.trail.coming_from(origin), ..self }
    }

    pub(crate) fn open(self, grant: Grant) -> Session {
        let Self { store, trail, by } = self;
        let user = grant.account().name();
        match grant.evidence() {
            Some(Evidence { credential, known_by }) => {
                trail.logged_in(by, user, Some(credential), known_by.term());
            }
            None => trail.logged_in(by, user, None, KnownBy::Own.term()),
        }
        Session::new(grant.told_to(trail), store)
    }

    /// Tells of a refused login.
    pub(crate) fn refuse(&self, error: LoginError) -> LoginError {
        let (id, failure, claimed) = (error.id(), error.failure(), error.claimed_name());
        let reason = Term::new(failure.name());
        if failure == LoginFailure::SourceUnavailable {
            self.trail.login_put_off(id, self.by, claimed, reason);
        } else {
            self.trail.login_failed(id, self.by, claimed, reason);
        }
        error
    }
}
