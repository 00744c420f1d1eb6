//! When an item ends, as callers say it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When an item ends.
///
/// ```
/// use keyway::Expiry;
/// use std::time::Duration;
///
/// assert_eq!(Expiry::from(Duration::from_secs(60)), Expiry::After(Duration::from_secs(60)));
/// assert_eq!(Expiry::from_memcached(0), Expiry::Never);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiry {
    /// It stays until it is evicted, replaced or removed.
    #[default]
    Never,
    /// So long after the call. Zero means at once.
    After(Duration),
    /// At a time of the wall clock, as it stands at the call; a time in the past means at once.
    At(SystemTime),
}

impl Expiry {
    /// Up to this many seconds, memcached's number is relative; beyond, it is a Unix time.
    ///
    /// ```
    /// use keyway::Expiry;
    /// use std::time::Duration;
    ///
    /// let month = Expiry::MEMCACHED_RELATIVE_MAX;
    /// assert_eq!(Expiry::from_memcached(month), Expiry::After(Duration::from_secs(30 * 24 * 60 * 60)));
    /// assert!(matches!(Expiry::from_memcached(month + 1), Expiry::At(_)));
    /// ```
    pub const MEMCACHED_RELATIVE_MAX: u32 = 60 * 60 * 24 * 30;

    /// Reads memcached's 32-bit number: 0 is never, 1 to 30 days in seconds is relative, anything above is an
    /// absolute Unix time in seconds (so 30 days and one second lies in 1970: gone at once). The binary
    /// protocol's -1 (`0xffff_ffff`) is a far absolute time: the item lives.
    ///
    /// ```
    /// use keyway::Expiry;
    /// use std::time::{Duration, SystemTime};
    ///
    /// assert_eq!(Expiry::from_memcached(60), Expiry::After(Duration::from_secs(60)));
    /// let unix_time = 1_800_000_000;
    /// assert_eq!(
    ///     Expiry::from_memcached(unix_time),
    ///     Expiry::At(SystemTime::UNIX_EPOCH + Duration::from_secs(unix_time.into()))
    /// );
    /// ```
    #[must_use]
    pub fn from_memcached(seconds: u32) -> Self {
        match seconds {
            0 => Self::Never,
            1..=Self::MEMCACHED_RELATIVE_MAX => Self::After(Duration::from_secs(seconds.into())),
            _ => Self::At(UNIX_EPOCH + Duration::from_secs(seconds.into())),
        }
    }
}

impl From<Duration> for Expiry {
    fn from(after: Duration) -> Self {
        Self::After(after)
    }
}

impl From<SystemTime> for Expiry {
    fn from(at: SystemTime) -> Self {
        Self::At(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memcached_numbers_mean_what_they_mean_there() {
        let cases = [
            (0, Expiry::Never),
            (1, Expiry::After(Duration::from_secs(1))),
            (2_592_000, Expiry::After(Duration::from_secs(2_592_000))),
            (2_592_001, Expiry::At(UNIX_EPOCH + Duration::from_secs(2_592_001))),
            (u32::MAX, Expiry::At(UNIX_EPOCH + Duration::from_secs(u32::MAX.into()))),
        ];
        for (number, meaning) in cases {
            assert_eq!(Expiry::from_memcached(number), meaning, "{number}");
        }
    }
}
