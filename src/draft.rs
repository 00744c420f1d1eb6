//! What a caller hands in: a value on its way into the cache, and a step of a counter.

use crate::{Expiry, Version};
use std::fmt;

/// A value on its way into the cache, with what shall hold for it.
///
/// Anything that is bytes becomes a draft by itself, so the simple case stays simple:
///
/// ```
/// # use keyway::{Cache, Config, Draft, Role, Users};
/// # use std::time::Duration;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// session.set("greeting", "hello")?; // the value alone, for ever
/// session.set("greeting", Draft::new("hello").expires(Duration::from_secs(60)).flags(3))?;
/// assert_eq!(session.get("greeting")?.map(|item| item.flags()), Some(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct Draft<'a> {
    pub(crate) value: &'a [u8],
    pub(crate) flags: u32,
    pub(crate) expiry: Expiry,
    pub(crate) given: Option<Version>,
}

impl<'a> Draft<'a> {
    /// A value that never expires, with flags 0, stored whatever the present version.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Draft, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", Draft::new("hello"))?;
    /// assert_eq!(session.get("greeting")?.as_deref(), Some(&b"hello"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new<T: AsRef<[u8]> + ?Sized>(value: &'a T) -> Self {
        Self { value: value.as_ref(), flags: 0, expiry: Expiry::Never, given: None }
    }

    /// When the item ends. `append` and `prepend` keep the present expiry and ignore this.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Draft, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// use std::time::Duration;
    ///
    /// session.set("lease", Draft::new("node 7").expires(Duration::from_secs(60)))?;
    /// assert!(session.get("lease")?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expires(mut self, expiry: impl Into<Expiry>) -> Self {
        self.expiry = expiry.into();
        self
    }

    /// 32 bits kept beside the value for the client's own use. `append` and `prepend` keep the present ones.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Draft, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("greeting", Draft::new("hello").flags(7))?;
    /// assert_eq!(session.get("greeting")?.map(|item| item.flags()), Some(7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flags(mut self, flags: u32) -> Self {
        self.flags = flags;
        self
    }

    /// Store only if the present item still has this version.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Draft, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let seen = session.set("seat", "free")?;
    /// session.set("seat", "taken")?;
    /// assert_eq!(session.append("seat", Draft::new(" by me").given(seen)), Err(Refusal::Exists));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn given(mut self, version: Version) -> Self {
        self.given = Some(version);
        self
    }
}

impl fmt::Debug for Draft<'_> {
    /// The value stays out: it may be secret, and long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("len", &self.value.len())
            .field("flags", &self.flags)
            .field("expiry", &self.expiry)
            .field("given", &self.given)
            .finish()
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Draft<'a> {
    fn from(value: &'a T) -> Self {
        Self::new(value)
    }
}

/// A step of a counter: by how much, and what to do where there is none yet.
///
/// ```
/// # use keyway::{Cache, Config, Delta, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let hit = || session.incr("hits", Delta::by(1).or_initial(1)).map(|counter| counter.value);
/// assert_eq!((hit()?, hit()?), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Delta {
    pub(crate) amount: u64,
    pub(crate) initial: Option<(u64, Expiry)>,
    pub(crate) given: Option<Version>,
}

impl Delta {
    /// By `amount`; a missing counter is refused.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Delta, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.set("seats", "2")?;
    /// assert_eq!(session.decr("seats", Delta::by(1))?.value, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn by(amount: u64) -> Self {
        Self { amount, initial: None, given: None }
    }

    /// A missing counter is made with this value, to which the step is **not** applied, with flags 0.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Delta, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.incr("visits", Delta::by(5).or_initial(1))?.value, 1); // it was not there
    /// assert_eq!(session.incr("visits", Delta::by(5).or_initial(1))?.value, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn or_initial(mut self, value: u64) -> Self {
        self.initial = Some((value, Expiry::Never));
        self
    }

    /// As [`or_initial`](Self::or_initial), and the counter that is made ends as said. An existing one keeps its
    /// own expiry.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Delta, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// use std::time::Duration;
    ///
    /// let a_minute = Duration::from_secs(60);
    /// assert_eq!(session.incr("visits", Delta::by(1).or_initial_expiring(1, a_minute))?.value, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn or_initial_expiring(mut self, value: u64, expiry: impl Into<Expiry>) -> Self {
        self.initial = Some((value, expiry.into()));
        self
    }

    /// Step only if the present item still has this version. Where there is none, an initial value is stored all the
    /// same, as in memcached.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Delta, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let seen = session.set("seats", "2")?;
    /// session.set("seats", "3")?;
    /// assert_eq!(session.decr("seats", Delta::by(1).given(seen)), Err(Refusal::Exists));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn given(mut self, version: Version) -> Self {
        self.given = Some(version);
        self
    }
}

impl From<u64> for Delta {
    fn from(amount: u64) -> Self {
        Self::by(amount)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_value() {
        let shown = format!("{:?}", Draft::new("s3cret").flags(7));
        assert!(shown.contains("len: 6") && shown.contains("flags: 7") && !shown.contains("115"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
