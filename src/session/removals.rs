//! Verbs that remove.

use super::Session;
use crate::{Expiry, Refusal, Verb, Version};

/// # Removing
impl Session {
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
