//! What one visit to a stripe carries along: the time if it is asked for, the entries that it let go of, and the bytes
//! it has in hand.

use super::{
    budget::{Budget, Purse},
    entry::Cause,
    policy::Regime,
    time::{Glance, Now},
};

/// Entries that a stripe has let go of, to be dropped after its lock: freeing memory takes time, and an entry's last
/// holder may be somebody with more to do. Mostly there is one.
#[derive(Debug)]
pub(super) struct Limbo<E> {
    first: Option<(E, Cause)>,
    more: Vec<(E, Cause)>,
}

impl<E> Limbo<E> {
    #[inline]
    pub(super) fn push(&mut self, entry: E, cause: Cause) {
        if self.first.is_none() {
            self.first = Some((entry, cause));
        } else {
            self.more.push((entry, cause));
        }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.first = None;
        self.more.clear();
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = (E, Cause)> {
        self.first.take().into_iter().chain(self.more.drain(..))
    }
}

#[derive(Debug)]
pub(super) struct Round<'a, E, N> {
    pub(super) now: Glance<'a, N>,
    pub(super) limbo: Limbo<E>,
    pub(super) purse: Purse<'a>,
    pub(super) regime: Regime,
    /// A stripe that holds less than this does not give anything before the others have been asked.
    pub(super) spare_below: usize,
}

impl<'a, E, N: Now> Round<'a, E, N> {
    #[inline]
    pub(super) fn new(now: &'a N, budget: &'a Budget, regime: Regime) -> Self {
        Self {
            now: Glance::at(now),
            limbo: Limbo { first: None, more: Vec::new() },
            purse: Purse::of(budget),
            regime,
            spare_below: 0,
        }
    }
}
