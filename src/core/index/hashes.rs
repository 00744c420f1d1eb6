//! Where the hashes of entries come from when a page is built anew.

use crate::core::hash::ShortHash;

/// Tells the hashes of entries. What tells them may be far away in memory, so it can be asked for beforehand.
pub(in crate::core) trait Hashes<E> {
    fn of(&self, entry: &E) -> ShortHash;

    /// Begins to fetch the entry.
    fn fetch_entry(&self, _: &E) {}

    /// Begins to fetch what tells its hash; the entry itself should be near by now.
    fn fetch_hash(&self, _: &E) {}
}

impl<E, F: Fn(&E) -> ShortHash> Hashes<E> for F {
    fn of(&self, entry: &E) -> ShortHash {
        self(entry)
    }
}
