//! How often a password is hashed.

use std::fmt;

/// How many iterations of PBKDF2-HMAC-SHA-256 stand between a password and its [`Verifier`](crate::Verifier).
///
/// ```
/// use keyway::Rounds;
///
/// assert_eq!(Rounds::default(), Rounds::MAX);
/// assert_eq!(Rounds::new(10_000).map(Rounds::count), Some(10_000));
/// assert_eq!(Rounds::new(600_000), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rounds(u32);

impl Rounds {
    /// 4096: the least that RFC 7677 allows, and clients refuse to answer to less.
    ///
    /// ```
    /// use keyway::Rounds;
    ///
    /// assert_eq!(Rounds::new(4096), Some(Rounds::MIN));
    /// assert_eq!(Rounds::new(4095), None);
    /// ```
    pub const MIN: Self = Self(4096);

    /// 65,536: the most that clients built on libsasl2 accept. At one more they give the login up, and do not fall
    /// back to PLAIN. A long random password makes up for what this leaves to be wished.
    ///
    /// ```
    /// use keyway::Rounds;
    ///
    /// assert_eq!(Rounds::new(1 << 16), Some(Rounds::MAX));
    /// assert_eq!(Rounds::new((1 << 16) + 1), None);
    /// ```
    pub const MAX: Self = Self(65_536);

    /// `count`, if it lies between [`Rounds::MIN`] and [`Rounds::MAX`].
    ///
    /// ```
    /// use keyway::{Rounds, Verifier};
    ///
    /// let rounds = Rounds::new(10_000).ok_or("within the bounds")?;
    /// assert!(Verifier::derive("correct horse", rounds)?.to_string().starts_with("SCRAM-SHA-256$10000:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(count: u32) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&count).then_some(Self(count))
    }

    /// The number itself.
    ///
    /// ```
    /// use keyway::Rounds;
    ///
    /// assert_eq!((Rounds::MIN.count(), Rounds::default().count()), (4096, 65_536));
    /// ```
    #[must_use]
    pub fn count(self) -> u32 {
        self.0
    }
}

/// As many as every client accepts: [`Rounds::MAX`].
impl Default for Rounds {
    fn default() -> Self {
        Self::MAX
    }
}

impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_49_50_both_ends_are_allowed_and_nothing_beyond_them() {
        assert_eq!(Rounds::new(4096), Some(Rounds::MIN));
        assert_eq!(Rounds::new(65_536), Some(Rounds::MAX));
        for outside in [0, 1, 4095, 65_537, u32::MAX] {
            assert_eq!(Rounds::new(outside), None, "{outside}");
        }
    }
}
