//! What a namespace is promised.

use super::NamespaceError;
use crate::{metering::Limits, store::Store};

/// A tenant's own key space in a cache: what it is called, and what of the cache's budget is its own.
///
/// ```
/// # use keyway::{Cache, Config, Namespace, Users};
/// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
/// let mut shop = Namespace::new("shop");
/// shop.reserve = 8 << 20;
/// shop.ceiling = Some(32 << 20);
/// cache.namespaces().add(shop)?;
/// assert!(cache.reserved() >= 8 << 20); // which nobody else can have
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Namespace {
    /// 1 to 64 bytes of text without blanks and control characters.
    pub name: String,
    /// Bytes that others cannot have once they are used here. While they are not used, others may; they come back at once, by
    /// evictions elsewhere, when they are wanted. The sum over all namespaces is at most the cache's budget.
    #[cfg_attr(feature = "serde", serde(default))]
    pub reserve: usize,
    /// Items that others cannot have once they are stored here, whatever their size: while it holds no more than so many, none of them
    /// goes for what others store beyond their own reservations, and it gets its room from others before it evicts its own. 0: none.
    ///
    /// So many items of any size cannot be promised within a budget of bytes. What is promised in bytes goes first: whoever stores
    /// something within its [`reserve`](Self::reserve) takes such an item where nothing else is left to take. As bytes count at
    /// least those of so many of the smallest items. Set a [`ceiling`](Self::ceiling) beside it, which bounds what they take of
    /// what is reserved for nobody.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_none"))]
    pub reserve_items: usize,
    /// The most bytes that it may hold, overhead included, whatever is free. `None`: what the others leave.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub ceiling: Option<usize>,
    /// The most items that it may hold. `None`: as many as fit.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub ceiling_items: Option<usize>,
    /// How much may be done in it, by all sessions of all its users together. Verbs and bytes are counted by the cache's clock.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Limits::is_none"))]
    pub limits: Limits,
    /// Stripes, as in [`Config::stripes`](crate::Config::stripes); rounded up to a power of two. They are chosen when the namespace
    /// is made, and stay. `None`: up to 16, as many as suit what it may hold.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub stripes: Option<usize>,
}

#[cfg(feature = "serde")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks it")]
fn is_none(items: &usize) -> bool {
    *items == 0
}

/// Enough that two of many cores seldom meet in one tenant's part, and few enough that a thousand tenants cost little.
const STRIPES: usize = 16;

impl Namespace {
    /// The longest name, in bytes.
    ///
    /// ```
    /// use keyway::Namespace;
    ///
    /// assert!(Namespace::check_name(&"n".repeat(Namespace::MAX_NAME)).is_ok());
    /// assert!(Namespace::check_name(&"n".repeat(Namespace::MAX_NAME + 1)).is_err());
    /// ```
    pub const MAX_NAME: usize = 64;

    /// With nothing reserved, and no ceiling.
    ///
    /// ```
    /// use keyway::Namespace;
    ///
    /// let shop = Namespace::new("shop");
    /// assert_eq!((shop.name.as_str(), shop.reserve, shop.ceiling), ("shop", 0, None));
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            reserve: 0,
            reserve_items: 0,
            ceiling: None,
            ceiling_items: None,
            limits: Limits::default(),
            stripes: None,
        }
    }

    /// Whether a namespace can have this name.
    ///
    /// ```
    /// use keyway::{Namespace, NamespaceError};
    ///
    /// assert_eq!(Namespace::check_name("shop/eu"), Ok(()));
    /// assert_eq!(Namespace::check_name("the shop"), Err(NamespaceError::BadName("the shop".to_owned())));
    /// ```
    ///
    /// # Errors
    /// [`NamespaceError::BadName`].
    pub fn check_name(name: &str) -> Result<(), NamespaceError> {
        let is_plain = |letter: char| !letter.is_whitespace() && !letter.is_control();
        if (1..=Self::MAX_NAME).contains(&name.len()) && name.chars().all(is_plain) {
            Ok(())
        } else {
            Err(NamespaceError::BadName(name.to_owned()))
        }
    }

    pub(super) fn check(&self) -> Result<(), NamespaceError> {
        Self::check_name(&self.name)?;
        match self.ceiling {
            Some(ceiling) if ceiling < self.reserve => {
                Err(NamespaceError::CeilingBelowReserve { reserve: self.reserve, ceiling })
            }
            _ if self.ceiling_items == Some(0) => Err(NamespaceError::NoItems),
            _ => match self.ceiling_items {
                Some(ceiling_items) if ceiling_items < self.reserve_items => {
                    let reserve_items = self.reserve_items;
                    Err(NamespaceError::CeilingBelowReservedItems { reserve_items, ceiling_items })
                }
                _ => Ok(()),
            },
        }
    }

    /// How many stripes it gets in a cache of this budget: a power of two.
    pub(super) fn stripes_within(&self, budget: usize) -> Result<usize, NamespaceError> {
        let may_hold = self.ceiling.unwrap_or(usize::MAX).min(budget);
        let suiting = || Store::stripes_for(may_hold, 1).min(STRIPES);
        let stripes = Store::rounded_stripes(self.stripes.unwrap_or_else(suiting));
        stripes.ok_or(NamespaceError::TooManyStripes)
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_there_is_and_is_read_as_it_was_written() {
        let mut shop = Namespace::new("shop");
        for items in [0, 1, 7] {
            shop.reserve_items = items;
            shop.limits.connections = (items > 1).then_some(3);
            let written = toml::to_string(&shop).expect("plain");
            let has = |what| written.contains(what);
            assert_eq!((has("reserve_items"), has("limits")), (items > 0, items > 1), "{written}");
            assert_eq!(toml::from_str::<Namespace>(&written).expect("as it was written"), shop);
        }
    }
}
