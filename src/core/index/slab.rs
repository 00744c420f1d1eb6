//! Memory for the lines of many pages, as much as one of the system's large pages has: a processor that knows where that is needs no walk
//! through the system's tables for any line in it.
#![allow(unsafe_code, reason = "see the SAFETY comments; what it gives is in docs/performance-tried.md")]

use super::vacancies::Vacancies;
use crate::{
    core::{Promotion, REGION, Region},
    sync::{Arc, AtomicBool, MODELLED, Mutex, Ordering},
};
use std::{
    alloc::{Layout, alloc, dealloc},
    ptr::NonNull,
};

/// What a line takes, without its filter.
pub(super) const LINE: usize = 64;
/// What its filter takes.
pub(super) const FILTER: usize = 2;
/// Lines are handed out so many at a time.
const LINES_A_UNIT: usize = 4;
pub(super) const UNITS: usize = REGION / (LINES_A_UNIT * (LINE + FILTER));
const LAYOUT: Layout = match Layout::from_size_align(REGION, REGION) {
    Ok(layout) => layout,
    Err(_) => panic!("2 MiB are no larger than memory"),
};

/// Its lines come first, then the filters of all of them.
#[derive(Debug)]
pub(in crate::core) struct Slab {
    /// `REGION` bytes, from `alloc`.
    memory: NonNull<u8>,
    vacancies: Mutex<Vacancies>,
    /// On a large page, or the system will not.
    is_settled: AtomicBool,
}

/// Lines in a slab that nobody else has, until they are given back.
#[derive(Debug)]
#[must_use = "they would be lost until the slab goes"]
pub(in crate::core) struct Run {
    pub(super) slab: Arc<Slab>,
    pub(super) lines: NonNull<u8>,
    pub(super) filters: NonNull<u8>,
    /// How many lines there are.
    pub(super) len: usize,
}

/// Where an index gets room for its pages that it shares with the other indexes of its engine.
pub(in crate::core) trait Supply {
    /// About so many lines for an index of so many pages. `None` where a page is to have memory of its own.
    fn run(&self, lines: usize, pages: usize) -> Option<Run>;

    /// As `run`, if there is one already.
    fn gap(&self, lines: usize) -> Option<Run>;

    /// Just so many lines, in a slab that is kept rather than this one.
    fn gap_beside(&self, slab: &Slab, lines: usize) -> Option<Run>;
}

// SAFETY: what is in its memory belongs to those who have its runs, which do not overlap; of what is there it knows nothing itself.
unsafe impl Send for Slab {}
// SAFETY: as above; who takes and who gives back takes turns, by the lock.
unsafe impl Sync for Slab {}

impl Slab {
    /// What it takes, with what is kept of it.
    pub(in crate::core) const CHARGE: usize = REGION + size_of::<Self>() + 4 * size_of::<usize>();
    /// How many it has.
    pub(in crate::core) const LINES: usize = UNITS * LINES_A_UNIT;
    /// Whether there is any use in slabs: where no large page can be asked for, there is none. Models have none, since who has which run
    /// is for one lock to tell.
    pub(in crate::core) const ARE_USEFUL: bool =
        cfg!(all(feature = "large-pages", target_os = "linux")) && !MODELLED;

    /// `None` if the allocator gives nothing.
    pub(in crate::core) fn new() -> Option<Arc<Self>> {
        // SAFETY: the layout is not one of zero bytes.
        let memory = NonNull::new(unsafe { alloc(LAYOUT) })?;
        Some(Arc::new(Self {
            memory,
            vacancies: Mutex::new(Vacancies::all()),
            is_settled: AtomicBool::new(false),
        }))
    }

    /// Whether there is nothing more to be asked of the system.
    pub(in crate::core) fn is_settled(&self) -> bool {
        // Relaxed: whoever does not see it yet asks once more.
        self.is_settled.load(Ordering::Relaxed)
    }

    /// Has the system put it on a large page, if hardly anything of it has not been written to yet. Who reads or writes there meanwhile
    /// waits.
    pub(in crate::core) fn promote(&self) -> Promotion {
        let promotion = Region::of(self.memory.as_ptr()).promote();
        if matches!(promotion, Promotion::Done | Promotion::Refused) {
            // Relaxed: see `is_settled`.
            self.is_settled.store(true, Ordering::Relaxed);
        }
        promotion
    }

    /// How many of its lines nobody has, at the moment.
    pub(in crate::core) fn vacant(&self) -> usize {
        self.vacancies.lock().len() * LINES_A_UNIT
    }

    /// Takes back a run of this slab's.
    pub(super) fn give_back(&self, lines: NonNull<u8>, len: usize) {
        let at = (lines.addr().get() - self.memory.addr().get()) / LINE;
        self.vacancies.lock().give_back(at / LINES_A_UNIT, len / LINES_A_UNIT);
    }
}

impl Run {
    /// About so many lines of this slab that nobody has.
    pub(in crate::core) fn of(slab: &Arc<Slab>, lines: usize) -> Option<Self> {
        let (first, units) = slab.vacancies.lock().take(lines.div_ceil(LINES_A_UNIT))?;
        Some(Self::at(slab, first, units))
    }

    /// Just so many.
    pub(in crate::core) fn just(slab: &Arc<Slab>, lines: usize) -> Option<Self> {
        let units = lines / LINES_A_UNIT;
        let first = slab.vacancies.lock().take_just(units).filter(|_| units * LINES_A_UNIT == lines)?;
        Some(Self::at(slab, first, units))
    }

    /// These units, which are this one's by now.
    fn at(slab: &Arc<Slab>, first: usize, units: usize) -> Self {
        let (at, len) = (first * LINES_A_UNIT, units * LINES_A_UNIT);
        // SAFETY: units that are handed out are below `UNITS`, and their lines and filters all lie in the memory.
        let (lines, filters) =
            unsafe { (slab.memory.add(at * LINE), slab.memory.add(Slab::LINES * LINE + at * FILTER)) };
        Self { slab: slab.clone(), lines, filters, len }
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: it is from `alloc` with this layout, and each run has a share in the slab: there is none left.
        unsafe { dealloc(self.memory.as_ptr(), LAYOUT) }
    }
}
