//! What a caller hands in piece by piece: a value that is written where it will stay.

use crate::{Expiry, Version, item::Unfilled};

/// An item to be, with its key and flags, whose value is still to be filled in: for a large one that comes in pieces, from
/// a socket or a file. It is written where it will stay instead of being put together elsewhere and copied.
///
/// It comes from [`Session::blank`](crate::Session::blank), is nobody else's, and changes nothing in the cache until it is
/// stored whole. Its memory is not in the cache's budget until then.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # let cache = Cache::new(Config::new(4 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let mut blank = session.blank("song", 100_000, 0)?;
/// blank.value_mut().fill(b'a'); // or read into it, piece by piece
/// session.set_filled(blank)?;
/// assert_eq!(session.get("song")?.map(|item| item.len()), Some(100_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Blank {
    pub(crate) unfilled: Unfilled,
    pub(crate) expiry: Expiry,
    pub(crate) given: Option<Version>,
}

impl Blank {
    pub(crate) fn new(unfilled: Unfilled) -> Self {
        Self { unfilled, expiry: Expiry::Never, given: None }
    }

    /// When the item ends, counted from when it is stored.
    pub fn expires(mut self, expiry: impl Into<Expiry>) -> Self {
        self.expiry = expiry.into();
        self
    }

    /// Store only if the present item still has this version.
    pub fn given(mut self, version: Version) -> Self {
        self.given = Some(version);
        self
    }

    /// The value, to be written; zeros at first.
    pub fn value_mut(&mut self) -> &mut [u8] {
        self.unfilled.value_mut()
    }

    /// Bytes of the value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.unfilled.value_len()
    }

    /// Whether the value has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
