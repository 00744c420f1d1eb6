//! The order in which entries came, as a queue of numbered places beside the entries: a hit never goes there, and the
//! one at the end is found without touching any other. A place is given up when its entry leaves, and its memory comes
//! back when all of its block has.

mod block;
mod due;
mod position;
mod reserve;
mod stamps;
#[cfg(test)]
mod tests;

pub(super) use due::Effort;
pub(super) use position::Position;

use super::{
    hash::ShortHash,
    policy::Stamp,
    prefetch::{FetchToWrite, prefetch},
    time::Deadline,
};
use block::{BLOCK, Block, Slot, Slots};
use position::POSITIONS;
use reserve::Reserve;
use std::collections::VecDeque;

/// One cache line: of the two queues of a stripe, a writer on another core fetches the one that it writes.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Queue {
    /// From that of the oldest place on. In front is one that is held in part, unless the queue is empty.
    blocks: VecDeque<Block>,
    /// Those of them that have memory.
    filled: u32,
    /// Blocks' memory in reserve, mostly one. While there is some, there is room for one more in `blocks` too. Where a queue goes on
    /// at one end and is given up at the other, a second one comes and goes: it is kept, so that nobody asks the allocator for it
    /// time and again.
    reserve: Reserve,
    /// The oldest place that is held; `next` if none is.
    oldest: u32,
    next: u32,
    held: u32,
}

/// A place that is held, the hash of what is there, and when that came, as far as it is known.
pub(super) type Held = (Position, ShortHash, Stamp);

/// What came of giving a place up.
#[derive(Clone, Copy, Debug)]
#[must_use = "bytes that are free are to be pocketed"]
pub(super) struct GivenUp {
    /// The one that it had.
    pub(super) deadline: Deadline,
    /// How many bytes went back to the allocator.
    pub(super) freed: usize,
}

impl GivenUp {
    const NOTHING: Self = Self { deadline: Deadline::NONE, freed: 0 };
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { blocks: VecDeque::new(), filled: 0, reserve: Reserve::default(), oldest: 0, next: 0, held: 0 }
    }

    pub(super) fn len(&self) -> u32 {
        self.held
    }

    /// How many places there are between the oldest and the newest.
    pub(super) fn extent(&self) -> u32 {
        self.next.wrapping_sub(self.oldest) % POSITIONS
    }

    /// Places that were given up and still take memory, and for each block without memory one.
    pub(super) fn holes(&self) -> usize {
        let filled = self.filled as usize;
        (filled * BLOCK as usize).saturating_sub(self.held as usize) + self.blocks.len() - filled
    }

    /// Whether this place is among so many eighths of the queue that came last.
    #[inline]
    pub(super) fn is_young(&self, position: Position, eighths: u32) -> bool {
        position.up_to(Position::at(self.next)) <= self.extent() / 8 * eighths
    }

    /// Bytes asked of the allocator so far.
    pub(super) fn allocated(&self) -> usize {
        let filled = self.filled as usize + self.reserve.len();
        filled * size_of::<Slots>() + self.blocks.capacity() * size_of::<Block>()
    }

    /// What `reserve` will ask for, in bytes.
    #[inline]
    pub(super) fn reservation(&self) -> usize {
        if self.is_ready() {
            return 0;
        }
        size_of::<Slots>() + self.more_blocks() * size_of::<Block>()
    }

    /// Makes sure that a block's worth of places can be taken without asking the allocator.
    #[inline]
    pub(super) fn reserve(&mut self) {
        if !self.is_ready() {
            self.blocks.reserve_exact(self.more_blocks());
            self.reserve.keep(Slots::empty());
        }
    }

    fn more_blocks(&self) -> usize {
        if self.blocks.len() == self.blocks.capacity() { self.blocks.len().max(1) } else { 0 }
    }

    /// Whether `reserve` has nothing to do.
    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        !self.reserve.is_empty()
    }

    /// Begins to fetch a place.
    #[inline]
    pub(super) fn prefetch(&self, position: Position) {
        if let Some(slot) = self.slot(position) {
            prefetch(slot);
        }
    }

    /// Begins to fetch what a push and a pop write: the queue's own line, the place that is taken next, and the oldest.
    #[inline]
    pub(super) fn fetch_ends(&self, fetch: FetchToWrite) {
        fetch.line(self);
        let newest = self.blocks.back().and_then(|block| block.slot(Position::at(self.next).in_block()));
        let oldest = self.blocks.front().and_then(|block| block.slot(Position::at(self.oldest).in_block()));
        newest.into_iter().chain(oldest).for_each(|slot| fetch.line(slot));
    }

    /// Whether a place can be taken without asking the allocator.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.is_ready() || !self.next.is_multiple_of(BLOCK)
    }

    /// Takes the newest place. There must be room.
    #[inline]
    pub(super) fn push(&mut self, hash: ShortHash, deadline: Deadline, stamp: Stamp) -> Position {
        if self.next.is_multiple_of(BLOCK) {
            self.add_block();
        }
        let position = Position::at(self.next);
        self.next = position.plus(1).to_bits();
        self.held += 1;
        if let Some(block) = self.blocks.back_mut() {
            block.put(position.in_block(), Slot { hash, deadline }, stamp);
        }
        position
    }

    fn add_block(&mut self) {
        debug_assert!(self.has_room() && self.blocks.len() < self.blocks.capacity(), "room was reserved");
        // The newest block keeps its memory for what comes, also when all of it was given up: it is of no use there any more.
        let emptied = self.blocks.back_mut().filter(|block| block.is_empty()).and_then(Block::take_memory);
        self.filled += u32::from(emptied.is_none());
        let memory = emptied.or_else(|| self.reserve.take()).unwrap_or_else(Slots::empty);
        self.blocks.push_back(Block::new(memory));
    }

    /// The oldest place that is held.
    #[inline]
    pub(super) fn oldest(&self) -> Option<Held> {
        let block = self.blocks.front().filter(|_| self.held > 0)?;
        let position = Position::at(self.oldest);
        let at = position.in_block();
        Some((position, block.slot(at)?.hash, block.stamp(at)))
    }

    /// The oldest place, and the one that is taken next.
    pub(super) fn ends(&self) -> (Position, Position) {
        (Position::at(self.oldest), Position::at(self.next))
    }

    /// The hash of what is in this place, if it is held.
    pub(super) fn held_at(&self, position: Position) -> Option<ShortHash> {
        self.slot(position).filter(|slot| slot.is_held()).map(|slot| slot.hash)
    }

    /// The hashes of so many of the oldest, as far as they are in one block, and perhaps of some that have gone.
    #[inline]
    pub(super) fn in_front(&self, most: usize) -> impl Iterator<Item = ShortHash> + Clone {
        (0..most).map_while(|places| self.behind_oldest(places))
    }

    /// The hash of what is so many places behind the oldest, if that is in the same block, and perhaps of what has gone.
    #[inline]
    pub(super) fn behind_oldest(&self, places: usize) -> Option<ShortHash> {
        let slots = self.blocks.front().map_or(&[][..], Block::slots);
        slots.get(Position::at(self.oldest).in_block() + places).map(|slot| slot.hash)
    }

    /// The next newer place that is held.
    pub(super) fn after(&self, position: Position) -> Option<Held> {
        let (mut number, mut at) = self.place(position);
        at += 1;
        loop {
            let block = self.blocks.get(number)?;
            if let Some(held) = block.held_from(at) {
                let position = self.first_of(number).plus(u32::try_from(held).unwrap_or(0));
                return Some((position, block.slot(held)?.hash, block.stamp(held)));
            }
            (number, at) = (number + 1, 0);
        }
    }

    /// Gives the oldest place up, and goes on to the next one that is held, past blocks that have gone already.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> GivenUp {
        let at = Position::at(self.oldest).in_block();
        let Some(front) = self.blocks.front_mut() else { return GivenUp::NOTHING };
        self.held -= 1;
        let deadline = front.give_up(at);
        if front.is_held(at + 1) {
            // Numbers go up within a block.
            self.oldest += 1;
            return GivenUp { deadline, freed: 0 };
        }
        GivenUp { deadline, freed: self.go_on_from(at) }
    }

    /// Goes on to the next place that is held, past blocks that have gone; how many bytes went back to the allocator.
    #[inline(never)]
    fn go_on_from(&mut self, mut at: usize) -> usize {
        let mut freed = 0;
        while let Some(front) = self.blocks.front() {
            if let Some(held) = front.held_from(at) {
                self.oldest = self.first_of(0).plus(u32::try_from(held).unwrap_or(0)).to_bits();
                return freed;
            }
            if self.blocks.len() == 1 && !self.next.is_multiple_of(BLOCK) {
                break;
            }
            self.oldest = self.first_of(1).to_bits();
            let front = self.blocks.pop_front();
            freed += self.keep_or_free(front.and_then(|mut block| block.take_memory()));
            at = 0;
        }
        self.oldest = self.next;
        freed
    }

    /// Memory that a block no longer needs goes into reserve, if there is room.
    fn keep_or_free(&mut self, memory: Option<Box<Slots>>) -> usize {
        let Some(memory) = memory else { return 0 };
        self.filled -= 1;
        if self.reserve.keep(memory) { 0 } else { size_of::<Slots>() }
    }

    /// Gives a place up.
    #[inline(always)]
    pub(super) fn remove(&mut self, position: Position) -> GivenUp {
        if position == Position::at(self.oldest) { self.pop() } else { self.remove_within(position) }
    }

    /// The part of `remove` for a place that is not the oldest.
    #[inline(never)]
    fn remove_within(&mut self, position: Position) -> GivenUp {
        let (number, at) = self.place(position);
        let newest = number + 1 == self.blocks.len();
        let Some(block) = self.blocks.get_mut(number) else { return GivenUp::NOTHING };
        let deadline = block.give_up(at);
        self.held -= 1;
        if block.is_empty() && !newest {
            let memory = block.take_memory();
            return GivenUp { deadline, freed: self.keep_or_free(memory) };
        }
        GivenUp { deadline, freed: 0 }
    }

    #[inline]
    pub(super) fn hash(&self, position: Position) -> ShortHash {
        self.slot(position).map_or(ShortHash::from_bits(0), |slot| slot.hash)
    }

    pub(super) fn deadline(&self, position: Position) -> Deadline {
        self.slot(position).map_or(Deadline::NONE, |slot| slot.deadline)
    }

    pub(super) fn redate(&mut self, position: Position, deadline: Deadline) {
        let (block, at) = self.place(position);
        if let Some(block) = self.blocks.get_mut(block) {
            block.redate(at, deadline);
        }
    }

    /// The first place of the block with this number in the directory.
    #[inline]
    fn first_of(&self, number: usize) -> Position {
        let first = self.oldest - self.oldest % BLOCK;
        Position::at(first).plus(u32::try_from(number).unwrap_or(0).wrapping_mul(BLOCK))
    }

    /// Where a place is: the number of its block in the directory, and where in that.
    #[inline]
    fn place(&self, position: Position) -> (usize, usize) {
        ((self.first_of(0).up_to(position) / BLOCK) as usize, position.in_block())
    }

    #[inline]
    fn slot(&self, position: Position) -> Option<&Slot> {
        let (block, at) = self.place(position);
        self.blocks.get(block)?.slot(at)
    }
}
