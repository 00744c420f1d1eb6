//! What a user name may be, and the realm that clients hang on to it.

use super::user_error::UserError;
use std::borrow::Borrow;

/// A user name as it is stored and compared: prepared by SASLprep (RFC 4013), 1 to [`UserName::MAX`] bytes, without
/// control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UserName(Box<str>);

impl UserName {
    /// In bytes, before and after preparation. What other servers of SASL accept, and small enough to log.
    pub(super) const MAX: usize = 255;

    pub(super) fn new(text: &str) -> Result<Self, UserError> {
        // Before preparation too, since the work of that grows with the text.
        if text.len() > Self::MAX {
            return Err(UserError::BadName);
        }
        // SASLprep refuses every control character, ASCII or not.
        let prepared = stringprep::saslprep(text).map_err(|_| UserError::BadName)?;
        if prepared.is_empty() || prepared.len() > Self::MAX {
            return Err(UserError::BadName);
        }
        Ok(Self(prepared.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the last `@`, if both are there. Servers that used memcached's own user database know a
    /// user as `name@host`, and clients are set up to say that.
    pub(super) fn without_realm(&self) -> Option<&str> {
        self.0.rsplit_once('@').map(|(stem, _)| stem).filter(|stem| !stem.is_empty())
    }

    /// The same for `name` and `name@anything`: under what unknown names are kept apart. Were it the whole name, an
    /// unknown `eve` and `eve@host` would be shown two salts where a known `ada` and `ada@host` share one.
    pub(super) fn stem(&self) -> &str {
        self.without_realm().unwrap_or(&self.0)
    }
}

impl Borrow<str> for UserName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(text: &str) -> Option<String> {
        UserName::new(text).ok().map(|name| name.as_str().to_owned())
    }

    #[test]
    fn names_that_look_alike_are_one_name() {
        assert_eq!(prepared("ada").as_deref(), Some("ada"));
        assert_eq!(prepared("I\u{ad}X").as_deref(), Some("IX"), "a soft hyphen is nothing");
        assert_eq!(prepared("\u{2168}").as_deref(), Some("IX"), "the Roman nine is its letters");
        assert_eq!(prepared("\u{aa}").as_deref(), Some("a"));
        assert_eq!(prepared("USER").as_deref(), Some("USER"), "case counts");
        assert_eq!(prepared("ada\u{a0}l").as_deref(), Some("ada l"), "one kind of space");
    }

    #[test]
    fn control_characters_and_lengths_out_of_range_are_refused() {
        for bad in ["", "\u{ad}", "a\0b", "a\nb", "a\u{7f}", "a\u{85}b", "\u{627}1", "\u{e000}"] {
            assert_eq!(prepared(bad), None, "{bad:?}");
        }
        assert!(prepared(&"n".repeat(255)).is_some());
        assert!(prepared(&"n".repeat(256)).is_none());
        // One character of three bytes that preparation makes 18 letters of.
        assert!(prepared(&"\u{fdfa}".repeat(80)).is_none());
    }

    #[test]
    fn the_realm_is_what_follows_the_last_at_sign() {
        let stem = |text: &str| UserName::new(text).unwrap().without_realm().map(str::to_owned);
        assert_eq!(stem("ada@vm").as_deref(), Some("ada"));
        assert_eq!(stem("ada@example.org@vm").as_deref(), Some("ada@example.org"));
        assert_eq!(stem("ada@").as_deref(), Some("ada"));
        assert_eq!(stem("ada"), None);
        assert_eq!(stem("@vm"), None);
    }
}
