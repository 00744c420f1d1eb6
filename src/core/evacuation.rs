//! Slabs that a few pages of the index hold are emptied: what was left there moves to gaps of others.

use super::{
    Engine, Entry, Watch,
    index::{Evacuation, Slab},
};
use std::hash::BuildHasher;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// Gives back the memory of slabs that are empty, and of those that can be emptied, holding each lock for a bounded time.
    pub(crate) fn give_back_slabs(&self) {
        self.budget.give_back_slabs();
        while let Some(slab) = self.budget.slab_to_empty() {
            let is_empty = (0..self.stripes.len()).all(|number| self.leave_slab(number, &slab));
            drop(slab);
            // Somebody may have moved in meanwhile.
            if !is_empty || self.budget.give_back_slabs() == 0 {
                return;
            }
        }
    }

    /// Whether all of a stripe's pages found room elsewhere.
    fn leave_slab(&self, number: usize, slab: &Slab) -> bool {
        loop {
            let mut stripe = self.stripes[number].lock.write();
            let came = stripe.leave_slab(slab, &self.budget);
            self.renew_signposts(number, &mut stripe);
            match came {
                Evacuation::Begun => {}
                Evacuation::Done => return true,
                Evacuation::NoRoom => return false,
            }
        }
    }
}
