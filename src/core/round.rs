//! What one visit to a stripe carries along: the time if it is asked for, and the entries that it let go of.

use super::{
    budget::Budget,
    entry::{Cause, Entry},
    policy::Regime,
    prefetch::prefetch,
    time::{Glance, Now},
};

/// Entries that a stripe has let go of, to be dropped after its lock: freeing memory takes time, and an entry's last
/// holder may be somebody with more to do. Mostly there is one.
#[derive(Debug)]
pub(super) struct Limbo<E> {
    latest: Option<(E, Cause)>,
    earlier: Vec<(E, Cause)>,
}

impl<E> Limbo<E> {
    #[inline]
    fn new() -> Self {
        Self { latest: None, earlier: Vec::new() }
    }

    #[inline]
    pub(super) fn push(&mut self, entry: E, cause: Cause) {
        if let Some(before) = self.latest.replace((entry, cause)) {
            self.keep(before);
        }
    }

    #[cold]
    fn keep(&mut self, before: (E, Cause)) {
        self.earlier.push(before);
    }

    /// Makes room for so many.
    pub(super) fn reserve(&mut self, entries: usize) {
        self.earlier.reserve(entries);
    }

    /// Begins to fetch what stands behind each entry in memory: an allocator that takes one back looks there.
    pub(super) fn fetch_neighbours(&self)
    where
        E: Entry,
    {
        for (entry, _) in &self.earlier {
            let end = entry.address().wrapping_add(entry.charge());
            prefetch(end);
            prefetch(end.wrapping_add(entry.charge()));
        }
    }

    /// In the order in which they left.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (E, Cause)> {
        self.earlier.drain(..).chain(self.latest.take())
    }
}

/// One hold of a stripe's lock.
#[derive(Debug)]
pub(super) struct Round<'a, E, N> {
    pub(super) now: Glance<'a, N>,
    pub(super) limbo: Limbo<E>,
    pub(super) budget: &'a Budget,
    pub(super) regime: Regime,
    /// A stripe that holds less than this gives nothing before the others have been asked.
    pub(super) spare_below: usize,
}

impl<'a, E, N: Now> Round<'a, E, N> {
    #[inline]
    pub(super) fn new(now: &'a N, budget: &'a Budget, regime: Regime) -> Self {
        Self { now: Glance::at(now), limbo: Limbo::new(), budget, regime, spare_below: 0 }
    }
}
