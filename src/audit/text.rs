//! The four kinds of text that an event can have, and who can make them.

use std::fmt;

/// A word of the program's own, such as the name of a mechanism or a reason. It is part of the program's text, so it is nothing
/// that anybody sent.
///
/// ```
/// use keyway::audit::Term;
///
/// const REASON: Term = Term::new("NoPassport");
/// assert_eq!(REASON.as_str(), "NoPassport");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term(&'static str);

impl Term {
    /// This word.
    ///
    /// ```
    /// use keyway::audit::Term;
    ///
    /// const NO_BADGE: Term = Term::new("NoBadge"); // for a door of one's own
    /// assert_eq!(NO_BADGE.to_string(), "NoBadge");
    /// ```
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// The word.
    ///
    /// ```
    /// # use keyway::audit::Term;
    /// let kept: &'static str = Term::new("NoBadge").as_str();
    /// assert_eq!(kept, "NoBadge");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

/// The name of somebody or something that exists: a user, a role, a namespace, the label of a credential. At most 255 bytes,
/// without control characters.
///
/// ```
/// use keyway::{Cache, Config, Role, Users, audit::{Event, Sequence}};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadOnly)?;
/// let _session = cache.session_for("app")?;
/// let last = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
/// let Event::LoggedIn { user, .. } = last.event else { panic!("{last:?}") };
/// assert_eq!(user.as_str(), "app");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Box<str>);

impl Name {
    pub(crate) fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::{Event, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("reports", Role::ReadOnly)?;
    /// let Event::Changed { name: Some(name), .. } = &cache.audit().recent(Sequence::START).entries[0].event else {
    ///     panic!("a user was added")
    /// };
    /// assert_eq!(name.as_str(), "reports");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// A name that a login claimed, or that an admin asked for in vain, as it was sent but for its length: escape it where it is shown,
/// since it may hold anything.
///
/// ```
/// use keyway::{Cache, Config, Users, audit::{Claimed, Event, Sequence}};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// assert!(cache.login(&"e".repeat(100), "a guess").is_err());
/// let last = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
/// let Event::LoginFailed { claimed: Some(claimed), .. } = last.event else { panic!("{last:?}") };
/// assert_eq!((claimed.as_str().len(), claimed.len()), (Claimed::MAX, 100));
/// assert!(claimed.is_cut());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Claimed {
    shown: Box<str>,
    len: usize,
}

impl Claimed {
    /// Bytes of a claimed name that are kept: enough to recognise one, too few to fill a disk with.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Step, Users, audit::Claimed};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let message = format!("\0{}\0guess", "e".repeat(200));
    /// let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(message.as_bytes()) else { panic!("a guess") };
    /// assert_eq!(attempt.claimed().as_str(), "e".repeat(Claimed::MAX));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const MAX: usize = 64;

    pub(crate) fn new(name: &str) -> Self {
        let shown = &name[..name.floor_char_boundary(Self::MAX)];
        Self { shown: shown.into(), len: name.len() }
    }

    /// The name, or the front of it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(b"\0eve\0guess") else { panic!("a guess") };
    /// assert_eq!(attempt.claimed().as_str(), "eve");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// Bytes of the whole name.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let message = format!("\0{}\0guess", "e".repeat(200));
    /// let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(message.as_bytes()) else { panic!("a guess") };
    /// assert_eq!(attempt.claimed().len(), 200); // and not what is left of it
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty name is one like any other")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether something is missing at its end.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let cut = [64, 65].map(|len| {
    ///     let message = format!("\0{}\0guess", "e".repeat(len));
    ///     let step = cache.exchange(Mechanism::Plain).step(message.as_bytes());
    ///     matches!(step, Step::Verify(attempt) if attempt.claimed().is_cut())
    /// });
    /// assert_eq!(cut, [false, true]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.shown.len() < self.len
    }
}

impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{}", self.shown, if self.is_cut() { "..." } else { "" })
    }
}

/// The front of a key: any bytes. It displays escaped, as ASCII on one line.
///
/// ```
/// use keyway::{Cache, Config, Role, Users, audit::{Event, Sequence}};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.audit().show_keys(8);
/// cache.users().add_trusted("reader", Role::ReadOnly)?;
/// assert!(cache.session_for("reader")?.delete("a\nb").is_err());
/// let last = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
/// let Event::Refused { key: Some(key), .. } = last.event else { panic!("{last:?}") };
/// assert_eq!(key.to_string(), "a\\nb");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyPrefix {
    shown: Box<[u8]>,
    len: usize,
}

impl KeyPrefix {
    /// The most bytes of a key that are shown.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::{Event, KeyPrefix, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.audit().show_keys(1000); // which is more than there is
    /// cache.users().add_trusted("reader", Role::ReadOnly)?;
    /// assert!(cache.session_for("reader")?.delete(&"k".repeat(200)).is_err());
    /// let last = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
    /// assert!(matches!(last.event, Event::Refused { key: Some(key), .. } if key.as_bytes().len() == KeyPrefix::MAX));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const MAX: usize = 64;

    pub(crate) fn of(key: &[u8], bytes: usize) -> Self {
        let shown = key.get(..bytes.min(Self::MAX)).unwrap_or(key);
        Self { shown: shown.into(), len: key.len() }
    }

    /// The front of the key.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::{Event, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.audit().show_keys(5);
    /// # cache.users().add_trusted("reader", Role::ReadOnly)?;
    /// assert!(cache.session_for("reader")?.delete("cart:19").is_err());
    /// let last = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
    /// let Event::Refused { key: Some(key), .. } = last.event else { panic!("{last:?}") };
    /// assert_eq!(key.as_bytes(), b"cart:"); // after `show_keys(5)`
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.shown
    }

    /// Bytes of the whole key.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::{Event, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.audit().show_keys(5);
    /// # cache.users().add_trusted("reader", Role::ReadOnly)?;
    /// assert!(cache.session_for("reader")?.delete("cart:19").is_err());
    /// let last = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
    /// assert!(matches!(last.event, Event::Refused { key: Some(key), .. } if key.len() == "cart:19".len()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty key is refused for that alone")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether something is missing at its end.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::{Event, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.audit().show_keys(5);
    /// # cache.users().add_trusted("reader", Role::ReadOnly)?;
    /// for key in ["cart:19", "cart"] {
    ///     assert!(cache.session_for("reader")?.delete(key).is_err());
    /// }
    /// let told = cache.audit().recent(Sequence::START).entries.into_iter().filter_map(|entry| match entry.event {
    ///     Event::Refused { key, .. } => key.map(|key| key.is_cut()),
    ///     _ => None,
    /// });
    /// assert_eq!(told.collect::<Vec<_>>(), [true, false]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.shown.len() < self.len
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.shown.escape_ascii())
    }
}

impl fmt::Debug for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"{}", if self.is_cut() { "..." } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_choose_is_cut_short_where_a_character_ends() {
        let long = Claimed::new(&"\u{e4}".repeat(50));
        assert_eq!((long.as_str().len(), long.len(), long.is_cut()), (64, 100, true));
        let odd = Claimed::new(&format!("a{}", "\u{e4}".repeat(50)));
        assert_eq!((odd.as_str().len(), odd.len()), (63, 101));
        let short = Claimed::new("ada");
        assert_eq!((short.as_str(), short.is_cut()), ("ada", false));
    }

    #[test]
    fn a_key_shows_as_many_bytes_as_were_asked_for_and_no_more_than_the_most() {
        assert_eq!(KeyPrefix::of(b"session:\xff\n", 9).to_string(), r"session:\xff");
        assert_eq!(KeyPrefix::of(b"ab", 9).as_bytes(), b"ab");
        let long = KeyPrefix::of(&[b'k'; 250], usize::MAX);
        assert_eq!((long.as_bytes().len(), long.len(), long.is_cut()), (KeyPrefix::MAX, 250, true));
    }
}
