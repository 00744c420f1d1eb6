//! What a caller hands in piece by piece: a value that is written where it will stay.

use crate::{Expiry, Version, item::Unfilled};
use std::mem::MaybeUninit;

/// An item to be, with its key and flags, whose value is still to be filled in: for a large one that comes in pieces, from
/// a socket or a file. It is written where it will stay instead of being put together elsewhere and copied.
///
/// Pieces come one after the other by [`read`](Self::read), or by [`append`](Self::append); or the whole is written in any order
/// by [`value_mut`](Self::value_mut). What is not written is zeros.
///
/// It comes from [`Session::blank`](crate::Session::blank), is nobody else's, and changes nothing in the cache until it is
/// stored whole. Its memory is not in the cache's budget until then.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # let cache = Cache::new(Config::new(4 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let mut blank = session.blank("song", 100_000, 0)?;
/// while blank.missing() > 0 {
///     blank.append(&[b'a'; 4096]); // from a file, say
/// }
/// session.set_filled(blank)?;
/// assert_eq!(session.get("song")?.map(|item| item.len()), Some(100_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Blank {
    pub(crate) unfilled: Unfilled,
    pub(crate) expiry: Expiry,
    pub(crate) given: Option<Version>,
}

impl Blank {
    pub(crate) fn new(unfilled: Unfilled) -> Self {
        Self { unfilled, expiry: Expiry::Never, given: None }
    }

    /// When the item ends, counted from when it is stored.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// use keyway::Clock;
    /// use std::time::Duration;
    ///
    /// let clock = Clock::manual();
    /// let mut config = Config::new(1 << 20);
    /// config.clock = clock.clone();
    /// # let cache = Cache::new(config, Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut blank = session.blank("greeting", 5, 0)?.expires(Duration::from_secs(60));
    /// blank.append(b"hello");
    /// session.set_filled(blank)?;
    /// clock.advance(Duration::from_secs(61));
    /// assert!(session.get("greeting")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expires(mut self, expiry: impl Into<Expiry>) -> Self {
        self.expiry = expiry.into();
        self
    }

    /// Store only if the present item still has this version.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Refusal, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let seen = session.set("greeting", "hi")?;
    /// session.set("greeting", "hey")?;
    /// let mut blank = session.blank("greeting", 5, 0)?.given(seen);
    /// blank.append(b"hello");
    /// assert_eq!(session.set_filled(blank), Err(Refusal::Exists));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn given(mut self, version: Version) -> Self {
        self.given = Some(version);
        self
    }

    /// Bytes of the value that have not come.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut blank = session.blank("greeting", 5, 0)?;
    /// blank.append(b"hel");
    /// assert_eq!(blank.missing(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn missing(&self) -> usize {
        self.unfilled.missing()
    }

    /// The value's next bytes; what is more than are missing is left.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut blank = session.blank("greeting", 5, 0)?;
    /// blank.append(b"hel");
    /// blank.append(b"lo");
    /// session.set_filled(blank)?;
    /// assert_eq!(session.get("greeting")?.as_deref(), Some(&b"hello"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append(&mut self, bytes: &[u8]) {
        self.unfilled.append(bytes);
    }

    /// Has the value's next bytes written by `read`, which is given room for those that are missing, for `most` at most. Nobody has
    /// written there; it returns the front of the room, as far as it has written that. So they are neither zeroed first nor copied.
    /// Yields how many came; 0 also if none are missing.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(4 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut blank = session.blank("song", 100_000, 0)?;
    /// // As `rustix::io::read` does it, of which this is the first part of what it returns.
    /// let came = blank.read(4096, |room| Ok::<_, std::io::Error>(room[..3].write_copy_of_slice(b"abc")))?;
    /// assert_eq!((came, blank.missing()), (3, 99_997));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `read`; the value is as it was then.
    ///
    /// # Panics
    ///
    /// If `read` returns something else than the front of its room.
    pub fn read<E>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8], E>,
    ) -> Result<usize, E> {
        self.unfilled.read(most, read)
    }

    /// The whole value, to be written in any order. What had not come is zeros.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let mut blank = session.blank("greeting", 5, 0)?;
    /// blank.value_mut().copy_from_slice(b"hello");
    /// session.set_filled(blank)?;
    /// assert_eq!(session.get("greeting")?.as_deref(), Some(&b"hello"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn value_mut(&mut self) -> &mut [u8] {
        self.unfilled.value_mut()
    }

    /// Bytes of the value.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.blank("greeting", 5, 0)?.len(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.unfilled.value_len()
    }

    /// Whether the value has no bytes.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert!(session.blank("greeting", 0, 0)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
