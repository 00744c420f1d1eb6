//! Who is told of entries that leave.

use super::entry::Cause;

/// Somebody who is told. `note` is called under the lock of the entry's stripe, so that the order per key is right, and
/// must do no more than to note it; `deliver` after the lock was let go.
pub(crate) trait Watch<E> {
    /// Whether anybody is there: if not, nothing is noted.
    fn is_watching(&self) -> bool;
    fn note(&self, stripe: usize, entry: E, cause: Cause);
    fn deliver(&self, stripe: usize);

    /// An entry is evicted now: by the time that `note` is called of it, if it ever is, its memory may hold another one. Under the
    /// lock of its stripe, so it must not wait, ask for memory, or call anybody who might.
    fn evicted(&self, _: &E) {}

    /// Whether anybody wants to know of that.
    #[inline]
    fn wants_evictions(&self) -> bool {
        false
    }
}

/// Nobody.
impl<E> Watch<E> for () {
    #[inline]
    fn is_watching(&self) -> bool {
        false
    }

    fn note(&self, _: usize, _: E, _: Cause) {}

    #[inline]
    fn deliver(&self, _: usize) {}
}
