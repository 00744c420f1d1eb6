//! The session: proof of who is calling, and the only thing that has data verbs.

mod filled;
mod listed;
mod measured;
mod reads;
mod removals;
mod telling;
mod tokens;
mod verbs;
mod writes;

use crate::{
    Refusal, Rules, Stats, Verb, Verbs, Version, audit::Origin, auth::Seat, store::Store, sync::StdArc,
};

/// Proof of who is calling, and the only thing that has data verbs.
///
/// It comes from [`Cache::login`](crate::Cache::login), from an [`Exchange`](crate::Exchange) that succeeded, or from
/// trusted code that named a user with [`Cache::session_for`](crate::Cache::session_for). It is cheap to clone, and
/// clones share the login. Each verb asks anew whether the login still holds and the role allows it, under the lock
/// of the key's stripe: when a revocation has returned, no write of the revoked session can land any more.
///
/// ```
/// # use keyway::{Cache, Config, Delta, Draft, Role, Users};
/// # use std::time::Duration;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let session = cache.session_for("app")?;
/// session.set("greeting", Draft::new("hello").expires(Duration::from_secs(60)))?;
/// session.append("greeting", ", world")?;
/// assert_eq!(session.get("greeting")?.as_deref(), Some(&b"hello, world"[..]));
/// assert_eq!(session.incr("visits", Delta::by(1).or_initial(1))?.value, 1);
/// assert!(session.delete("greeting")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Every verb can be refused with [`Refusal::Revoked`], [`Refusal::Forbidden`] and, for a user or in a namespace with limits, with
/// [`Refusal::Limited`], and every verb with a key with [`Refusal::BadKey`]; below, only what else there is.
#[derive(Clone, Debug)]
pub struct Session {
    seat: Seat<StdArc<Store>>,
    /// From where whoever has this handle acts.
    origin: Origin,
}

/// What a counter stands at after a step.
///
/// ```
/// # use keyway::Delta;
/// # use keyway::{Cache, Config, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let counter = session.incr("visits", Delta::by(1).or_initial(10))?;
/// assert_eq!(counter.value, 10);
/// assert_eq!(session.get("visits")?.map(|item| item.version()), Some(counter.version));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The new value.
    pub value: u64,
    /// The version of the item that holds it.
    pub version: Version,
}

impl Session {
    pub(crate) fn new(seat: Seat<StdArc<Store>>) -> Self {
        let origin = seat.origin();
        Self { seat, origin }
    }

    #[inline]
    fn store(&self) -> &Store {
        self.seat.room()
    }

    /// The name of the user whose session this is.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.user(), "app");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn user(&self) -> &str {
        self.seat.user()
    }

    /// Whether the login still holds.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.standing()?;
    /// cache.users().revoke("app")?;
    /// assert_eq!(session.standing(), Err(Refusal::Revoked));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`].
    pub fn standing(&self) -> Result<(), Refusal> {
        self.told(Verbs::NONE, None, self.seat.admit(Verbs::NONE, None))
    }

    /// Whether this is allowed now: for this key, or without one for every key.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadOnly)?;
    /// # let session = cache.session_for("app")?;
    /// session.may(Verb::Read | Verb::Stats, None)?;
    /// assert_eq!(session.may(Verb::Write, Some(b"greeting")), Err(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn may(&self, verbs: impl Into<Verbs>, key: Option<&[u8]>) -> Result<(), Refusal> {
        self.seat.permits(verbs, key)
    }

    /// A session of the same user that may do what these rules allow and this one may, at each time: what its maker loses,
    /// it loses too, and it ends with its maker's login. So code that is trusted less can be handed a part of what one has.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Rule, Rules, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let plugin = session.narrow(Rules::from([Rule::allow(Verb::Read | Verb::Write).under("plugins/chess/")]))?;
    /// plugin.set("plugins/chess/elo", "1500")?;
    /// assert_eq!(plugin.set("plugins/go/dan", "9"), Err(Refusal::Forbidden));
    /// assert_eq!(plugin.delete("plugins/chess/elo"), Err(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`]; [`Refusal::Forbidden`] for a session that has been narrowed 16 times over, since each verb asks all
    /// of them.
    pub fn narrow(&self, rules: Rules) -> Result<Self, Refusal> {
        let seat = self.told(Verbs::NONE, None, self.seat.narrow(rules))?;
        Ok(Self { seat, origin: self.origin.clone() })
    }

    /// Whether acts on the cache or its server as a whole are allowed now.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.may_administer(), Err(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn may_administer(&self) -> Result<(), Refusal> {
        self.told(Verb::Admin, None, self.seat.admit(Verb::Admin, None))
    }

    /// The name of the namespace that it works in; `None` in the main key space.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Namespace, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.namespace(), None);
    /// cache.namespaces().add(Namespace::new("shop"))?;
    /// cache.users().set_namespace("app", Some("shop"))?;
    /// assert_eq!(cache.session_for("app")?.namespace(), Some("shop"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        Some(self.store().name()).filter(|name| !name.is_empty())
    }

    /// What the user's namespace holds and did, by all callers together: nothing of what others hold beside it shows.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", "hello")?;
    /// assert_eq!(session.stats()?.items, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None of its own.
    pub fn stats(&self) -> Result<Stats, Refusal> {
        self.told(Verb::Stats, None, self.seat.admit(Verb::Stats, None))?;
        Ok(self.store().totals().into())
    }

    /// Under the lock of each stripe that is about to change.
    pub(crate) fn admit_everywhere(&self, verb: Verb) -> Result<(), Refusal> {
        self.seat.admit(verb, None)
    }
}
