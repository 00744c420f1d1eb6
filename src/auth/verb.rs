//! What can be done with a cache, and sets of it.

use crate::audit::Term;
use std::{fmt, iter::FusedIterator, ops::BitOr, str::FromStr};

/// One kind of thing that can be done with a cache; what rules allow and deny.
///
/// Each verb of a [`Session`](crate::Session) belongs to one of them, but for `get_and_touch`, which needs two.
///
/// ```
/// use keyway::Verb;
///
/// assert_eq!("delete".parse(), Ok(Verb::Delete));
/// assert!((Verb::Read | Verb::Touch).contains(Verb::Read));
/// assert!(!Verb::FlushOwn.has_key());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verb {
    /// Look at items: `get`, `get_many`, `prefetch`, and a half of `get_and_touch`.
    Read = 0,
    /// Store items: `set`, `add`, `replace`, `cas`, `append`, `prepend`, and values that are filled in.
    Write = 1,
    /// Remove items, one by one.
    Delete = 2,
    /// Step counters: `incr`, `decr`, also where they begin one. [`Write`](Self::Write) does not include it.
    Arithmetic = 3,
    /// Move the expiry of items: `touch`, and a half of `get_and_touch`.
    Touch = 4,
    /// Remove all items of the namespace that the user works in, now or later.
    FlushOwn = 5,
    /// Look at statistics.
    Stats = 6,
    /// Remove all items of every namespace.
    FlushAll = 7,
    /// Act on the cache, its users or its server: reset statistics, for one.
    Admin = 8,
}

impl Verb {
    /// All of them.
    ///
    /// ```
    /// assert_eq!(keyway::Verb::ALL.len(), keyway::Verbs::ALL.iter().count());
    /// ```
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Write,
        Self::Delete,
        Self::Arithmetic,
        Self::Touch,
        Self::FlushOwn,
        Self::Stats,
        Self::FlushAll,
        Self::Admin,
    ];

    /// The name that users files and the command line use.
    ///
    /// ```
    /// assert_eq!(keyway::Verb::FlushOwn.name(), "flush-own");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Arithmetic => "arithmetic",
            Self::Touch => "touch",
            Self::FlushOwn => "flush-own",
            Self::Stats => "stats",
            Self::FlushAll => "flush-all",
            Self::Admin => "admin",
        }
    }

    /// Whether it is about one key, so that a rule for a prefix can allow it.
    ///
    /// ```
    /// assert!(keyway::Verb::Read.has_key() && !keyway::Verb::FlushOwn.has_key());
    /// ```
    #[must_use]
    pub fn has_key(self) -> bool {
        Verbs::WITH_KEY.contains(self)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is no verb's name.
///
/// ```
/// use keyway::{UnknownVerb, Verb};
///
/// assert_eq!("touch".parse(), Ok(Verb::Touch));
/// assert_eq!("look".parse::<Verb>(), Err(UnknownVerb));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownVerb;

impl fmt::Display for UnknownVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a verb is one of {}", Verbs::ALL)
    }
}

impl std::error::Error for UnknownVerb {}

impl FromStr for Verb {
    type Err = UnknownVerb;

    fn from_str(text: &str) -> Result<Self, UnknownVerb> {
        Self::ALL.into_iter().find(|verb| verb.name() == text).ok_or(UnknownVerb)
    }
}

/// A set of [`Verb`]s.
///
/// ```
/// use keyway::{Verb, Verbs};
///
/// let verbs = Verb::Read | Verb::Touch;
/// assert!(verbs.contains(Verb::Read) && !verbs.contains(Verb::Write));
/// assert_eq!(verbs.to_string(), "read,touch");
/// assert_eq!(Verbs::ALL.minus(verbs).iter().count(), 7);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Verbs(u16);

impl Verbs {
    /// None of them.
    ///
    /// ```
    /// assert!(keyway::Verbs::NONE.is_empty());
    /// ```
    pub const NONE: Self = Self(0);
    /// All of them.
    ///
    /// ```
    /// assert!(keyway::Verbs::ALL.contains(keyway::Verb::Admin));
    /// ```
    pub const ALL: Self = Self(0x1ff);
    /// Those that are about one key.
    ///
    /// ```
    /// assert!(!keyway::Verbs::WITH_KEY.contains(keyway::Verb::Stats));
    /// ```
    pub const WITH_KEY: Self = Self(0x1f);

    /// Whether this verb is among them.
    ///
    /// ```
    /// use keyway::{Verb, Verbs};
    ///
    /// assert!(Verbs::WITH_KEY.contains(Verb::Delete));
    /// ```
    #[must_use]
    pub fn contains(self, verb: Verb) -> bool {
        self.contains_all(verb.into())
    }

    /// Whether all of `others` are among them.
    ///
    /// ```
    /// use keyway::{Verb, Verbs};
    ///
    /// assert!(Verbs::ALL.contains_all(Verb::Read | Verb::Admin));
    /// ```
    #[must_use]
    pub fn contains_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether there is none.
    ///
    /// ```
    /// use keyway::{Verb, Verbs};
    ///
    /// assert!(Verbs::from(Verb::Read).minus(Verb::Read.into()).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in both.
    ///
    /// ```
    /// use keyway::{Verb, Verbs};
    ///
    /// assert_eq!(Verbs::WITH_KEY.and(Verb::Read | Verb::Stats), Verb::Read.into());
    /// ```
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Those that are not among `others`.
    ///
    /// ```
    /// use keyway::{Verb, Verbs};
    ///
    /// assert!(!Verbs::ALL.minus(Verb::Admin.into()).contains(Verb::Admin));
    /// ```
    #[must_use]
    pub fn minus(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Each of them once, in the order of [`Verb::ALL`].
    ///
    /// ```
    /// use keyway::{Verb, Verbs};
    ///
    /// assert_eq!((Verb::Touch | Verb::Read).iter().collect::<Vec<_>>(), [Verb::Read, Verb::Touch]);
    /// ```
    pub fn iter(self) -> impl FusedIterator<Item = Verb> {
        Verb::ALL.into_iter().filter(move |verb| self.contains(*verb)).fuse()
    }

    /// Their name in the audit: of one verb its own, and there is one that needs two. `any`: no verb in particular.
    pub(crate) fn term(self) -> Term {
        let mut verbs = self.iter();
        Term::new(match (verbs.next(), verbs.next()) {
            (None, _) => "any",
            (Some(verb), None) => verb.name(),
            (Some(_), Some(_)) => "read,touch",
        })
    }

    /// The bits of the word that decides.
    #[inline]
    pub(super) const fn bits(self) -> u64 {
        self.0 as u64
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "nine bits are left")]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self((bits & Self::ALL.bits()) as u16)
    }
}

impl From<Verb> for Verbs {
    #[inline]
    fn from(verb: Verb) -> Self {
        Self(1 << verb as u16)
    }
}

impl FromIterator<Verb> for Verbs {
    fn from_iter<I: IntoIterator<Item = Verb>>(verbs: I) -> Self {
        verbs.into_iter().fold(Self::NONE, |all, verb| all | verb)
    }
}

impl<V: Into<Self>> BitOr<V> for Verbs {
    type Output = Self;

    #[inline]
    fn bitor(self, others: V) -> Self {
        Self(self.0 | others.into().0)
    }
}

impl<V: Into<Verbs>> BitOr<V> for Verb {
    type Output = Verbs;

    #[inline]
    fn bitor(self, others: V) -> Verbs {
        Verbs::from(self) | others
    }
}

/// The names, with commas.
impl fmt::Display for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, verb) in self.iter().enumerate() {
            f.write_str(if number == 0 { "" } else { "," })?;
            f.write_str(verb.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// One name or several with commas.
impl FromStr for Verbs {
    type Err = UnknownVerb;

    fn from_str(text: &str) -> Result<Self, UnknownVerb> {
        text.split(',').map(str::parse::<Verb>).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verb_has_a_bit_and_a_name_of_its_own() {
        for (number, verb) in Verb::ALL.into_iter().enumerate() {
            assert_eq!(Verbs::from(verb).bits(), 1 << number, "{verb}");
            assert_eq!((verb.name().parse(), verb.to_string().as_str()), (Ok(verb), verb.name()));
        }
        assert_eq!(Verb::ALL.into_iter().collect::<Verbs>(), Verbs::ALL);
        assert_eq!("get".parse::<Verb>(), Err(UnknownVerb));
        assert_eq!(UnknownVerb.to_string().matches(',').count(), 8);
    }

    #[test]
    fn sets_are_what_they_are_made_of() {
        let two: Verbs = Verb::Read | Verb::Admin;
        assert_eq!(two.iter().collect::<Vec<_>>(), [Verb::Read, Verb::Admin]);
        assert!(two.contains(Verb::Admin) && !two.contains(Verb::Stats));
        assert!(two.contains_all(Verb::Read.into()) && !two.contains_all(Verb::Read | Verb::Write));
        assert_eq!(two.minus(Verb::Read.into()), Verb::Admin.into());
        assert_eq!(two.and(Verb::Read | Verb::Write), Verb::Read.into());
        assert!(two.minus(Verbs::ALL).is_empty() && !two.is_empty());
        assert_eq!(two.to_string().parse(), Ok(two));
        assert!("".parse::<Verbs>().is_err() && "read,".parse::<Verbs>().is_err());
        assert_eq!((format!("{two:?}"), Verbs::NONE.to_string()), ("{Read, Admin}".into(), String::new()));
        assert_eq!(Verbs::from_bits(!0), Verbs::ALL);
    }

    #[test]
    fn five_verbs_are_about_a_key() {
        let keyed: Vec<_> = Verb::ALL.into_iter().filter(|verb| verb.has_key()).collect();
        assert_eq!(keyed, [Verb::Read, Verb::Write, Verb::Delete, Verb::Arithmetic, Verb::Touch]);
    }
}
