//! What one visit to a stripe carries along: the time if it is asked for, the entries that it let go of, and the bytes
//! it has in hand.

use super::{
    budget::{Budget, Purse},
    entry::Cause,
    time::{Glance, Now},
};
use smallvec::SmallVec;

/// Entries that a stripe has let go of, to be dropped after its lock: freeing memory takes time, and an entry's last
/// holder may be somebody with more to do.
pub(super) type Limbo<E> = SmallVec<[(E, Cause); 2]>;

#[derive(Debug)]
pub(super) struct Round<'a, E, N> {
    pub(super) now: Glance<'a, N>,
    pub(super) limbo: Limbo<E>,
    pub(super) purse: Purse<'a>,
}

impl<'a, E, N: Now> Round<'a, E, N> {
    #[inline]
    pub(super) fn new(now: &'a N, budget: &'a Budget) -> Self {
        Self { now: Glance::at(now), limbo: Limbo::new(), purse: Purse::of(budget) }
    }
}
