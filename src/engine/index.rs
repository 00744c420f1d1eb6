//! A stripe's index: from a hash to the entry itself, in `hashbrown`'s table.

use super::{entry::Entry, hash::ShortHash, recency::Recency};
use hashbrown::HashTable;

/// The index. Growth is asked for beforehand (`growth`), so that it can be paid before the allocator is asked.
pub(super) struct Index<E> {
    table: HashTable<E>,
}

/// The table keeps one byte per bucket and one group beyond; 16 bytes is the largest group on any target.
const GROUP: usize = 16;
/// Of a table's buckets, seven in eight may be filled.
const FILL: (usize, usize) = (7, 8);
/// The fewest buckets of a table that has any.
const FEWEST_BUCKETS: usize = 4;

impl<E: Entry> Index<E> {
    pub(super) fn new() -> Self {
        Self { table: HashTable::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn allocated(&self) -> usize {
        self.table.allocation_size()
    }

    /// The most that the next `insert` will add to `allocated`; 0 if it will not allocate. Growing doubles the
    /// buckets, unless half of them are only in the way (left behind by removals): then the table is tidied in
    /// place.
    pub(super) fn growth(&self) -> usize {
        let len = self.table.len();
        if len < self.table.capacity() {
            return 0;
        }
        let buckets = self.table.num_buckets();
        if buckets > FEWEST_BUCKETS && len < buckets / FILL.1 * FILL.0 / 2 {
            return 0;
        }
        let grown = if self.table.capacity() == 0 { FEWEST_BUCKETS } else { buckets * 2 };
        let bytes = (grown * size_of::<E>()).next_multiple_of(GROUP) + grown + GROUP;
        bytes.saturating_sub(self.allocated())
    }

    #[inline]
    pub(super) fn find(&self, hash: ShortHash, key: &E::Key) -> Option<&E> {
        self.table.find(hash.spread(), |entry| entry.is_for(key))
    }

    pub(super) fn at(&self, hash: ShortHash, slot: u32) -> Option<&E> {
        self.table.find(hash.spread(), |entry| entry.mark().slot() == slot)
    }

    pub(super) fn insert(&mut self, hash: ShortHash, entry: E, recency: &Recency) {
        self.table.insert_unique(hash.spread(), entry, |entry| recency.hash(entry.mark().slot()).spread());
    }

    /// Puts another entry with the same hash in the place of the one in this slot.
    pub(super) fn replace(&mut self, hash: ShortHash, slot: u32, entry: E) -> Option<E> {
        let place = self.table.find_mut(hash.spread(), |entry| entry.mark().slot() == slot)?;
        Some(std::mem::replace(place, entry))
    }

    pub(super) fn remove(&mut self, hash: ShortHash, slot: u32) -> Option<E> {
        let found = self.table.find_entry(hash.spread(), |entry| entry.mark().slot() == slot);
        Some(found.ok()?.remove().0)
    }
}

impl<E> std::fmt::Debug for Index<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("len", &self.table.len()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{super::tests::Number, *};
    use crate::engine::{Hash, time::Deadline};

    #[test]
    fn growth_is_never_more_than_was_announced() {
        let (mut index, mut recency) = (Index::new(), Recency::new());
        let mut random = 3u64;
        let mut held: Vec<(ShortHash, u32)> = Vec::new();
        for step in 0..60_000u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let removing = held.len() > 5_000 || (step % 3 == 2 && !held.is_empty());
            if removing {
                let (hash, slot) = held.swap_remove((random >> 33) as usize % held.len());
                assert!(index.remove(hash, slot).is_some());
                recency.remove(slot);
                continue;
            }
            let (before, growth) = (index.allocated(), index.growth());
            let hash = Hash::new(random).short();
            let slot = recency.insert(hash, Deadline::NONE);
            let entry = Number::new(random, 1);
            entry.mark().settle_in(slot);
            index.insert(hash, entry, &recency);
            held.push((hash, slot));
            let grown = index.allocated() - before;
            let exact = grown == 0 || growth - grown < 64;
            assert!(grown <= growth && exact, "announced {growth}, grew {grown}");
        }
    }
}
