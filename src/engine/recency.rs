//! The order in which a stripe's entries came: a doubly linked list over numbered slots, beside the entries, so that
//! a hit never goes there.

use super::{
    hash::ShortHash,
    time::{Deadline, Time},
};

/// One entry's place in the order, and what the stripe must know of it without touching the entry's own memory.
#[derive(Clone, Copy, Debug)]
struct Slot {
    newer: u32,
    /// Of a free slot: the next free one.
    older: u32,
    hash: u32,
    /// Of a free slot: none, so that a sweep passes over it.
    deadline: u32,
}

const NIL: u32 = u32::MAX;
/// The first allocation, so that an empty stripe costs nothing and a small one little.
const FIRST_SLOTS: usize = 4;

/// A stripe's entries, newest to oldest.
#[derive(Debug)]
pub(super) struct Recency {
    slots: Vec<Slot>,
    free: u32,
    newest: u32,
    oldest: u32,
}

impl Recency {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: NIL, newest: NIL, oldest: NIL }
    }

    /// Bytes asked of the allocator so far.
    pub(super) fn allocated(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }

    /// Bytes that the next `insert` will ask for.
    pub(super) fn growth(&self) -> usize {
        if self.free == NIL && self.slots.len() == self.slots.capacity() {
            self.next_step() * size_of::<Slot>()
        } else {
            0
        }
    }

    /// How many slots come with the next growth: half again, since a vector's doubling would leave up to half of
    /// the slots of a full cache unused.
    fn next_step(&self) -> usize {
        (self.slots.capacity() / 2).max(FIRST_SLOTS)
    }

    /// Takes a slot and makes it the newest.
    pub(super) fn insert(&mut self, hash: ShortHash, deadline: Deadline) -> u32 {
        let filled = Slot { newer: NIL, older: NIL, hash: hash.to_bits(), deadline: deadline.to_bits() };
        let slot = if self.free == NIL {
            if self.slots.len() == self.slots.capacity() {
                self.slots.reserve_exact(self.next_step());
            }
            self.slots.push(filled);
            u32::try_from(self.slots.len() - 1).unwrap_or(NIL)
        } else {
            let slot = self.free;
            self.free = self.slots[slot as usize].older;
            self.slots[slot as usize] = filled;
            slot
        };
        debug_assert_ne!(slot, NIL, "a stripe holds fewer than 2^32 entries");
        self.link(slot);
        slot
    }

    pub(super) fn remove(&mut self, slot: u32) {
        self.unlink(slot);
        self.slots[slot as usize] = Slot { newer: NIL, older: self.free, hash: 0, deadline: 0 };
        self.free = slot;
    }

    /// Makes it the newest.
    pub(super) fn renew(&mut self, slot: u32) {
        if self.newest != slot {
            self.unlink(slot);
            self.link(slot);
        }
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        (self.oldest != NIL).then_some(self.oldest)
    }

    pub(super) fn hash(&self, slot: u32) -> ShortHash {
        ShortHash::from_bits(self.slots[slot as usize].hash)
    }

    pub(super) fn deadline(&self, slot: u32) -> Deadline {
        Deadline::from_bits(self.slots[slot as usize].deadline)
    }

    pub(super) fn redate(&mut self, slot: u32, deadline: Deadline) {
        self.slots[slot as usize].deadline = deadline.to_bits();
    }

    /// How many slots there are, free ones included: what a sweep walks.
    pub(super) fn extent(&self) -> usize {
        self.slots.len()
    }

    /// The slot at this place of the walk, if its entry has expired.
    pub(super) fn expired_at(&self, place: usize, now: Time) -> Option<u32> {
        let passed = Deadline::from_bits(self.slots.get(place)?.deadline).passed(now);
        if passed { u32::try_from(place).ok() } else { None }
    }

    fn link(&mut self, slot: u32) {
        let second = self.newest;
        self.slots[slot as usize].older = second;
        self.slots[slot as usize].newer = NIL;
        match second {
            NIL => self.oldest = slot,
            _ => self.slots[second as usize].newer = slot,
        }
        self.newest = slot;
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { newer, older, .. } = self.slots[slot as usize];
        match newer {
            NIL => self.newest = older,
            _ => self.slots[newer as usize].older = older,
        }
        match older {
            NIL => self.oldest = newer,
            _ => self.slots[older as usize].newer = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(recency: &Recency) -> Vec<u32> {
        let mut seen = Vec::new();
        let mut at = recency.newest;
        while at != NIL {
            seen.push(at);
            at = recency.slots[at as usize].older;
        }
        let mut back = Vec::new();
        let mut at = recency.oldest;
        while at != NIL {
            back.push(at);
            at = recency.slots[at as usize].newer;
        }
        back.reverse();
        assert_eq!(seen, back, "both directions tell the same order");
        seen
    }

    #[test]
    fn the_list_does_what_a_vector_would() {
        let mut recency = Recency::new();
        let mut model: Vec<u32> = Vec::new();
        let mut random = 7u64;
        for _ in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let choice = (random >> 33) as usize;
            let pick = |model: &Vec<u32>| (!model.is_empty()).then(|| choice / 8 % model.len().max(1));
            match (choice % 8, pick(&model)) {
                (0..=3, _) if model.len() < 100 => {
                    let growth = recency.growth();
                    let before = recency.allocated();
                    let slot = recency.insert(ShortHash::from_bits(0), Deadline::NONE);
                    assert_eq!(recency.allocated(), before + growth, "growth was announced");
                    model.insert(0, slot);
                }
                (4..=5, Some(at)) => {
                    let slot = model.remove(at);
                    recency.renew(slot);
                    model.insert(0, slot);
                }
                (6..=7, Some(at)) => {
                    recency.remove(model.remove(at));
                }
                _ => {}
            }
            assert_eq!(order(&recency), model);
            assert_eq!(recency.oldest(), model.last().copied());
        }
    }
}
