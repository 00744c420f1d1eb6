//! Why a namespace cannot be as it was asked for.

use super::Namespace;
use std::{error::Error, fmt};

/// A namespace cannot be as it was asked for. Nothing was changed.
///
/// ```
/// use keyway::{Cache, Config, Namespace, NamespaceError, Users};
///
/// let cache = Cache::new(Config::new(16 << 20), Users::new())?;
/// let mut shop = Namespace::new("shop");
/// shop.reserve = 64 << 20;
/// assert!(matches!(cache.namespaces().add(shop), Err(NamespaceError::ReservedBeyondBudget { .. })));
/// # Ok::<(), keyway::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NamespaceError {
    /// There is no such namespace.
    Unknown(String),
    /// There is such a namespace already.
    Exists(String),
    /// Two of a list have this name.
    NamedTwice(String),
    /// No name: empty, longer than 64 bytes, or with blanks or control characters.
    BadName(String),
    /// More is to be reserved than there is.
    ReservedBeyondBudget {
        /// The sum of what would be reserved, and of what namespaces take while they are empty.
        reserved: usize,
        /// The cache's budget.
        budget: usize,
    },
    /// The ceiling is below what is reserved.
    CeilingBelowReserve {
        /// Bytes to be reserved.
        reserve: usize,
        /// The ceiling in bytes.
        ceiling: usize,
    },
    /// The ceiling of items is below the number of those that are reserved.
    CeilingBelowReservedItems {
        /// Items to be reserved.
        reserve_items: usize,
        /// The ceiling in items.
        ceiling_items: usize,
    },
    /// The ceiling does not even hold the empty stripes, with the smallest items of the number that is reserved.
    CeilingTooLow {
        /// Bytes that they take.
        least: usize,
    },
    /// A ceiling of no items.
    NoItems,
    /// More than 65,536 stripes.
    TooManyStripes,
    /// What others hold could not be evicted in time for the empty stripes.
    NoRoom,
    /// The operating system gave no random bytes for the key of its hash.
    NoRandomness,
}

impl NamespaceError {
    /// Its name in the audit.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "UnknownNamespace",
            Self::Exists(_) => "NamespaceExists",
            Self::NamedTwice(_) => "NamedTwice",
            Self::BadName(_) => "BadName",
            Self::ReservedBeyondBudget { .. } => "ReservedBeyondBudget",
            Self::CeilingBelowReserve { .. } => "CeilingBelowReserve",
            Self::CeilingBelowReservedItems { .. } => "CeilingBelowReservedItems",
            Self::CeilingTooLow { .. } => "CeilingTooLow",
            Self::NoItems => "NoItems",
            Self::TooManyStripes => "TooManyStripes",
            Self::NoRoom => "NoRoom",
            Self::NoRandomness => "NoRandomness",
        }
    }
}

impl fmt::Display for NamespaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no namespace {name:?}; add it first"),
            Self::Exists(name) => {
                write!(f, "there is a namespace {name:?} already; change it, or choose another name")
            }
            Self::NamedTwice(name) => write!(f, "namespace {name:?} is named twice; remove one of the two"),
            Self::BadName(name) => write!(
                f,
                "{name:?} is no name of a namespace: it has 1 to {} bytes of text without blanks and control characters",
                Namespace::MAX_NAME
            ),
            Self::ReservedBeyondBudget { reserved, budget } => write!(
                f,
                "{reserved} bytes would be reserved of a budget of {budget}; reserve less, or raise the budget"
            ),
            Self::CeilingBelowReserve { reserve, ceiling } => write!(
                f,
                "a ceiling of {ceiling} bytes is below the reservation of {reserve}; raise it or reserve less"
            ),
            Self::CeilingBelowReservedItems { reserve_items, ceiling_items } => write!(
                f,
                "a ceiling of {ceiling_items} items is below the reservation of {reserve_items}; raise it or reserve fewer"
            ),
            Self::CeilingTooLow { least } => {
                write!(
                    f,
                    "the ceiling is too low: the stripes alone, and the smallest of the items that are reserved, need {least} bytes; \
                     raise it or take fewer"
                )
            }
            Self::NoItems => f.write_str("a ceiling of no items lets nothing in; raise it or leave it out"),
            Self::TooManyStripes => f.write_str("there can be 65,536 stripes at most; take fewer"),
            Self::NoRoom => f.write_str("no room could be made for the empty namespace; try again"),
            Self::NoRandomness => f.write_str("the system gave no random bytes for the hash key; try again"),
        }
    }
}

impl Error for NamespaceError {}
