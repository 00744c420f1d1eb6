//! A namespace as a users file has it.

use keyway::{Limits, Namespace};

/// A namespace, as a users file describes it.
///
/// ```
/// use keyway_frontend::NamespaceRecord;
///
/// let mut shop = NamespaceRecord::new("shop");
/// shop.reserve = 64 << 20;
/// shop.ceiling = Some(256 << 20);
/// let mut file = keyway_frontend::UsersFile::empty()?;
/// file.set_namespace(shop)?;
/// assert_eq!(file.namespaces().next().map(|it| it.reserve), Some(64 << 20));
/// # Ok::<(), keyway_frontend::UsersFileError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamespaceRecord {
    /// The name.
    pub name: String,
    /// Bytes that are kept for it.
    pub reserve: u64,
    /// Items that are kept for it, whatever their size; 0: none.
    pub reserve_items: u64,
    /// The most bytes that it takes; `None`: as many as there are.
    pub ceiling: Option<u64>,
    /// The most items that it holds; `None`: as many as there is room for.
    pub ceiling_items: Option<u64>,
    /// How much may be done in it, by all its users together.
    pub limits: Limits,
}

impl NamespaceRecord {
    /// The longest name, in bytes.
    ///
    /// ```
    /// use keyway_frontend::{NamespaceRecord, UsersFile};
    ///
    /// let mut file = UsersFile::empty()?;
    /// assert!(file.set_namespace(NamespaceRecord::new("n".repeat(NamespaceRecord::MAX_NAME))).is_ok());
    /// assert!(file.set_namespace(NamespaceRecord::new("n".repeat(NamespaceRecord::MAX_NAME + 1))).is_err());
    /// # Ok::<(), keyway_frontend::UsersFileError>(())
    /// ```
    pub const MAX_NAME: usize = Namespace::MAX_NAME;

    /// One for which nothing is kept, and that is not bounded.
    ///
    /// ```
    /// use keyway_frontend::NamespaceRecord;
    ///
    /// let shop = NamespaceRecord::new("shop");
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
        }
    }

    /// What is wrong with it, if anything is.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if Namespace::check_name(&self.name).is_err() {
            Some("its name must be 1 to 64 bytes of text without blanks and control characters")
        } else if self.ceiling.is_some_and(|ceiling| ceiling < self.reserve) {
            Some("more is reserved than it may hold; raise `ceiling` or lower `reserve`")
        } else if self.ceiling_items.is_some_and(|ceiling| ceiling < self.reserve_items) {
            Some("more items are reserved than it may hold; raise `ceiling_items` or lower `reserve_items`")
        } else if [
            Some(self.reserve.max(1)),
            Some(self.reserve_items.max(1)),
            self.ceiling,
            self.ceiling_items,
        ]
        .into_iter()
        .flatten()
        .any(|bound| bound == 0 || i64::try_from(bound).is_err())
        {
            Some("what it may hold is 1 at least and below 2^63; leave it out for no bound")
        } else if !can_be_written(&self.limits) {
            Some("a limit is 1 at least and below 2^63; leave it out for none")
        } else {
            None
        }
    }
}

/// Whether each limit is one that a file can say.
pub(super) fn can_be_written(limits: &Limits) -> bool {
    let all = [limits.connections, limits.operations_per_second, limits.bytes_per_second, limits.value];
    all.into_iter().flatten().all(|limit| limit > 0 && i64::try_from(limit).is_ok())
}
