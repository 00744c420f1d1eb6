//! Administration by a session: what trusted code may do with the users, for somebody who logged in and may.

use crate::{
    Limits, LiveSession, MintedToken, Namespace, NamespaceError, NamespaceStats, Namespaces, Refusal, Roles,
    Rules, Session, SessionId, TokenError, TokenId, TokenScope, TokenStatus, UserError, UserRecord, Users,
    audit::Term,
};
use std::{error::Error, fmt, time::SystemTime};

/// What an admin may see and change: users, roles, tokens and live sessions. Had from [`Session::admin`]; each call asks anew
/// whether that session still may, so one that is kept outlives neither its session nor its right.
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
    session: Session,
}

/// Why something was not administered.
///
/// ```
/// use keyway::{AdminError, Cache, Config, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("root", Role::Admin)?;
/// let admin = cache.session_for("root")?.admin()?;
/// assert!(matches!(admin.remove_user("nobody"), Err(AdminError::User(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdminError {
    /// The session was revoked, or may not administer.
    Refused(Refusal),
    /// About a user or a role.
    User(UserError),
    /// About a token.
    Token(TokenError),
    /// About a namespace.
    Namespace(NamespaceError),
    /// There is no such live session, or it has ended already.
    UnknownSession(SessionId),
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
        Ok(Admin { session: self.clone() })
    }
}

impl Admin {
    /// See [`Users::sessions`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// assert!(admin.sessions(None, 100)?.iter().any(|session| session.id == app.id()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn sessions(&self, after: Option<SessionId>, most: usize) -> Result<Vec<LiveSession>, Refusal> {
        Ok(self.users()?.sessions(after, most))
    }

    /// See [`Users::list`]; what is stored of the passwords is left out.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// assert_eq!(admin.user_list()?[0].name, "app");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn user_list(&self) -> Result<Vec<UserRecord>, Refusal> {
        let mut list = self.users()?.list();
        for credential in list.iter_mut().flat_map(|user| &mut user.credentials) {
            credential.forms.clear();
        }
        Ok(list)
    }

    /// See [`Users::roles`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.define_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// assert_eq!(admin.roles()?[0].0, "reporter");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn roles(&self) -> Result<Vec<(String, Rules)>, Refusal> {
        Ok(self.users()?.roles())
    }

    /// What each namespace of this cache was promised, holds and did: see [`Namespaces::stats`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let held = admin.namespaces(&cache.namespaces())?;
    /// assert_eq!(held[0].namespace.name, ""); // the main key space
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn namespaces(&self, cache: &Namespaces) -> Result<Vec<NamespaceStats>, Refusal> {
        self.users()?;
        Ok(cache.stats())
    }

    /// See [`Namespaces::add`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.add_namespace(&cache.namespaces(), Namespace::new("shop"))?;
    /// assert_eq!(cache.namespaces().list()[0].name, "shop");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Namespace`].
    pub fn add_namespace(&self, cache: &Namespaces, namespace: Namespace) -> Result<(), AdminError> {
        self.acting("add namespace", Some(&namespace.name))?;
        Ok(cache.add(namespace)?)
    }

    /// See [`Namespaces::change`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let mut shop = Namespace::new("shop");
    /// admin.add_namespace(&cache.namespaces(), shop.clone())?;
    /// shop.ceiling_items = Some(10);
    /// admin.change_namespace(&cache.namespaces(), shop)?;
    /// assert_eq!(cache.namespaces().list()[0].ceiling_items, Some(10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Namespace`].
    pub fn change_namespace(&self, cache: &Namespaces, namespace: Namespace) -> Result<(), AdminError> {
        self.acting("change namespace", Some(&namespace.name))?;
        Ok(cache.change(namespace)?)
    }

    /// See [`Namespaces::set_limits`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Limits, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.add_namespace(&cache.namespaces(), Namespace::new("shop"))?;
    /// let mut limits = Limits::default();
    /// limits.operations_per_second = Some(20_000);
    /// admin.set_namespace_limits(&cache.namespaces(), "shop", limits)?;
    /// assert_eq!(cache.namespaces().list()[0].limits, limits);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Namespace`].
    pub fn set_namespace_limits(
        &self,
        cache: &Namespaces,
        name: &str,
        limits: Limits,
    ) -> Result<(), AdminError> {
        self.acting("set namespace limits", Some(name))?;
        Ok(cache.set_limits(name, limits)?)
    }

    /// See [`Namespaces::remove`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.add_namespace(&cache.namespaces(), Namespace::new("shop"))?;
    /// admin.remove_namespace(&cache.namespaces(), "shop")?;
    /// assert!(cache.namespaces().list().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Namespace`].
    pub fn remove_namespace(&self, cache: &Namespaces, name: &str) -> Result<(), AdminError> {
        self.acting("remove namespace", Some(name))?;
        Ok(cache.remove(name)?)
    }

    /// See [`Users::tokens`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let token = app.mint(TokenScope::all())?;
    /// assert_eq!(admin.tokens()?[0].id, token.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn tokens(&self) -> Result<Vec<TokenStatus>, Refusal> {
        Ok(self.users()?.tokens())
    }

    /// See [`Users::revoke_session`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.revoke_session(app.id())?;
    /// assert!(app.standing().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::UnknownSession`].
    pub fn revoke_session(&self, id: SessionId) -> Result<(), AdminError> {
        if self.acting("revoke session", Some(&id.to_string()))?.revoke_session(id) {
            Ok(())
        } else {
            Err(AdminError::UnknownSession(id))
        }
    }

    /// See [`Users::revoke`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.revoke_user("app")?;
    /// assert!(app.standing().is_err() && cache.session_for("app").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn revoke_user(&self, name: &str) -> Result<(), AdminError> {
        Ok(self.acting("revoke user", Some(name))?.revoke(name)?)
    }

    /// See [`Users::revoke_role`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// assert_eq!(admin.revoke_role("read-write")?, 1);
    /// assert!(app.standing().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn revoke_role(&self, role: &str) -> Result<usize, AdminError> {
        Ok(self.acting("revoke role", Some(role))?.revoke_role(role)?)
    }

    /// See [`Users::revoke_credential`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// cache.users().add("ada", "correct horse", Role::ReadWrite)?;
    /// let ada = cache.login("ada", "correct horse")?;
    /// admin.revoke_credential("ada", "1")?;
    /// assert!(ada.standing().is_err() && app.standing().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn revoke_credential(&self, name: &str, label: &str) -> Result<(), AdminError> {
        Ok(self.acting("revoke credential", Some(name))?.revoke_credential(name, label)?)
    }

    /// See [`Users::revoke_token`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let token = app.mint(TokenScope::all())?;
    /// admin.revoke_token(token.id())?;
    /// assert!(cache.login("app", token.reveal()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Token`].
    pub fn revoke_token(&self, id: TokenId) -> Result<(), AdminError> {
        Ok(self.acting("revoke token", Some(&id.to_string()))?.revoke_token(id)?)
    }

    /// See [`Users::revoke_before`]. This session may be among those that end.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.revoke_before(std::time::SystemTime::now())?;
    /// assert!(app.standing().is_err());
    /// assert!(admin.sessions(None, 10).is_err()); // the admin's own is one of them
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn revoke_before(&self, time: SystemTime) -> Result<(), Refusal> {
        self.acting("revoke before", None)?.revoke_before(time);
        Ok(())
    }

    /// See [`Users::mint`]: for any user, also one that may do more than this admin. Who may administer may give anybody any
    /// role, so nothing is gained by that.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let token = admin.mint("app", TokenScope::all())?;
    /// assert_eq!(cache.login("app", token.reveal())?.user(), "app");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::Token`].
    pub fn mint(&self, name: &str, scope: TokenScope) -> Result<MintedToken, AdminError> {
        Ok(self.acting("mint", Some(name))?.mint(name, scope)?)
    }

    /// See [`Users::add_record`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, UserRecord, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.add_user(UserRecord::with_credentials("worker", Role::ReadOnly, Vec::new()))?;
    /// assert!(cache.session_for("worker").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn add_user(&self, user: UserRecord) -> Result<(), AdminError> {
        Ok(self.acting("add user", Some(&user.name))?.add_record(user)?)
    }

    /// See [`Users::remove`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.remove_user("app")?;
    /// assert!(app.standing().is_err() && cache.session_for("app").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn remove_user(&self, name: &str) -> Result<(), AdminError> {
        Ok(self.acting("remove user", Some(name))?.remove(name)?)
    }

    /// See [`Users::set_roles`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.set_roles("app", Role::ReadOnly)?;
    /// assert_eq!(app.set("greeting", "hello"), Err(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn set_roles(&self, name: &str, roles: impl Into<Roles>) -> Result<(), AdminError> {
        Ok(self.acting("set roles", Some(name))?.set_roles(name, roles)?)
    }

    /// See [`Users::set_limits`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Limits, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// let mut limits = Limits::default();
    /// limits.value = Some(3);
    /// admin.set_limits("app", limits)?;
    /// assert!(app.set("greeting", "hello").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn set_limits(&self, name: &str, limits: Limits) -> Result<(), AdminError> {
        Ok(self.acting("set limits", Some(name))?.set_limits(name, limits)?)
    }

    /// See [`Users::set_namespace`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # cache.namespaces().add(Namespace::new("shop"))?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.set_namespace("app", Some("shop"))?;
    /// cache.session_for("app")?.set("colour", "red")?;
    /// admin.set_namespace("app", None)?;
    /// assert!(cache.session_for("app")?.get("colour")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn set_namespace(&self, name: &str, namespace: Option<&str>) -> Result<(), AdminError> {
        Ok(self.acting("set namespace", Some(name))?.set_namespace(name, namespace)?)
    }

    /// See [`Users::define_role`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.define_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// admin.set_roles("app", ["reporter"])?;
    /// assert!(app.get("news").is_ok() && app.set("news", "none").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn define_role(&self, name: &str, rules: Rules) -> Result<(), AdminError> {
        Ok(self.acting("define role", Some(name))?.define_role(name, rules)?)
    }

    /// See [`Users::remove_role`].
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("root", Role::Admin)?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let app = cache.session_for("app")?;
    /// let admin = cache.session_for("root")?.admin()?;
    /// admin.define_role("reporter", Rules::from([Rule::allow(Verb::Read)]))?;
    /// admin.remove_role("reporter")?;
    /// assert!(admin.roles()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], [`AdminError::User`].
    pub fn remove_role(&self, name: &str) -> Result<(), AdminError> {
        Ok(self.acting("remove role", Some(name))?.remove_role(name)?)
    }

    /// Asked on each call that changes something, and told to the audit.
    fn acting(&self, act: &'static str, name: Option<&str>) -> Result<Users, Refusal> {
        self.session.administer_on(Term::new(act), name)?;
        self.session.users().ok_or(Refusal::Revoked)
    }

    /// Asked on each other call.
    fn users(&self) -> Result<Users, Refusal> {
        self.session.may_administer()?;
        self.session.users().ok_or(Refusal::Revoked)
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::User(error) => error.fmt(f),
            Self::Token(error) => error.fmt(f),
            Self::Namespace(error) => error.fmt(f),
            Self::UnknownSession(id) => write!(f, "there is no live session {id}, or it has ended already"),
        }
    }
}

impl Error for AdminError {}

impl From<Refusal> for AdminError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<UserError> for AdminError {
    fn from(error: UserError) -> Self {
        Self::User(error)
    }
}

impl From<NamespaceError> for AdminError {
    fn from(error: NamespaceError) -> Self {
        Self::Namespace(error)
    }
}

impl From<TokenError> for AdminError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}
