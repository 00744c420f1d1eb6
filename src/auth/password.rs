//! A password on its way to a derivation.

use super::user_error::UserError;
use std::fmt;
use zeroize::Zeroizing;

/// A password, prepared by SASLprep (RFC 4013) so that every client's spelling of it derives the same keys.
/// Overwritten when dropped; it can be neither printed nor compared.
pub(super) struct Password(Zeroizing<String>);

impl Password {
    /// In bytes, before and after preparation: far above what people and generators make, and a bound on what one
    /// login attempt can have hashed.
    pub(super) const MAX: usize = 1024;

    /// The same rule for setting a password and for logging in, so that none can be set that never logs in.
    pub(super) fn new(text: &str) -> Result<Self, UserError> {
        if text.len() > Self::MAX {
            return Err(UserError::BadPassword);
        }
        let prepared = stringprep::saslprep(text).map_err(|_| UserError::BadPassword)?;
        let prepared = Zeroizing::new(prepared.into_owned());
        if prepared.is_empty() || prepared.len() > Self::MAX {
            return Err(UserError::BadPassword);
        }
        Ok(Self(prepared))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_password_is_one_password() {
        let prepared = |text| Password::new(text).map(|password| password.as_bytes().to_vec());
        assert_eq!(prepared("p\u{2168}"), prepared("pIX"));
        assert_eq!(prepared("caf\u{e9}"), prepared("cafe\u{301}"));
        assert_ne!(prepared("pencil"), prepared("Pencil"));
    }

    #[test]
    fn what_no_client_could_send_is_refused() {
        for bad in ["", "\u{ad}", "a\0b", "a\tb", "\u{e000}"] {
            assert_eq!(Password::new(bad).err(), Some(UserError::BadPassword), "{bad:?}");
        }
        assert!(Password::new(&"p".repeat(1024)).is_ok());
        assert!(Password::new(&"p".repeat(1025)).is_err());
        assert!(Password::new(&"\u{fdfa}".repeat(300)).is_err(), "too long once prepared");
    }

    #[test]
    fn debug_says_nothing() {
        assert_eq!(format!("{:?}", Password::new("pencil").unwrap()), "Password(..)");
    }
}
