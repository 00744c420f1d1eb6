//! The number that tells one stored value from every other.

use std::{fmt, num::NonZeroU64};

/// The number of one stored value: each set, append or step of a counter gets a new one, and no two values of a
/// cache ever share one. On the wire it is the item's CAS.
///
/// ```
/// # use keyway::{Draft, Refusal};
/// # use keyway::{Cache, Config, Role, Users};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let first = session.set("colour", "red")?;
/// session.set("colour", "green")?;
/// // Somebody else was quicker: what stands there is another value than the one that was read.
/// assert_eq!(session.cas("colour", Draft::new("blue"), first).err(), Some(Refusal::Exists));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(NonZeroU64);

impl Version {
    /// The least there can be.
    pub(crate) const FIRST: Self = Self(NonZeroU64::MIN);

    /// The version with this number; `None` for 0, which no item has (on the wire 0 means "do not care").
    ///
    /// ```
    /// use keyway::Version;
    ///
    /// assert_eq!(Version::from_number(0), None); // "do not care", in a request
    /// assert_eq!(Version::from_number(42).map(Version::number), Some(42));
    /// ```
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// Its number, never 0.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// let stored = session.set("colour", "red")?;
    /// let read = session.get("colour")?.ok_or("it was stored")?.version();
    /// assert_eq!(read.number(), stored.number());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.0)
    }
}
