//! Which entries to keep: an adaptive 2Q that a sampled LRU referees.
//!
//! Each stripe has two queues, *probation* and *main*, and remembers what it evicted from probation of late as *ghosts*:
//! a print of the hash and the time. Time is counted in misses, 128 units for as many misses as there are entries.
//!
//! - **Hit**: the entry's count of uses goes up, to 3 at most. Nothing moves.
//! - **Insert**: on probation. If there is a ghost, the entry was here lately: if that was later than the oldest main
//!   entry's time, it goes to main at once. (A main entry that is used is moved to the front first, one use poorer, so that
//!   it is not compared.)
//! - **Evict**: if probation has more than its share of the bytes, its oldest goes: to main if it was used, else out,
//!   leaving a ghost. Otherwise main's oldest: to the front if it was used, one use poorer, else out. After 16 entries
//!   that were spared the next one goes whatever its uses, so that a writer's walk is bounded.
//! - **Share**: probation's share follows what pays: it grows with each ghost that a little more probation would have
//!   kept, and shrinks by what the same room is worth in main (see `share`). Above one half, main gives its unused entries
//!   to probation, and the whole becomes a lazy LRU.
//! - **Warm-up**: until main has once had its share, what leaves probation goes there.
//! - **Referee**: for a sample of the keys, a directory says what an exact LRU would have hit. While LRU is ahead for
//!   longer than the lead that this policy had built up, it pushes the share up (see `referee`).

pub(super) mod ghosts;
pub(super) mod referee;
pub(super) mod share;

pub(super) use ghosts::Ghosts;
pub(super) use referee::Referee;
pub(super) use share::Share;

/// Time in misses of a stripe: 128 units are as many misses as it has entries. It wraps; ages are what counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(pub(super) u16);

/// Units in which all entries of a stripe would be missed once.
pub(super) const ROUND: u32 = 128;

impl Stamp {
    /// Units that have gone by since.
    #[inline]
    pub(super) fn age(self, now: Self) -> u16 {
        now.0.wrapping_sub(self.0)
    }
}
