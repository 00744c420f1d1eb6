//! Values that are filled in piece by piece, where they will lie.

use super::Session;
use crate::{Blank, Refusal, Verb, Version, store::When};

/// # Values that come in pieces
impl Session {
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
}
