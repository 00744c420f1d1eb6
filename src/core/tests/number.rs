//! The smallest entry there is: found by a number, and as heavy as it is told to be.

use crate::{
    core::{Deadline, Entry, NoPlace},
    sync::{Arc, AtomicU8, AtomicU32, Ordering},
};

#[derive(Clone, Debug)]
pub(super) struct Number(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    number: u64,
    weight: usize,
    pinned: bool,
    slot: AtomicU32,
    deadline: AtomicU32,
    uses: AtomicU8,
}

impl Number {
    pub(super) fn new(number: u64, weight: usize) -> Self {
        Self::until(number, weight, Deadline::NONE)
    }

    pub(super) fn until(number: u64, weight: usize, deadline: Deadline) -> Self {
        Self(Arc::new(Inner {
            number,
            weight,
            pinned: false,
            slot: AtomicU32::new(0),
            deadline: AtomicU32::new(deadline.to_bits()),
            uses: AtomicU8::new(0),
        }))
    }

    pub(super) fn pinned(number: u64, weight: usize) -> Self {
        let Some(inner) = Arc::into_inner(Self::new(number, weight).0) else { panic!("nobody else has it") };
        Self(Arc::new(Inner { pinned: true, ..inner }))
    }

    pub(super) fn number(&self) -> u64 {
        self.0.number
    }
}

// Relaxed: one thread.
impl Entry for Number {
    fn charge(&self) -> usize {
        self.0.weight
    }

    fn address(&self) -> *const u8 {
        Arc::as_ptr(&self.0).cast()
    }

    fn slot(&self) -> u32 {
        self.0.slot.load(Ordering::Relaxed)
    }

    fn settle_in(&self, slot: u32) {
        self.0.slot.store(slot, Ordering::Relaxed);
    }

    fn deadline(&self) -> Deadline {
        Deadline::from_bits(self.0.deadline.load(Ordering::Relaxed))
    }

    fn redate(&self, deadline: Deadline) -> Result<(), NoPlace> {
        self.0.deadline.store(deadline.to_bits(), Ordering::Relaxed);
        Ok(())
    }

    fn uses(&self) -> u8 {
        self.0.uses.load(Ordering::Relaxed)
    }

    fn count_uses(&self, uses: u8) {
        self.0.uses.store(uses, Ordering::Relaxed);
    }

    fn pinned(&self) -> bool {
        self.0.pinned
    }
}
