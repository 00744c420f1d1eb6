//! A stripe's two queues: entries on probation, and the main ones that have shown their worth.

use super::{
    entry::USES_MAX,
    hash::ShortHash,
    policy::{Regime, Stamp},
    queue::{Effort, GivenUp, Position, Queue},
    time::{Deadline, Time},
};

/// One of the two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Probation,
    Main,
}

impl List {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Probation => Self::Main,
            Self::Main => Self::Probation,
        }
    }
}

/// Where an entry stands: what it keeps in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) list: List,
    position: Position,
}

const MAIN: u32 = 1 << 31;

impl Slot {
    pub(super) fn from_bits(bits: u32) -> Self {
        let list = if bits & MAIN == 0 { List::Probation } else { List::Main };
        Self { list, position: Position::from_bits(bits) }
    }

    pub(super) fn at(list: List, position: Position) -> Self {
        Self { list, position }
    }

    pub(super) fn to_bits(self) -> u32 {
        let list = if self.list == List::Main { MAIN } else { 0 };
        self.position.to_bits() | list
    }
}

/// What the order knows of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) slot: Slot,
    pub(super) hash: ShortHash,
    /// When it came, or was last moved to the front, as far as that is known.
    pub(super) stamp: Stamp,
}

#[derive(Debug)]
pub(super) struct Order {
    probation: Queue,
    main: Queue,
}

/// So many places that were given up are let be before the order is tidied.
const HOLES_LET_BE: usize = 256;

impl Order {
    pub(super) fn new() -> Self {
        Self { probation: Queue::new(), main: Queue::new() }
    }

    pub(super) fn allocated(&self) -> usize {
        self.probation.allocated() + self.main.allocated()
    }

    pub(super) fn queue(&self, list: List) -> &Queue {
        match list {
            List::Probation => &self.probation,
            List::Main => &self.main,
        }
    }

    fn queue_mut(&mut self, list: List) -> &mut Queue {
        match list {
            List::Probation => &mut self.probation,
            List::Main => &mut self.main,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, list: List, hash: ShortHash, deadline: Deadline, stamp: Stamp) -> Slot {
        Slot { list, position: self.queue_mut(list).push(hash, deadline, stamp) }
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, slot: Slot) -> GivenUp {
        self.queue_mut(slot.list).remove(slot.position)
    }

    #[inline]
    pub(super) fn oldest(&self, list: List) -> Option<Seat> {
        let (position, hash, stamp) = self.queue(list).oldest()?;
        Some(Seat { slot: Slot { list, position }, hash, stamp })
    }

    /// The next newer one of the same queue.
    pub(super) fn after(&self, slot: Slot) -> Option<Seat> {
        let (position, hash, stamp) = self.queue(slot.list).after(slot.position)?;
        Some(Seat { slot: Slot { list: slot.list, position }, hash, stamp })
    }

    pub(super) fn is_empty(&self, list: List) -> bool {
        self.queue(list).len() == 0
    }

    /// How many uses an entry in this place that had so many has with one more, if that counts.
    #[inline]
    pub(super) fn one_use_more(&self, uses: u8, slot: Slot, regime: impl FnOnce() -> Regime) -> Option<u8> {
        if uses < USES_MAX && !self.is_young(slot, regime()) { Some(uses + 1) } else { None }
    }

    /// Entries of probation, or in the lazy LRU of both queues, are young at first: hits on them do not count yet.
    #[inline]
    fn is_young(&self, slot: Slot, regime: Regime) -> bool {
        let eighths = match (regime, slot.list) {
            (Regime::TwoQueues, List::Probation) => 2,
            // Without a look at the queue's ends, which writers on other cores move.
            (Regime::TwoQueues, List::Main) => return false,
            (Regime::LazyLru, _) => 3,
        };
        self.queue(slot.list).is_young(slot.position, eighths)
    }

    #[inline]
    pub(super) fn hash(&self, slot: Slot) -> ShortHash {
        self.queue(slot.list).hash(slot.position)
    }

    pub(super) fn deadline(&self, slot: Slot) -> Deadline {
        self.queue(slot.list).deadline(slot.position)
    }

    pub(super) fn redate(&mut self, slot: Slot, deadline: Deadline) {
        self.queue_mut(slot.list).redate(slot.position, deadline);
    }

    /// A queue that is mostly places that were given up: moving its oldest to the front gives their memory back.
    pub(super) fn full_of_holes(&self) -> Option<List> {
        let holey = |list: &List| {
            let queue = self.queue(*list);
            queue.holes() > queue.len() as usize + HOLES_LET_BE
        };
        [List::Probation, List::Main].into_iter().find(holey)
    }

    /// Goes on from the cursor and tells up to `most` entries whose deadline has passed. `None` for the cursor at the end of the
    /// walk.
    pub(super) fn tell_due(
        &mut self,
        Cursor { list, from }: Cursor,
        effort: &mut Effort,
        most: usize,
        now: Time,
        mut tell: impl FnMut(Slot, ShortHash),
    ) -> Option<Cursor> {
        let queue = self.queue_mut(list);
        let tell = |position, hash| tell(Slot { list, position }, hash);
        match queue.tell_due(from, effort, most, now, tell) {
            Some(position) => Some(Cursor { list, from: Some(position) }),
            None => Cursor { list, from: None }.next_list(),
        }
    }

    /// Begins to fetch the place of a slot.
    #[inline]
    pub(super) fn prefetch(&self, slot: Slot) {
        self.queue(slot.list).prefetch(slot.position);
    }

    /// Whether `reserve` has nothing to do.
    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        self.probation.is_ready() && self.main.is_ready()
    }

    /// What `reserve` will ask for, in bytes.
    #[inline]
    pub(super) fn reservation(&self) -> usize {
        self.probation.reservation() + self.main.reservation()
    }

    /// Makes sure that entries can be pushed and moved about without asking the allocator.
    #[inline]
    pub(super) fn reserve(&mut self) {
        self.probation.reserve();
        self.main.reserve();
    }

    pub(super) fn has_room(&self, list: List) -> bool {
        self.queue(list).has_room()
    }
}

/// How far a walk over both queues has come. It goes from the newest to the oldest; what has come, or has moved to the front,
/// since it began waits for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    list: List,
    /// None at the beginning of a queue.
    from: Option<Position>,
}

impl Cursor {
    pub(super) const START: Self = Self { list: List::Probation, from: None };

    /// The beginning of the next queue, if there is one.
    fn next_list(self) -> Option<Self> {
        match self.list {
            List::Probation => Some(Self { list: List::Main, from: None }),
            List::Main => None,
        }
    }
}
