//! Pages in slabs: as others are, and where they go.

use super::{Numbers, add_by, check_with, place_of, spread, spread_in};
use crate::{
    core::{
        hash::ShortHash,
        index::{Evacuation, Run, Slab, Supply},
    },
    sync::Arc,
};
use std::cell::Cell;

/// Slabs for indexes, and how often there was room in them.
struct Slabs {
    slabs: Vec<Arc<Slab>>,
    handed_out: Cell<usize>,
    refused: Cell<usize>,
}

impl Supply for Slabs {
    fn run(&self, lines: usize, _: usize) -> Option<Run> {
        let run = self.gap(lines);
        let count = if run.is_some() { &self.handed_out } else { &self.refused };
        count.set(count.get() + 1);
        run
    }

    fn gap(&self, lines: usize) -> Option<Run> {
        self.slabs.iter().find_map(|slab| Run::of(slab, lines))
    }

    fn gap_beside(&self, leaving: &Slab, lines: usize) -> Option<Run> {
        let mut others = self.slabs.iter().filter(|slab| !std::ptr::eq(&***slab, leaving));
        others.find_map(|slab| Run::just(slab, lines))
    }
}

impl Slabs {
    fn new(slabs: &[&Arc<Slab>]) -> Self {
        let slabs = slabs.iter().map(|slab| (*slab).clone()).collect();
        Self { slabs, handed_out: Cell::new(0), refused: Cell::new(0) }
    }
}

fn slab() -> Arc<Slab> {
    Slab::new().unwrap_or_else(|| panic!("there is memory"))
}

/// Some of its pages are in a slab and some are not, in turn, and what one index writes is never seen by another.
#[test]
fn pages_in_slabs_are_as_others_are() {
    let slab = slab();
    // What is left, one part in 32, is enough for half of an index.
    let taken: Vec<_> = (1..=5).map(|halvings| Run::of(&slab, Slab::LINES >> halvings)).collect();
    let slabs = Slabs::new(&[&slab]);
    assert!(check_with(&slabs, 400_000, 6_000, spread) > 0);
    assert!(check_with(&slabs, 12_000, 2_000, |_| ShortHash::from_bits(0x1234_5678)) > 0);
    let (handed_out, refused) = (slabs.handed_out.get(), slabs.refused.get());
    assert!(handed_out > 20 && refused > 20, "{handed_out} in the slab and {refused} not");
    for run in taken.into_iter().flatten() {
        slab.give_back(run.lines, run.len);
    }
    assert!(
        Run::of(&slab, Slab::LINES).is_some_and(|run| run.len == Slab::LINES),
        "they gave everything back"
    );
    drop(slabs);
    assert_eq!(Arc::strong_count(&slab), 1, "nobody has a share in it any more");
}

/// While one of them is moving, too.
#[test]
fn pages_leave_a_slab_as_far_as_there_is_room() {
    let (left, kept) = (slab(), slab());
    let mut index = Numbers::new();
    let mut numbers = 0..0;
    let alone = Slabs::new(&[&left]);
    while numbers.end < 40_000 || !index.is_moving() {
        add_by(&mut index, numbers.end, &spread_in, &alone);
        numbers.end += 1;
    }
    let places = |index: &Numbers| numbers.clone().map(|number| place_of(index, number)).collect::<Vec<_>>();
    let before = places(&index);
    assert!(before.iter().all(Option::is_some));
    let in_use = Slab::LINES - left.vacant();
    let taken = Run::of(&kept, Slab::LINES - in_use / 2);
    let slabs = Slabs::new(&[&left, &kept]);
    let leave = |index: &mut Numbers| {
        let mut steps = std::iter::repeat_with(|| index.leave(&left, &slabs));
        steps.find(|came| *came != Evacuation::Begun)
    };
    let built = index.pages_built();
    assert_eq!(leave(&mut index), Some(Evacuation::NoRoom));
    assert_ne!(index.pages_built(), built);
    assert!((1..in_use).contains(&(Slab::LINES - left.vacant())), "some have left");
    assert_eq!(places(&index), before);
    taken.into_iter().for_each(|run| kept.give_back(run.lines, run.len));
    assert_eq!(leave(&mut index), Some(Evacuation::Done));
    assert_eq!((left.vacant(), kept.vacant()), (Slab::LINES, Slab::LINES - in_use));
    assert_eq!(places(&index), before);
    assert!(index.is_moving());
    drop((alone, slabs));
    assert_eq!(Arc::strong_count(&left), 1, "nobody has a share in it any more");
    drop(index);
    assert_eq!((kept.vacant(), Arc::strong_count(&kept)), (Slab::LINES, 1));
}
