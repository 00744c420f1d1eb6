//! Over memory that no cache has.

use super::*;
use std::cell::Cell;

/// Memory that is told of in pieces of a page, from the first whole region on.
struct Memory {
    bytes: Vec<u8>,
    /// Of so many pages in a row one is said to be the cache's.
    one_in: usize,
    surveys: Cell<usize>,
}

const REGIONS: usize = 3;
const PAGE: usize = 4096;
/// More than glibc ever takes from a heap: what nobody writes to is not resident.
const ROOM: usize = 64 << 20;

impl Memory {
    fn untouched() -> Self {
        Self { bytes: Vec::with_capacity(ROOM), one_in: 1, surveys: Cell::new(0) }
    }

    fn touched() -> Self {
        let mut memory = Self::untouched();
        memory.bytes.resize((REGIONS + 1) * REGION, 7);
        memory
    }

    fn begins(&self) -> *const u8 {
        let at = self.bytes.as_ptr();
        at.wrapping_add(at.addr().next_multiple_of(REGION) - at.addr())
    }
}

impl Survey for Memory {
    fn survey(&self, _: SurveyFrom, note: &mut dyn FnMut(*const u8, usize)) -> Option<SurveyFrom> {
        self.surveys.set(self.surveys.get() + 1);
        for page in (0..REGIONS * REGION / PAGE).step_by(self.one_in) {
            note(self.begins().wrapping_add(page * PAGE), PAGE);
        }
        None
    }
}

fn settled(parts: &[&dyn Survey]) -> LargePages {
    let mut pages = LargePages::new();
    for _ in 0..1000 {
        if pages.is_settled() {
            return pages;
        }
        pages.go_on(parts);
    }
    panic!("it does not settle: {pages:?}")
}

#[test]
fn each_region_with_enough_of_the_cache_is_promoted_once() {
    let (memory, other) = (Memory::touched(), Memory::touched());
    let pages = settled(&[&memory, &other]);
    // Whether the system does so is the system's.
    let asked = if pages.can_promote { 2 * REGIONS } else { 0 };
    assert!(pages.promoted() == asked || pages.refused() > 0, "{pages:?}");
    assert!(memory.bytes.iter().chain(&other.bytes).all(|byte| *byte == 7));
    assert_eq!(memory.surveys.get(), other.surveys.get());
}

#[test]
fn a_region_with_little_of_the_cache_is_left() {
    let mut memory = Memory::touched();
    memory.one_in = 5;
    let pages = settled(&[&memory]);
    assert_eq!((pages.promoted(), pages.refused()), (0, 0));
}

#[test]
fn a_region_that_is_mostly_not_resident_is_left() {
    let memory = Memory::untouched();
    let pages = settled(&[&memory]);
    assert_eq!((pages.promoted(), pages.refused()), (0, 0));
    let resident = Region::of(memory.begins()).resident();
    assert!(resident.is_none_or(|pages| pages == 0), "{resident:?}");
}

#[test]
fn memory_that_is_not_mapped_is_refused() {
    assert_eq!(Region::of(std::ptr::without_provenance(usize::MAX - REGION)).promote(), Promotion::Refused);
}

#[test]
fn who_is_settled_rests_and_then_looks_again() {
    let mut memory = Memory::touched();
    memory.one_in = 5;
    let mut pages = settled(&[&memory]);
    let surveys = memory.surveys.get();
    for _ in 0..RESTS {
        pages.go_on(&[&memory]);
        assert!(pages.is_settled());
    }
    assert_eq!(memory.surveys.get(), surveys);
    (0..2).for_each(|_| pages.go_on(&[&memory]));
    assert_eq!(memory.surveys.get(), surveys + usize::from(pages.can_promote));
}

/// As when an allocator has given memory back and taken it again.
#[test]
fn what_was_promoted_is_looked_at_again_after_a_while() {
    let memory = Memory::touched();
    let mut pages = settled(&[&memory]);
    let promoted = pages.promoted();
    let mut more = 0;
    while pages.can_promote && memory.surveys.get() < FORGETS + 2 {
        pages.go_on(&[&memory]);
        more += 1;
        assert!(more < 10_000);
    }
    assert!(pages.promoted() > promoted || pages.refused() > 0 || !pages.can_promote, "{pages:?}");
}
