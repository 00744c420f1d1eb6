//! Verbs that store and change.

use super::{Counter, Session};
use crate::{
    Delta, Draft, Expiry, Item, Refusal, Verb, Version,
    store::{Direction, End, When},
};

/// # Writing
impl Session {
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
}
