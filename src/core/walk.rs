//! Going over everything, a page of one stripe at a time.

use super::{Engine, Entry, Now, Watch};
use std::hash::BuildHasher;

/// How far a walk has come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WalkFrom {
    stripe: usize,
    page: usize,
    /// How many pages the stripe had when the walk came to it: what was split off from one since belongs to it.
    pages: usize,
}

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// The live entries of the next page, and where to go on. What is there throughout is met exactly once. `None` at the
    /// end.
    pub(crate) fn walk(&self, from: WalkFrom, now: &impl Now) -> Option<(Vec<E>, WalkFrom)> {
        let stripe = self.stripes.get(from.stripe)?.lock.read_rarely();
        let pages = if from.page == 0 { stripe.pages() } else { from.pages };
        if from.page >= pages {
            return Some((Vec::new(), WalkFrom { stripe: from.stripe + 1, ..WalkFrom::default() }));
        }
        let due = stripe.flush_is_due(|| now.now());
        let live = stripe.page(from.page, pages).filter(|entry| !due && !entry.has_expired(now));
        Some((live.cloned().collect(), WalkFrom { page: from.page + 1, pages, ..from }))
    }
}
