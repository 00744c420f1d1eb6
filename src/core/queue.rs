//! The order in which entries came, as a queue of numbered places beside the entries: a hit never goes there, and the
//! one at the end is found without touching any other. A place is given up when its entry leaves, and its memory comes
//! back when all of its block has.

use super::{
    hash::ShortHash,
    policy::Stamp,
    prefetch::prefetch,
    time::{Deadline, Time},
};
use std::collections::VecDeque;

/// A place in a queue. Numbers go up, and round after 2^31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position(u32);

/// What is kept of an entry in its place.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: ShortHash,
    deadline: Deadline,
}

const EMPTY: Slot = Slot { hash: ShortHash::from_bits(0), deadline: Deadline::GONE };
/// Slots are asked of the allocator by so many.
const BLOCK: u32 = 64;
const POSITIONS: u32 = 1 << 31;

#[derive(Debug)]
struct Block {
    slots: [Slot; BLOCK as usize],
    stamps: [Stamp; BLOCK as usize],
}

impl Block {
    fn empty() -> Box<Self> {
        Box::new(Self { slots: [EMPTY; BLOCK as usize], stamps: [Stamp(0); BLOCK as usize] })
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    blocks: VecDeque<Box<Block>>,
    /// A block in reserve. While there is one, there is room for its handle in `blocks` too.
    spare: Option<Box<Block>>,
    /// The oldest place that is held; `next` if none is.
    oldest: u32,
    next: u32,
    held: u32,
}

impl Position {
    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits % POSITIONS)
    }

    pub(super) fn to_bits(self) -> u32 {
        self.0
    }
}

impl Position {
    /// So many places on.
    pub(super) fn plus(self, places: u32) -> Self {
        Self(self.0.wrapping_add(places) % POSITIONS)
    }

    /// How many places there are from this one on, before that one.
    pub(super) fn up_to(self, end: Self) -> u32 {
        end.0.wrapping_sub(self.0) % POSITIONS
    }
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { blocks: VecDeque::new(), spare: None, oldest: 0, next: 0, held: 0 }
    }

    pub(super) fn len(&self) -> u32 {
        self.held
    }

    /// How many places there are between the oldest and the newest: what a sweep walks.
    pub(super) fn extent(&self) -> u32 {
        self.next.wrapping_sub(self.oldest) % POSITIONS
    }

    /// Places that were given up and still take memory.
    pub(super) fn holes(&self) -> u32 {
        self.extent() - self.held
    }

    /// Whether this place is among so many eighths of the queue that came last.
    #[inline]
    pub(super) fn is_young(&self, position: Position, eighths: u32) -> bool {
        self.next.wrapping_sub(position.0) % POSITIONS <= self.extent() / 8 * eighths
    }

    /// Bytes asked of the allocator so far.
    pub(super) fn allocated(&self) -> usize {
        let blocks = self.blocks.len() + usize::from(self.spare.is_some());
        blocks * size_of::<Block>() + self.blocks.capacity() * size_of::<Box<Block>>()
    }

    /// What `reserve` will ask for, in bytes.
    #[inline]
    pub(super) fn reservation(&self) -> usize {
        if self.spare.is_some() {
            return 0;
        }
        size_of::<Block>() + self.more_blocks() * size_of::<Box<Block>>()
    }

    /// Makes sure that a block's worth of places can be taken without asking the allocator.
    #[inline]
    pub(super) fn reserve(&mut self) {
        if self.spare.is_none() {
            self.blocks.reserve_exact(self.more_blocks());
            self.spare = Some(Block::empty());
        }
    }

    fn more_blocks(&self) -> usize {
        if self.blocks.len() == self.blocks.capacity() { self.blocks.len().max(1) } else { 0 }
    }

    /// Whether `reserve` has nothing to do.
    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        self.spare.is_some()
    }

    /// Begins to fetch a place.
    #[inline]
    pub(super) fn prefetch(&self, position: Position) {
        if let Some(slot) = self.slot(position) {
            prefetch(slot);
        }
    }

    /// Whether a place can be taken without asking the allocator.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.spare.is_some() || !self.next.is_multiple_of(BLOCK)
    }

    /// Takes the newest place. There must be room.
    #[inline]
    pub(super) fn push(&mut self, hash: ShortHash, deadline: Deadline, stamp: Stamp) -> Position {
        if self.next.is_multiple_of(BLOCK) {
            self.add_block();
        }
        let position = self.next;
        self.next = (self.next + 1) % POSITIONS;
        self.held += 1;
        let at = (position % BLOCK) as usize;
        if let Some(block) = self.blocks.back_mut() {
            block.slots[at] = Slot { hash, deadline };
            block.stamps[at] = stamp;
        }
        Position(position)
    }

    fn add_block(&mut self) {
        debug_assert!(self.has_room() && self.blocks.len() < self.blocks.capacity(), "room was reserved");
        let block = self.spare.take().unwrap_or_else(Block::empty);
        self.blocks.push_back(block);
    }

    /// The oldest place that is held, the hash of what is there, and when that came.
    #[inline]
    pub(super) fn oldest(&self) -> Option<(Position, ShortHash, Stamp)> {
        let block = self.blocks.front().filter(|_| self.held > 0)?;
        let at = (self.oldest % BLOCK) as usize;
        Some((Position(self.oldest), block.slots[at].hash, block.stamps[at]))
    }

    /// The oldest place, and the one that is taken next.
    pub(super) fn ends(&self) -> (Position, Position) {
        (Position(self.oldest), Position(self.next))
    }

    /// The hash of what is in this place, if it is held.
    pub(super) fn held_at(&self, position: Position) -> Option<ShortHash> {
        self.slot(position).filter(|slot| slot.deadline != Deadline::GONE).map(|slot| slot.hash)
    }

    /// The hashes of so many of the oldest, as far as they are in one block, and perhaps of some that have gone.
    #[inline]
    pub(super) fn in_front(&self, most: usize) -> impl Iterator<Item = ShortHash> + Clone {
        let at = (self.oldest % BLOCK) as usize;
        let slots = self.blocks.front().map_or(&[][..], |block| &block.slots);
        slots.iter().skip(at).take(most).map(|slot| slot.hash)
    }

    /// The next newer place that is held.
    pub(super) fn after(&self, position: Position) -> Option<(Position, ShortHash, Stamp)> {
        let mut at = (position.0 + 1) % POSITIONS;
        while at != self.next {
            let slot = self.slot(Position(at))?;
            if slot.deadline != Deadline::GONE {
                return Some((Position(at), slot.hash, self.stamp(Position(at))));
            }
            at = (at + 1) % POSITIONS;
        }
        None
    }

    /// Gives the oldest place up; how many bytes went back to the allocator.
    #[inline]
    #[must_use]
    pub(super) fn pop(&mut self) -> usize {
        self.held -= 1;
        let mut freed = 0;
        loop {
            self.oldest = (self.oldest + 1) % POSITIONS;
            let at = (self.oldest % BLOCK) as usize;
            if at == 0 {
                freed += self.drop_block();
            }
            if self.oldest == self.next {
                return freed;
            }
            let block = self.blocks.front();
            if block.is_none_or(|block| block.slots[at].deadline != Deadline::GONE) {
                return freed;
            }
        }
    }

    fn drop_block(&mut self) -> usize {
        let emptied = self.blocks.pop_front();
        let kept = std::mem::replace(&mut self.spare, emptied);
        if kept.is_some() { size_of::<Block>() } else { 0 }
    }

    /// Gives a place up; how many bytes went back to the allocator.
    #[inline]
    #[must_use]
    pub(super) fn remove(&mut self, position: Position) -> usize {
        if position.0 == self.oldest {
            return self.pop();
        }
        if let Some(slot) = self.slot_mut(position) {
            *slot = EMPTY;
            self.held -= 1;
        }
        0
    }

    #[inline]
    pub(super) fn hash(&self, position: Position) -> ShortHash {
        self.slot(position).map_or(EMPTY.hash, |slot| slot.hash)
    }

    #[inline]
    pub(super) fn stamp(&self, position: Position) -> Stamp {
        let (block, at) = self.place(position);
        self.blocks.get(block).map_or(Stamp(0), |block| block.stamps[at])
    }

    pub(super) fn deadline(&self, position: Position) -> Deadline {
        self.slot(position).map_or(Deadline::NONE, |slot| slot.deadline)
    }

    pub(super) fn redate(&mut self, position: Position, deadline: Deadline) {
        if let Some(slot) = self.slot_mut(position) {
            slot.deadline = deadline;
        }
    }

    /// Looks at up to `places` places from this one on, counted from the newest, for one whose deadline has passed: which, and
    /// what is there. How many were looked at.
    pub(super) fn next_expired(
        &self,
        from: u32,
        places: u32,
        now: Time,
    ) -> (u32, Option<(Position, ShortHash)>) {
        let places = places.min(self.extent().saturating_sub(from));
        let mut looked = 0;
        while looked < places {
            let newest = Position(self.next.wrapping_sub(1 + from + looked) % POSITIONS);
            let (block, last) = self.place(newest);
            let first = (last + 1).saturating_sub((places - looked) as usize);
            let Some(slots) = self.blocks.get(block).and_then(|block| block.slots.get(first..=last)) else {
                break;
            };
            let passed = |slot: &Slot| slot.deadline != Deadline::GONE && slot.deadline.passed(now);
            if let Some(back) = slots.iter().rev().position(passed) {
                let back = u32::try_from(back).unwrap_or(0);
                let position = Position(newest.0.wrapping_sub(back) % POSITIONS);
                return (looked + back + 1, Some((position, self.hash(position))));
            }
            looked += u32::try_from(slots.len()).unwrap_or(BLOCK);
        }
        (looked, None)
    }

    #[inline]
    fn place(&self, position: Position) -> (usize, usize) {
        let first = self.oldest - self.oldest % BLOCK;
        let from_first = position.0.wrapping_sub(first) % POSITIONS;
        ((from_first / BLOCK) as usize, (from_first % BLOCK) as usize)
    }

    #[inline]
    fn slot(&self, position: Position) -> Option<&Slot> {
        let (block, at) = self.place(position);
        Some(&self.blocks.get(block)?.slots[at])
    }

    #[inline]
    fn slot_mut(&mut self, position: Position) -> Option<&mut Slot> {
        let (block, at) = self.place(position);
        Some(&mut self.blocks.get_mut(block)?.slots[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_does_what_a_vector_would() {
        let (mut queue, mut model) = (Queue::new(), Vec::new());
        // Near the end of the numbers, so that they go round.
        (queue.next, queue.oldest) = (POSITIONS - 2 * BLOCK, POSITIONS - 2 * BLOCK);
        let mut random = 7u64;
        for round in 0..60_000u32 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let choice = (random >> 33) as usize;
            let room = if round < 30_000 { 1000 } else { 10 };
            if choice % 8 < 4 && model.len() < room {
                let (before, growth) = (queue.allocated(), queue.reservation());
                queue.reserve();
                let hash = ShortHash::from_bits(round);
                let position = queue.push(hash, Deadline::at(Time(round)), Stamp(0));
                assert_eq!(queue.allocated(), before + growth, "growth was announced");
                model.push((position, hash));
            } else if !model.is_empty() {
                let at = if choice % 8 == 7 { choice / 8 % model.len() } else { 0 };
                let before = queue.allocated();
                let freed = queue.remove(model.remove(at).0);
                assert_eq!(queue.allocated(), before - freed);
            }
            assert_eq!(queue.oldest().map(|(at, hash, _)| (at, hash)), model.first().copied());
            assert_eq!(queue.len() as usize, model.len());
            if let [first, second, ..] = &model[..] {
                assert_eq!(queue.after(first.0).map(|(at, hash, _)| (at, hash)), Some(*second));
                assert_eq!(queue.hash(second.0), second.1);
            }
        }
        assert!(queue.allocated() < 4096, "blocks that are not needed went");
    }
}
