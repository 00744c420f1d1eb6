//! How much may be done.

/// How much a user may do, or all users of a namespace together, of each thing apart. `None`: as much as there is.
///
/// Where a user and its namespace both have limits, both count: what either refuses is not done, and takes nothing from the other.
///
/// ```
/// use keyway::{Cache, Config, Limits, Namespace, Role, Users};
///
/// let users = Users::new();
/// users.add_trusted("batch", Role::ReadWrite)?;
/// let mut limits = Limits::default();
/// limits.operations_per_second = Some(1_000);
/// users.set_limits("batch", limits)?;
/// assert_eq!(users.list()[0].limits, limits);
///
/// // A tenant, whichever users it has.
/// let cache = Cache::new(Config::new(16 << 20), users)?;
/// let mut shop = Namespace::new("shop");
/// limits.operations_per_second = Some(20_000);
/// shop.limits = limits;
/// cache.namespaces().add(shop)?;
/// assert_eq!(cache.namespaces().list()[0].limits, limits);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
#[non_exhaustive]
pub struct Limits {
    /// Connections of a server that are logged in at a time.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub connections: Option<u64>,
    /// Verbs in a second, by all sessions together.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub operations_per_second: Option<u64>,
    /// Bytes of values in a second, by all sessions together: those that come in and those that go out, each apart.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub bytes_per_second: Option<u64>,
    /// The largest value, in bytes.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub value: Option<u64>,
}

impl Limits {
    /// Whether nothing is limited.
    ///
    /// ```
    /// use keyway::Limits;
    ///
    /// let mut limits = Limits::default();
    /// assert!(limits.is_none());
    /// limits.value = Some(64 << 10);
    /// assert!(!limits.is_none());
    /// ```
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
