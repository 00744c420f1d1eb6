//! How much a user may do.

/// How much a user may do, of each thing apart. `None`: as much as there is.
///
/// ```
/// use keyway::{Limits, Role, Users};
///
/// let users = Users::new();
/// users.add_trusted("batch", Role::ReadWrite)?;
/// let mut limits = Limits::default();
/// limits.operations_per_second = Some(1_000);
/// users.set_limits("batch", limits)?;
/// assert_eq!(users.list()[0].limits, limits);
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Connections of a server that are logged in at a time.
    pub connections: Option<u64>,
    /// Verbs in a second, by all sessions together.
    pub operations_per_second: Option<u64>,
    /// Bytes of values in a second, by all sessions together: those that come in and those that go out, each apart.
    pub bytes_per_second: Option<u64>,
    /// The largest value, in bytes.
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
