//! Places by the block: what lies in them is asked of the allocator together, and goes when nothing is held there any more.

use super::stamps::{Last, Stamps};
use crate::core::{
    hash::ShortHash,
    policy::Stamp,
    time::{Deadline, Time},
};

/// Places in a block. Half as many would take twice as much of the allocator and of the directory for each place, and twice as many
/// twice as much of a small stripe for what is in reserve.
pub(super) const BLOCK: u32 = 64;

/// What is kept of an entry in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) hash: ShortHash,
    pub(super) deadline: Deadline,
}

const EMPTY: Slot = Slot { hash: ShortHash::from_bits(0), deadline: Deadline::GONE };

impl Slot {
    #[inline]
    pub(super) fn is_held(&self) -> bool {
        self.deadline != Deadline::GONE
    }
}

/// The memory of a block.
#[derive(Debug)]
pub(super) struct Slots {
    slots: [Slot; BLOCK as usize],
    stamps: Stamps,
}

impl Slots {
    /// Of which nothing is held.
    pub(super) fn empty() -> Box<Self> {
        Box::new(Self { slots: [EMPTY; BLOCK as usize], stamps: Stamps::EMPTY })
    }
}

/// No deadline: later than all.
const NEVER: Time = Time(u32::MAX);

/// A block in the queue's directory, which tells without a look at its memory whether a sweep has anything to do there.
#[derive(Debug)]
pub(super) struct Block {
    /// None once everything was given up.
    memory: Option<Box<Slots>>,
    /// No deadline in it is earlier.
    earliest: Time,
    /// Of the place that was put last.
    stamp: Stamp,
    /// So many places were put.
    put: u8,
    held: u8,
}

const _: () = assert!(size_of::<Block>() == 16 && BLOCK <= u8::MAX as u32);

impl Block {
    pub(super) fn new(memory: Box<Slots>) -> Self {
        Self { memory: Some(memory), earliest: NEVER, stamp: Stamp(0), put: 0, held: 0 }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.held == 0
    }

    pub(super) fn take_memory(&mut self) -> Option<Box<Slots>> {
        self.memory.take()
    }

    #[inline]
    pub(super) fn slot(&self, at: usize) -> Option<&Slot> {
        Some(&self.memory.as_ref()?.slots[at])
    }

    /// When what is in this place came, as far as that is known: see `stamps`.
    #[inline]
    pub(super) fn stamp(&self, at: usize) -> Stamp {
        let last = Last { at: usize::from(self.put).saturating_sub(1), stamp: self.stamp };
        self.memory.as_ref().map_or(Stamp(0), |memory| memory.stamps.at(at, last))
    }

    /// All slots, whether or not they are held.
    #[inline]
    pub(super) fn slots(&self) -> &[Slot] {
        self.memory.as_ref().map_or(&[], |memory| &memory.slots)
    }

    #[inline]
    pub(super) fn is_held(&self, at: usize) -> bool {
        self.slots().get(at).is_some_and(Slot::is_held)
    }

    /// The first place from this one on that is held.
    #[inline]
    pub(super) fn held_from(&self, at: usize) -> Option<usize> {
        let slots = self.slots().get(at..).filter(|_| !self.is_empty())?;
        Some(at + slots.iter().position(Slot::is_held)?)
    }

    /// Takes the next place, which is this one.
    #[inline]
    pub(super) fn put(&mut self, at: usize, slot: Slot, stamp: Stamp) {
        debug_assert_eq!(at, usize::from(self.put), "places are taken in turn");
        if let Some(memory) = &mut self.memory {
            memory.slots[at] = slot;
            memory.stamps.put(at, stamp);
            self.stamp = stamp;
            self.put += 1;
            self.held += 1;
            self.note(slot.deadline);
        }
    }

    /// Gives a place up; the deadline that it had.
    #[inline]
    pub(super) fn give_up(&mut self, at: usize) -> Deadline {
        let Some(slot) = self.memory.as_mut().map(|memory| &mut memory.slots[at]).filter(|it| it.is_held())
        else {
            return Deadline::NONE;
        };
        self.held -= 1;
        std::mem::replace(slot, EMPTY).deadline
    }

    #[inline]
    pub(super) fn redate(&mut self, at: usize, deadline: Deadline) {
        if let Some(memory) = &mut self.memory
            && memory.slots[at].is_held()
        {
            memory.slots[at].deadline = deadline;
            self.note(deadline);
        }
    }

    #[inline]
    fn note(&mut self, deadline: Deadline) {
        if let Some(end) = deadline.time()
            && end < self.earliest
        {
            self.earliest = end;
        }
    }

    /// Whether a deadline may have passed here.
    #[inline]
    pub(super) fn may_be_due(&self, now: Time) -> bool {
        self.earliest <= now && !self.is_empty()
    }

    /// Tells up to so many places whose deadline has passed, and their hashes. They are to be given up, or to get another deadline,
    /// before this is asked again; whether some are left that are to be told then.
    pub(super) fn tell_due(
        &mut self,
        now: Time,
        most: usize,
        mut tell: impl FnMut(usize, ShortHash),
    ) -> bool {
        let (mut told, mut earliest) = (0, NEVER);
        for (at, slot) in self.slots().iter().enumerate().rev() {
            let Some(end) = slot.deadline.time() else { continue };
            if end <= now && told < most {
                told += 1;
                tell(at, slot.hash);
            } else {
                earliest = earliest.min(end);
            }
        }
        self.earliest = earliest;
        self.may_be_due(now)
    }
}
