//! Slabs: memory that the indexes of an engine's stripes share, of more than each of them needs.

use super::Budget;
use crate::{
    core::{
        Promotion,
        index::{Run, Slab, Supply},
    },
    sync::{Arc, Mutex},
};

/// An engine that has fewer pages than this needs no slab: some four of them, so that what the last one has left is little beside the rest.
const PAGES_FROM: usize = 1024;
/// A larger page than this part of a slab is one of its own.
const LARGEST: usize = Slab::LINES / 16;

/// Those of an engine, the oldest first. Which pages are where is known to these alone.
#[derive(Debug)]
pub(super) struct Slabs(Mutex<Vec<Arc<Slab>>>);

impl Slabs {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

/// Lines come from the first slab that has room, so that the later ones empty when pages become smaller. A new one comes while its
/// bytes are free: nothing is evicted for it.
impl Supply for Budget {
    fn run(&self, lines: usize, pages: usize) -> Option<Run> {
        if !Slab::ARE_USEFUL || lines > LARGEST || pages.saturating_mul(self.stripes) < PAGES_FROM {
            return None;
        }
        let mut slabs = self.slabs.0.lock();
        if let Some(run) = slabs.iter().find_map(|slab| Run::of(slab, lines)) {
            return Some(run);
        }
        if !self.take(self.price(Slab::CHARGE)) {
            return None;
        }
        let Some(slab) = Slab::new() else {
            self.give(self.price(Slab::CHARGE));
            return None;
        };
        let run = Run::of(&slab, lines);
        slabs.push(slab);
        run
    }

    fn gap(&self, lines: usize) -> Option<Run> {
        if !Slab::ARE_USEFUL {
            return None;
        }
        self.slabs.0.lock().iter().find_map(|slab| Run::of(slab, lines))
    }
}

impl Budget {
    /// Gives back the memory of slabs that are empty.
    pub(in crate::core) fn give_back_slabs(&self) {
        let empty = {
            let mut slabs = self.slabs.0.lock();
            // Each of its runs has a share in it, and more are handed out under this lock alone.
            slabs.extract_if(.., |slab| Arc::strong_count(slab) == 1).collect::<Vec<_>>()
        };
        let charged = self.price(empty.len() * Slab::CHARGE);
        drop(empty);
        if charged > 0 {
            self.give(charged);
        }
    }

    /// Has the system put one on a large page that is in use by now and is not: one, since whoever goes there meanwhile waits.
    pub(in crate::core) fn promote_a_slab(&self) {
        let unsettled: Vec<_> =
            self.slabs.0.lock().iter().filter(|slab| !slab.is_settled()).cloned().collect();
        let _ = unsettled.iter().find(|slab| slab.promote() != Promotion::Sparse);
    }

    /// All of them, whose pages have gone.
    pub(super) fn drop_slabs(&mut self) {
        self.slabs.0.lock().clear();
    }

    /// What they take, by their own count.
    #[cfg(test)]
    pub(in crate::core) fn slabs(&self) -> usize {
        self.price(self.slabs.0.lock().len() * Slab::CHARGE)
    }
}
