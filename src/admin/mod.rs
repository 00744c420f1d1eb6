//! Administration: what trusted code may do with the users, for somebody who logged in and may, and for the operator of a server.

mod actor;
mod error;
mod namespaces;
mod roles;
mod sessions;
mod tokens;
mod users;

pub use error::AdminError;

use crate::{Refusal, Session, Users, audit::Origin};
use actor::Actor;

/// What an admin may see and change: users, roles, tokens and live sessions. Had from [`Session::admin`]; each call asks anew
/// whether that session still may, so one that is kept outlives neither its session nor its right. The audit is told of each that
/// changes something, whatever came of it.
///
/// What is changed here lasts until the users file, or whatever else the users come from, says otherwise.
///
/// ```
/// use keyway::{Cache, Config, Refusal, Role, Users};
///
/// let users = Users::new();
/// users.add_trusted("root", Role::Admin)?;
/// users.add_trusted("app", Role::ReadWrite)?;
/// let cache = Cache::new(Config::new(1 << 20), users)?;
/// let app = cache.session_for("app")?;
/// assert_eq!(app.admin().err(), Some(Refusal::Forbidden));
///
/// let admin = cache.session_for("root")?.admin()?;
/// let found = admin.sessions(None, 100)?.into_iter().find(|it| it.user == "app").ok_or("it is live")?;
/// admin.revoke_session(found.id)?;
/// assert_eq!(app.get("greeting").err(), Some(Refusal::Revoked));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Admin {
    actor: Actor,
}

impl Session {
    /// Administration, for whom the roles allow [`Verb::Admin`](crate::Verb::Admin).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// assert!(!admin.user_list()?.is_empty());
    /// assert_eq!(app.admin().err(), Some(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn admin(&self) -> Result<Admin, Refusal> {
        self.may_administer()?;
        Ok(Admin { actor: Actor::Session(self.clone()) })
    }
}

impl Users {
    /// Administration by the operator, who is whoever runs this process: for a socket by which something else than the program
    /// itself asks for it. It needs no session and may do everything, as this code may; the audit is told from where it came.
    ///
    /// ```
    /// use keyway::{Role, Users, audit::{Event, Origin, Peer, Sequence}};
    ///
    /// let users = Users::new();
    /// users.add_trusted("app", Role::ReadWrite)?;
    /// let from = Origin::operator(Some(Peer::Process { uid: 1000, pid: 4711 }));
    /// users.operator(from.clone()).revoke_user("app")?;
    ///
    /// let last = users.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
    /// assert!(matches!(last.event, Event::Administered { user: None, .. }) && last.origin == from);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn operator(&self, from: Origin) -> Admin {
        Admin { actor: Actor::Operator { users: self.clone(), from } }
    }
}
