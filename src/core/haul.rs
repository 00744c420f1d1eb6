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
/// So many stripes take turns, see `Engine::maintain`.
pub(super) const IN_TURN: usize = 4;

/// Entries that have left their stripes and are still in memory, and so are still charged.
pub(super) struct Haul<'a, E> {
    /// What each of the stripes that take turns has let go of: apart, since each goes from its newest entry to its oldest, and so
    /// mostly from the highest address to the lowest.
    latest: [Limbo<E>; IN_TURN],
    entries: Vec<E>,
    purse: Purse<'a>,
    bytes_max: usize,
    /// How many entries the next portion should have.
    portion: usize,
}

impl<'a, E: Entry> Haul<'a, E> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Self {
            latest: std::array::from_fn(|_| Limbo::new()),
            entries: Vec::new(),
            purse: Purse::of(budget),
            bytes_max: BYTES_MAX.min(budget.limit() / SHARE_OF_BUDGET),
            portion: 0,
        }
    }

    /// How often so many stripes are to be visited for the next portion, if a visit takes so many entries.
    pub(super) fn visits(&self, stripes: usize, entries: usize) -> usize {
        (self.portion / (stripes * entries)).max(1)
    }

    /// Where the stripe whose turn it is may put what it lets go of.
    pub(super) fn hand_out(&mut self, turn: usize) -> Limbo<E> {
        self.latest.get_mut(turn).map_or_else(Limbo::new, |limbo| std::mem::replace(limbo, Limbo::new()))
    }

    /// Takes what was handed out back, and the bytes that the stripe no longer uses.
    pub(super) fn take_back(&mut self, turn: usize, limbo: Limbo<E>, bytes: usize) {
        self.purse.put(bytes);
        if let Some(latest) = self.latest.get_mut(turn) {
            *latest = limbo;
        }
        if self.purse.held() > self.bytes_max {
            self.end_turns();
            self.drop_all();
        }
    }

    /// Other stripes take turns from now on.
    pub(super) fn end_turns(&mut self) {
        for limbo in &mut self.latest {
            self.entries.extend(limbo.drain().map(|(entry, _)| entry));
        }
    }

    /// Drops all, in the order of their addresses: an allocator that joins neighbours finds each beside the one before.
    pub(super) fn drop_all(&mut self) {
        let (count, bytes) = (self.entries.len(), self.purse.held());
        // Downwards, since it is emptied from its end. There are runs in it; this sort joins them.
        self.entries.sort_by_key(|entry| Reverse(entry.address().addr()));
        while let Some(last) = self.entries.len().checked_sub(1) {
            // They have left the caches since, and an allocator looks at what stands behind each.
            if let Some(entry) = last.checked_sub(FETCHED_AHEAD).and_then(|at| self.entries.get(at)) {
                prefetch(entry.address());
            }
            if let Some(entry) = last.checked_sub(FETCHED_AHEAD / 2).and_then(|at| self.entries.get(at)) {
                let end = entry.address().wrapping_add(entry.charge());
                prefetch(end);
                prefetch(end.wrapping_add(entry.charge()));
            }
            self.entries.pop();
        }
        self.purse.give_back();
        if let Some(each) = bytes.checked_div(count) {
            self.portion = ENTRIES_MAX.min(self.bytes_max / each.max(1));
        }
    }
}
