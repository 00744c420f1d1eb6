//! The session: proof of who is calling, and the only thing that has data verbs.

mod listed;
mod measured;
mod telling;
mod tokens;
mod verbs;

use crate::{
    Blank, Delta, Draft, Expiry, Item, Refusal, Rules, Stats, Verb, Verbs, Version,
    audit::Origin,
    auth::Seat,
    store::{Direction, End, Store, When},
    sync::StdArc,
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

    /// The item for this key, if there is one. It stays as it is for as long as it is held.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", "hello")?;
    /// let item = session.get("greeting")?.ok_or("it was just stored")?;
    /// assert_eq!(&*item, b"hello");
    /// assert!(session.get("farewell")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get<K: AsRef<[u8]> + ?Sized>(&self, key: &K) -> Result<Option<Item>, Refusal> {
        self.read(key.as_ref())
    }

    /// The items for these keys, in order. With many keys whose items are not in the processor's caches this takes about
    /// half the time of as many [`get`](Self::get)s: their ways to memory overlap.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("a", "1")?;
    /// let found = session.get_many(&["a", "b"])?;
    /// assert_eq!(found[0].as_deref(), Some(&b"1"[..]));
    /// assert!(found[1].is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None of its own. Any refusal, also a bad key, refuses the whole.
    pub fn get_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<Vec<Option<Item>>, Refusal> {
        let first = keys.first().map(AsRef::as_ref);
        let found = if self.seat.may_be_limited() {
            self.read_many_measured(keys)
        } else {
            self.store().get_many(keys, |key| self.seat.admit(Verb::Read, Some(key)))
        };
        self.told(Verb::Read, first, found)
    }

    /// A hint that verbs with these keys come next, such as those of a pipeline of which more than one has been received:
    /// the memory that they will look at is asked for now, so that the ways there overlap. It changes nothing, counts as
    /// no use, and says nothing about the keys. Some 32 keys at a time are best; those that are no keys are passed over, and
    /// nothing is done for a session that may not read.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.prefetch(&["a", "b"]);
    /// session.set("a", "1")?;
    /// assert!(session.get("b")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prefetch<K: AsRef<[u8]>>(&self, keys: &[K]) {
        let everywhere = self.seat.permits(Verb::Read, None).is_ok();
        self.store().fetch_many(keys, |key| everywhere || self.seat.permits(Verb::Read, Some(key)).is_ok());
    }

    /// Stores a value, whatever was there; the version that it got.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Draft, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// use std::time::Duration;
    ///
    /// session.set("greeting", "hello")?;
    /// let second = session.set("greeting", Draft::new("hi").flags(7).expires(Duration::from_secs(60)))?;
    /// assert_eq!(session.get("greeting")?.map(|item| item.version()), Some(second));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::TooLarge`] and [`Refusal::NoRoom`]: then the older value is gone too, so that nobody goes on
    /// reading what was to be replaced. With [`Draft::given`] as [`cas`](Self::cas).
    pub fn set<'a, K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        draft: impl Into<Draft<'a>>,
    ) -> Result<Version, Refusal> {
        self.put(key.as_ref(), draft.into(), When::Always)
    }

    /// Stores a value where there is none.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.add("leader", "node 7")?;
    /// assert_eq!(session.add("leader", "node 8"), Err(Refusal::Exists));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Exists`], [`Refusal::TooLarge`], [`Refusal::NoRoom`].
    pub fn add<'a, K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        draft: impl Into<Draft<'a>>,
    ) -> Result<Version, Refusal> {
        self.put(key.as_ref(), draft.into(), When::Absent)
    }

    /// Stores a value where there is one already.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.replace("leader", "node 8"), Err(Refusal::NotFound));
    /// session.set("leader", "node 7")?;
    /// session.replace("leader", "node 8")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`], [`Refusal::TooLarge`], [`Refusal::NoRoom`].
    pub fn replace<'a, K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        draft: impl Into<Draft<'a>>,
    ) -> Result<Version, Refusal> {
        self.put(key.as_ref(), draft.into(), When::Present)
    }

    /// Stores a value if the present item still has this version: compare and swap.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let seen = session.set("seat", "free")?;
    /// session.cas("seat", "mine", seen)?;
    /// assert_eq!(session.cas("seat", "yours", seen), Err(Refusal::Exists));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`], [`Refusal::Exists`] for another version, and those of [`set`](Self::set).
    pub fn cas<'a, K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        draft: impl Into<Draft<'a>>,
        version: Version,
    ) -> Result<Version, Refusal> {
        self.set(key, draft.into().given(version))
    }

    /// An item to be, for a value of `len` bytes that is filled in piece by piece, with these flags. Changes nothing in the
    /// cache.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut blank = session.blank("picture", 100_000, 0)?;
    /// while blank.missing() > 0 {
    ///     blank.append(&[7; 4096]);
    /// }
    /// session.set_filled(blank)?;
    /// assert_eq!(session.get("picture")?.map(|item| item.len()), Some(100_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::TooLarge`]; [`Refusal::NoRoom`] if the allocator gives nothing.
    pub fn blank<K: AsRef<[u8]> + ?Sized>(&self, key: &K, len: usize, flags: u32) -> Result<Blank, Refusal> {
        let key = key.as_ref();
        self.told(Verb::Write, Some(key), self.seat.admit(Verb::Write, Some(key)))?;
        let limit = self.largest_value();
        if len > limit {
            return Err(Refusal::TooLarge { limit });
        }
        self.store().unfilled(key, len, flags).map(Blank::new)
    }

    /// As [`set`](Self::set), with what has been filled in.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut blank = session.blank("greeting", 5, 0)?;
    /// blank.append(b"hello");
    /// session.set_filled(blank)?;
    /// assert_eq!(session.get("greeting")?.as_deref(), Some(&b"hello"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    pub fn set_filled(&self, blank: Blank) -> Result<Version, Refusal> {
        self.put_filled(blank, When::Always)
    }

    /// As [`add`](Self::add), with what has been filled in.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", "hi")?;
    /// let mut blank = session.blank("greeting", 5, 0)?;
    /// blank.append(b"hello");
    /// assert_eq!(session.add_filled(blank), Err(Refusal::Exists));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn add_filled(&self, blank: Blank) -> Result<Version, Refusal> {
        self.put_filled(blank, When::Absent)
    }

    /// As [`replace`](Self::replace), with what has been filled in.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut blank = session.blank("greeting", 5, 0)?;
    /// blank.append(b"hello");
    /// assert_eq!(session.replace_filled(blank), Err(Refusal::NotFound));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`replace`](Self::replace).
    pub fn replace_filled(&self, blank: Blank) -> Result<Version, Refusal> {
        self.put_filled(blank, When::Present)
    }

    /// Adds bytes at the end of a value; its flags and expiry stay.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.append("log", "b"), Err(Refusal::NotStored));
    /// session.set("log", "a")?;
    /// session.append("log", "b")?;
    /// assert_eq!(session.get("log")?.as_deref(), Some(&b"ab"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotStored`] if there is nothing to add to or the result would be too large, [`Refusal::Exists`]
    /// for another version than given, [`Refusal::NoRoom`].
    pub fn append<'a, K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        draft: impl Into<Draft<'a>>,
    ) -> Result<Version, Refusal> {
        self.concat(key.as_ref(), draft.into(), End::Back)
    }

    /// Adds bytes before a value; its flags and expiry stay.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("log", "b")?;
    /// session.prepend("log", "a")?;
    /// assert_eq!(session.get("log")?.as_deref(), Some(&b"ab"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append).
    pub fn prepend<'a, K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        draft: impl Into<Draft<'a>>,
    ) -> Result<Version, Refusal> {
        self.concat(key.as_ref(), draft.into(), End::Front)
    }

    /// Adds to a counter, a value of decimal digits; wraps at 2^64. Its flags and expiry stay.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Delta, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.incr("visits", Delta::by(1).or_initial(1))?.value, 1);
    /// assert_eq!(session.incr("visits", 5)?.value, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] for a missing counter without an initial value, [`Refusal::NotNumeric`],
    /// [`Refusal::Exists`] for another version than given, [`Refusal::NoRoom`].
    pub fn incr<K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        delta: impl Into<Delta>,
    ) -> Result<Counter, Refusal> {
        self.count(key.as_ref(), delta.into(), Direction::Up)
    }

    /// Takes from a counter; stops at 0.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("seats", "2")?;
    /// assert_eq!(session.decr("seats", 1)?.value, 1);
    /// assert_eq!(session.decr("seats", 5)?.value, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`incr`](Self::incr).
    pub fn decr<K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        delta: impl Into<Delta>,
    ) -> Result<Counter, Refusal> {
        self.count(key.as_ref(), delta.into(), Direction::Down)
    }

    /// Gives an item another expiry; its version stays. Whether there was one.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// use std::time::Duration;
    ///
    /// session.set("lease", "node 7")?;
    /// assert!(session.touch("lease", Duration::from_secs(60))?);
    /// assert!(!session.touch("nothing", Duration::from_secs(60))?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None of its own.
    pub fn touch<K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        expiry: impl Into<Expiry>,
    ) -> Result<bool, Refusal> {
        let touched = self.redate(key.as_ref(), expiry.into(), Verb::Touch.into())?;
        Ok(touched.is_some())
    }

    /// The item for this key, which gets another expiry; its version stays.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// use std::time::Duration;
    ///
    /// let stored = session.set("lease", "node 7")?;
    /// let item = session.get_and_touch("lease", Duration::from_secs(60))?.ok_or("it was just stored")?;
    /// assert_eq!(item.version(), stored);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None of its own.
    pub fn get_and_touch<K: AsRef<[u8]> + ?Sized>(
        &self,
        key: &K,
        expiry: impl Into<Expiry>,
    ) -> Result<Option<Item>, Refusal> {
        self.redate(key.as_ref(), expiry.into(), Verb::Touch | Verb::Read)
    }

    /// Removes what a `set` was to replace whose value will not be stored, so that nobody goes on reading it: for whoever
    /// refuses a value before it is there as a whole, as a server does that has no room to receive it. It needs what `set`
    /// needs.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("picture", "the old one")?;
    /// session.drop_replaced("picture")?; // the new one was too large for the server
    /// assert!(session.get("picture")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None of its own.
    pub fn drop_replaced<K: AsRef<[u8]> + ?Sized>(&self, key: &K) -> Result<(), Refusal> {
        let key = key.as_ref();
        let dropped = self.store().delete(key, None, self.asks(Verb::Write, key));
        self.told(Verb::Write, Some(key), dropped).map(drop)
    }

    /// Removes an item. Whether there was one.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", "hello")?;
    /// assert!(session.delete("greeting")?);
    /// assert!(!session.delete("greeting")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None of its own.
    pub fn delete<K: AsRef<[u8]> + ?Sized>(&self, key: &K) -> Result<bool, Refusal> {
        self.remove(key.as_ref(), None)
    }

    /// Removes an item if it still has this version. Whether there was one.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let seen = session.set("seat", "free")?;
    /// session.set("seat", "taken")?;
    /// assert_eq!(session.delete_given("seat", seen), Err(Refusal::Exists));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Exists`] for another version.
    pub fn delete_given<K: AsRef<[u8]> + ?Sized>(&self, key: &K, version: Version) -> Result<bool, Refusal> {
        self.remove(key.as_ref(), Some(version))
    }

    /// Removes everything. When this returns, nothing that was stored before the call is there.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", "hello")?;
    /// session.flush()?;
    /// assert!(session.get("greeting")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None of its own. If the session is revoked meanwhile, a part may have been removed.
    pub fn flush(&self) -> Result<(), Refusal> {
        let measured = self.measure_keyless(Verb::FlushOwn);
        let flush = |()| self.store().flush(|| self.seat.admit(Verb::FlushOwn, None));
        self.told(Verb::FlushOwn, None, measured.and_then(flush))
    }

    /// Orders a flush for later: at that time, everything stored until then is gone. It takes the place of an earlier
    /// order; [`Expiry::Never`] calls that off.
    ///
    /// ```
    /// # use keyway::{Cache, Clock, Config, Role, Users};
    /// # let clock = Clock::manual();
    /// # let mut config = Config::new(1 << 20);
    /// # config.clock = clock.clone();
    /// # let cache = Cache::new(config, Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// use std::time::Duration;
    ///
    /// session.set("greeting", "hello")?;
    /// session.flush_later(Duration::from_secs(60))?;
    /// assert!(session.get("greeting")?.is_some());
    /// clock.advance(Duration::from_secs(61));
    /// assert!(session.get("greeting")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None of its own.
    pub fn flush_later(&self, when: impl Into<Expiry>) -> Result<(), Refusal> {
        let measured = self.measure_keyless(Verb::FlushOwn);
        let flush = |()| self.store().flush_later(when.into(), || self.seat.admit(Verb::FlushOwn, None));
        self.told(Verb::FlushOwn, None, measured.and_then(flush))
    }
}
