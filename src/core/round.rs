//! What one visit to a stripe carries along: the time if it is asked for, and the entries that it let go of.

use super::{
    budget::Budget,
    entry::{Cause, Ordinal, Recipe},
    policy::{Regime, Written},
    time::{Glance, Now},
    watch::Watch,
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
    pub(super) fn new() -> Self {
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

    /// A new entry in the memory of the latest, which mostly was evicted to make room for it.
    #[inline]
    pub(super) fn remake(&mut self, recipe: &impl Recipe<E>, ordinal: Ordinal) -> Option<E> {
        let (entry, _) = self.latest.as_mut()?;
        if recipe.remake_paid(entry, ordinal) { self.latest.take().map(|(entry, _)| entry) } else { None }
    }

    /// In the order in which they left.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (E, Cause)> {
        self.earlier.drain(..).chain(self.latest.take())
    }
}

/// One hold of a stripe's lock.
pub(super) struct Round<'a, E, N> {
    pub(super) now: Glance<'a, N>,
    pub(super) limbo: Limbo<E>,
    pub(super) budget: &'a Budget,
    /// Who is told of evictions, if anybody is.
    pub(super) watch: Option<&'a dyn Watch<E>>,
    pub(super) regime: Regime,
    /// A stripe that holds less than this gives nothing to others before they have been asked.
    pub(super) spare_below: usize,
    pub(super) asks: Asks,
    /// What it did to the key that it was for.
    pub(super) written: Option<Written>,
}

/// Who is to be asked before the stripe that is written to evicts for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// The other engines of the house, if it is their turn; and the other stripes.
    Engines,
    /// The other stripes, if this one has less than its part.
    Stripes,
    Nobody,
}

impl<'a, E, N: Now> Round<'a, E, N> {
    #[inline]
    pub(super) fn new(
        now: &'a N,
        budget: &'a Budget,
        watch: Option<&'a dyn Watch<E>>,
        regime: Regime,
    ) -> Self {
        Self::with_limbo(now, budget, watch, regime, Limbo::new())
    }

    /// With a limbo that was used before, so that it has room.
    #[inline]
    pub(super) fn with_limbo(
        now: &'a N,
        budget: &'a Budget,
        watch: Option<&'a dyn Watch<E>>,
        regime: Regime,
        limbo: Limbo<E>,
    ) -> Self {
        let now = Glance::at(now);
        Self { now, limbo, budget, watch, regime, spare_below: 0, asks: Asks::Nobody, written: None }
    }
}

impl<E, N> Round<'_, E, N> {
    /// Whether other engines of the house may be asked, and there are such.
    #[inline]
    pub(super) fn may_ask_engines(&self) -> bool {
        self.asks == Asks::Engines && self.budget.is_shared()
    }
}
