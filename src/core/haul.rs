//! What maintenance has let go of: in which portions it is gathered, and how it is dropped.

use super::{
    budget::{Budget, Purse},
    entry::Entry,
    prefetch::prefetch,
    round::Limbo,
};
use std::cmp::Reverse;

/// So many entries are dropped at once at most, or so many bytes: no more than one in so many of the budget's, since others may
/// want them meanwhile.
const ENTRIES_MAX: usize = 1 << 17;
const BYTES_MAX: usize = 32 << 20;
const SHARE_OF_BUDGET: usize = 64;
/// So many entries before one is dropped, it is fetched.
const FETCHED_AHEAD: usize = 16;

/// Entries that have left their stripes and are still in memory, and so are still charged.
pub(super) struct Haul<'a, E> {
    entries: Vec<E>,
    /// Empty, with the room that the visits before needed.
    limbo: Limbo<E>,
    purse: Purse<'a>,
    bytes_max: usize,
    /// How many entries the next portion should have.
    portion: usize,
}

impl<'a, E: Entry> Haul<'a, E> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Self {
            entries: Vec::new(),
            limbo: Limbo::new(),
            purse: Purse::of(budget),
            bytes_max: BYTES_MAX.min(budget.limit() / SHARE_OF_BUDGET),
            portion: 0,
        }
    }

    /// How often so many stripes are to be visited for the next portion, if a visit takes so many entries.
    pub(super) fn visits(&self, stripes: usize, entries: usize) -> usize {
        (self.portion / (stripes * entries)).max(1)
    }

    /// Where a stripe may put what it lets go of.
    pub(super) fn hand_out(&mut self) -> Limbo<E> {
        std::mem::replace(&mut self.limbo, Limbo::new())
    }

    /// Takes back what was handed out, with what was put there, and the bytes that the stripe no longer uses.
    pub(super) fn take_back(&mut self, mut limbo: Limbo<E>, bytes: usize) {
        self.entries.extend(limbo.drain().map(|(entry, _)| entry));
        self.limbo = limbo;
        self.purse.put(bytes);
        if self.purse.held() > self.bytes_max {
            self.drop_all();
        }
    }

    /// Drops all, in the order of their addresses: an allocator that joins neighbours finds each beside the one before.
    pub(super) fn drop_all(&mut self) {
        let (count, bytes) = (self.entries.len(), self.purse.held());
        // Downwards, since it is emptied from its end.
        self.entries.sort_unstable_by_key(|entry| Reverse(entry.address().addr()));
        while let Some(last) = self.entries.len().checked_sub(1) {
            // They have left the caches since, and an allocator looks at what stands behind each.
            if let Some(entry) = last.checked_sub(FETCHED_AHEAD).and_then(|at| self.entries.get(at)) {
                prefetch(entry.address());
            }
            if let Some(entry) = last.checked_sub(FETCHED_AHEAD / 2).and_then(|at| self.entries.get(at)) {
                entry.prefetch_owned();
                let end = entry.address().wrapping_add(entry.footprint());
                prefetch(end);
                prefetch(end.wrapping_add(entry.footprint()));
            }
            self.entries.pop();
        }
        self.purse.give_back();
        if let Some(each) = bytes.checked_div(count) {
            self.portion = ENTRIES_MAX.min(self.bytes_max / each.max(1));
        }
    }
}
