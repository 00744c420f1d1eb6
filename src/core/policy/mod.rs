//! Which entries to keep: an adaptive 2Q that a sampled LRU referees.
//!
//! Each stripe has two queues, *probation* and *main*, and remembers what it evicted from probation of late as *ghosts*:
//! a print of the hash and the time. Time is counted in misses, 128 units for as many misses as there are entries. Of one entry in 16
//! it is known when it came to its queue, and of the newest; it is taken that those between came evenly.
//!
//! - **Hit**: the entry's count of uses goes up, to 2 at most. Nothing moves. A hit on the newest quarter of probation does
//!   not count: whoever asks twice in one breath says nothing about later.
//! - **Insert**: on probation. If there is a ghost, the entry was here lately: if that was later than the oldest main
//!   entry's time, it goes to main at once.
//! - **Evict**: if probation has more than its share of the bytes, its oldest goes: to main if it was used, else out,
//!   leaving a ghost. Otherwise main's oldest: to the front if it was used, one use poorer, else out. After 16 entries
//!   that were spared the next one goes whatever its uses, so that a writer's walk is bounded.
//! - **Share**: probation's share follows what pays, up to one half: it grows with each ghost that a little more probation
//!   would have kept, and shrinks by what the same room is worth in main (see `share`).
//! - **Warm-up**: until main has once had its share, what leaves probation goes there.
//! - **Referee**: for a sample of the keys, a directory says which an exact LRU would have had, of those that are asked for and of
//!   those that are stored. When the cache falls behind, it becomes a lazy LRU until that debt is forgiven (see `referee`): the
//!   oldest of all goes, whichever queue it is in; one that is spared has no uses left; new entries begin on probation; hits on the newest three eighths of a queue
//!   do not count. So an unused entry stays, from its last use on, as long as it would in an exact LRU, give or take half of that.

pub(super) mod ghosts;
pub(super) mod referee;
pub(super) mod share;

pub(super) use ghosts::Ghosts;
pub(super) use referee::{Growth, Referee, Written};
pub(super) use share::Share;

/// Time in misses of a stripe: 128 units are as many misses as it has entries. It wraps; ages are what counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(pub(super) u16);

/// By which rules the cache lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Regime {
    TwoQueues,
    /// An exact LRU has been ahead.
    LazyLru,
}

/// Units in which all entries of a stripe would be missed once.
pub(super) const ROUND: u16 = 128;

impl Stamp {
    /// Units that have gone by since.
    #[inline]
    pub(super) fn age(self, now: Self) -> u16 {
        now.0.wrapping_sub(self.0)
    }

    /// So many steps of `all` on the way to that time, which may also be an earlier one. Those between are no more than 256 rounds
    /// apart.
    #[inline]
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "times wrap")]
    pub(super) fn towards(self, end: Self, steps: usize, all: usize) -> Self {
        let way = i32::from(self.age(end) as i16);
        let gone = way * steps as i32 / all.max(1) as i32;
        Self(self.0.wrapping_add(gone as u16))
    }
}
