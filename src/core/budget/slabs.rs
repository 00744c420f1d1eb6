//! Slabs: memory that the indexes of an engine's stripes share, of more than each of them needs.

use super::Budget;
use crate::{
    core::{
        Promotion,
        index::{Run, Slab, Supply},
    },
    sync::{Arc, Mutex},
};
use std::ptr;

/// An engine that has fewer pages than this needs no slab: some four of them, so that what the last one has left is little beside the rest.
const PAGES_FROM: usize = 1024;
/// A larger page than this part of a slab is one of its own.
const LARGEST: usize = Slab::LINES / 16;
/// Few pages hold a slab if they are no more than this part of it.
const FEW: usize = 4;

/// Those of an engine, after each upkeep the fullest first. Which pages are where is known to these alone.
#[derive(Debug)]
pub(super) struct Slabs(Mutex<Vec<Arc<Slab>>>);

impl Slabs {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

/// Lines come from the first slab that has room, so that the later ones empty. A new one comes while its bytes are free: nothing is
/// evicted for it.
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

    fn gap_beside(&self, leaving: &Slab, lines: usize) -> Option<Run> {
        let slabs = self.slabs.0.lock();
        let mut kept = slabs.iter().take_while(|slab| !ptr::eq(&***slab, leaving));
        kept.find_map(|slab| Run::just(slab, lines))
    }
}

impl Budget {
    /// Gives back the memory of slabs that are empty; how many.
    pub(in crate::core) fn give_back_slabs(&self) -> usize {
        let empty = {
            let mut slabs = self.slabs.0.lock();
            // Each of its runs has a share in it, and more are handed out under this lock alone.
            slabs.extract_if(.., |slab| Arc::strong_count(slab) == 1).collect::<Vec<_>>()
        };
        let (count, charged) = (empty.len(), self.price(empty.len() * Slab::CHARGE));
        drop(empty);
        if charged > 0 {
            self.give(charged);
        }
        count
    }

    /// One that is worth to be emptied, since few pages hold it and there is twice as much room for them in the others' gaps. It is the
    /// last from then on, so that whoever comes goes to others.
    pub(in crate::core) fn slab_to_empty(&self) -> Option<Arc<Slab>> {
        let mut slabs = self.slabs.0.lock();
        slabs.sort_by_cached_key(|slab| slab.vacant());
        let (last, kept) = slabs.split_last()?;
        let (in_use, gaps) = (Slab::LINES - last.vacant(), kept.iter().map(|slab| slab.vacant()).sum());
        Some(last).filter(|_| in_use <= Slab::LINES / FEW && 2 * in_use <= gaps).cloned()
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
