//! What an item is found by.

use crate::Refusal;

/// The longest key in bytes; the shortest is 1. Any bytes will do.
///
/// ```
/// use keyway::{Cache, Config, MAX_KEY, Refusal, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadWrite)?;
/// let session = cache.session_for("app")?;
/// assert!(session.set([7; MAX_KEY].as_slice(), "v").is_ok());
/// assert_eq!(session.set([7; MAX_KEY + 1].as_slice(), "v"), Err(Refusal::BadKey { len: 251 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_KEY: usize = 250;

/// A key that was checked: 1 to [`MAX_KEY`] bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a>(&'a [u8]);

impl<'a> Key<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Refusal> {
        match bytes.len() {
            1..=MAX_KEY => Ok(Self(bytes)),
            len => Err(Refusal::BadKey { len }),
        }
    }

    #[inline]
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Its length as the item keeps it.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be at most 250")]
    pub(crate) fn len_byte(self) -> u8 {
        self.0.len() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_1_to_250_bytes_of_any_kind() {
        assert_eq!(Key::new(b"").err(), Some(Refusal::BadKey { len: 0 }));
        assert_eq!(Key::new(&[0; 251]).err(), Some(Refusal::BadKey { len: 251 }));
        for good in [&b"\0"[..], b" \r\n", &[0xff; 250]] {
            assert!(Key::new(good).is_ok_and(|key| usize::from(key.len_byte()) == good.len()));
        }
    }
}
