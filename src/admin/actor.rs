//! Who administers: asked on each call, and told to the audit with what came of it.

use super::{Admin, AdminError};
use crate::{
    Refusal, Session, Users,
    audit::{Origin, Term, Trail},
};

/// Who administers.
#[derive(Clone, Debug)]
pub(super) enum Actor {
    /// A user, for as long as its roles allow it.
    Session(Session),
    /// Whoever runs the process, and may do all that its code may.
    Operator { users: Users, from: Origin },
}

impl Actor {
    /// The users, if it may administer them now.
    fn users(&self) -> Result<Users, Refusal> {
        match self {
            Self::Session(session) => {
                session.may_administer()?;
                session.users().ok_or(Refusal::Revoked)
            }
            Self::Operator { users, .. } => Ok(users.clone()),
        }
    }

    fn user(&self) -> Option<&str> {
        match self {
            Self::Session(session) => Some(session.user()),
            Self::Operator { .. } => None,
        }
    }

    fn trail(&self) -> Option<Trail> {
        match self {
            Self::Session(session) => session.trail(),
            Self::Operator { users, from } => Some(Trail::new(users.audit(), from.clone())),
        }
    }
}

impl Admin {
    /// The users, for a call that changes nothing.
    pub(super) fn users(&self) -> Result<Users, Refusal> {
        self.actor.users()
    }

    /// Changes something, and tells what came of it once it has. Who may not is told as one whom a verb was refused.
    pub(super) fn act<T, E: Into<AdminError>>(
        &self,
        act: &'static str,
        name: Option<&str>,
        carry_out: impl FnOnce(&Users) -> Result<T, E>,
    ) -> Result<T, AdminError> {
        let done = carry_out(&self.users()?).map_err(Into::into);
        self.tell(act, name, done.as_ref().err());
        done
    }

    /// Told when it is over, since only then it is known whether it was done.
    pub(super) fn tell(&self, act: &'static str, name: Option<&str>, error: Option<&AdminError>) {
        let Some(trail) = self.actor.trail() else { return };
        let (user, act) = (self.actor.user(), Term::new(act));
        match error {
            None => trail.administered(user, act, name),
            Some(error) => trail.administration_failed(user, act, name, Term::new(error.name())),
        }
    }
}
