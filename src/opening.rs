//! The one way from a grant to a session.

use crate::{
    LoginError, Session, Users,
    auth::{Grant, Seat},
    store::Store,
    sync::Arc,
};

/// What a login, or trusted code that names a user, gets a session of.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    store: Arc<Store>,
    users: Users,
}

impl Opening {
    pub(crate) fn new(store: &Arc<Store>, users: &Users) -> Self {
        Self { store: store.clone(), users: users.clone() }
    }

    /// For who has proven who it is.
    pub(crate) fn open(self, grant: Grant) -> Result<Session, LoginError> {
        let user: Box<str> = grant.account().name().into();
        let seat = Seat::take(grant, &self.users).map_err(|failure| LoginError::of(&user, failure))?;
        Ok(Session::new(seat, self.store))
    }

    /// For trusted code, which need not prove anything.
    pub(crate) fn open_for_code(self, grant: Grant) -> Session {
        Session::new(Seat::of_code(grant, &self.users), self.store)
    }
}
