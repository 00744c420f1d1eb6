//! Verbs that read.

use super::Session;
use crate::{Item, Refusal, Verb};

/// # Reading
impl Session {
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
}
