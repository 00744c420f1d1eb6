//! How a session comes about, and that it is told: the one way from a grant to a session, and the one way out for a login that
//! is refused.

use crate::{
    LoginError, LoginFailure, Session, UserError,
    audit::{Origin, Term, Trail},
    auth::Grant,
    namespaces::Spaces,
    sync::Arc,
};

/// What a login, or trusted code that names a user, gets a session of, and where it is told.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    spaces: Arc<Spaces>,
    trail: Trail,
    by: Term,
}

impl Opening {
    /// For `by`: a mechanism, or how else somebody comes to a session.
    pub(crate) fn new(spaces: Arc<Spaces>, trail: Trail, by: Term) -> Self {
        Self { spaces, trail, by }
    }

    /// The same from somewhere else.
    pub(crate) fn coming_from(self, origin: Origin) -> Self {
        Self { trail: self.trail.coming_from(origin), ..self }
    }

    /// For who has proven who it is.
    pub(crate) fn open(self, grant: Grant) -> Result<Session, LoginError> {
        match self.spaces.open(grant, self.trail.origin()) {
            Ok(session) => Ok(self.told(session)),
            Err(error) => Err(self.refuse(error)),
        }
    }

    /// For trusted code, which need not prove anything.
    pub(crate) fn open_for_code(self, grant: Grant) -> Result<Session, UserError> {
        self.spaces.open_for_code(grant).map(|session| self.told(session))
    }

    fn told(self, session: Session) -> Session {
        let (credential, provenance) = session.evidence();
        self.trail.logged_in(self.by, session.user(), credential.as_deref(), provenance);
        session
    }

    /// Tells of a refused login.
    pub(crate) fn refuse(&self, error: LoginError) -> LoginError {
        let (id, failure, claimed) = (error.id(), error.failure(), error.claimed_name());
        let reason = Term::new(failure.name());
        if failure == LoginFailure::SourceUnavailable || failure.is_for_want_of_a_place() {
            self.trail.login_put_off(id, self.by, claimed, reason);
        } else {
            self.trail.login_failed(id, self.by, claimed, reason);
        }
        error
    }
}
