//! Pages that leave a slab for gaps of others, so that it can be given back.

use super::{
    Index,
    moving::Moving,
    slab::{Slab, Supply},
};

/// So many pages leave at once, while their stripe is locked: some ten microseconds.
const PAGES_AT_ONCE: usize = 16;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) enum Evacuation {
    /// This index has nothing there any more.
    Done,
    /// There is more of it.
    Begun,
    /// One of its pages finds no gap.
    NoRoom,
}

impl<E> Index<E> {
    /// Moves some of the pages that are in this slab, as they are: homes and places hold.
    #[cold]
    pub(in crate::core) fn leave(&mut self, slab: &Slab, supply: &impl Supply) -> Evacuation {
        let moving = self.moving.as_deref_mut().map(Moving::page_mut);
        let mut there = self.pages.iter_mut().chain(moving).filter(|page| page.is_in(slab));
        for page in there.by_ref().take(PAGES_AT_ONCE) {
            let Some(run) = supply.gap_beside(slab, page.lines()) else { return Evacuation::NoRoom };
            page.move_to(run);
            self.built = self.built.wrapping_add(1);
        }
        if there.next().is_some() { Evacuation::Begun } else { Evacuation::Done }
    }
}
