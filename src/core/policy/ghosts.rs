//! What was evicted from probation of late: prints of hashes, a set of four for each line of the index.

use super::{ROUND, Stamp};

const WAYS: u32 = 4;
/// A ghost older than this says nothing any more: eight rounds.
#[expect(clippy::cast_possible_truncation, reason = "1024")]
const OLDEST: u16 = 8 * ROUND as u16;

/// The latest lowest. A print of 0 says that there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::core) struct GhostSet {
    prints: u64,
    stamps: u64,
}

const BITS: u32 = u64::BITS / WAYS;
const LOW_BITS: u64 = 0x0001_0001_0001_0001;
const HIGH_BITS: u64 = LOW_BITS << (BITS - 1);

impl GhostSet {
    /// The time of the ghost with this print, which is taken away.
    #[inline]
    pub(in crate::core) fn take(&mut self, print: u16, now: Stamp) -> Option<Stamp> {
        let difference = self.prints ^ (LOW_BITS * u64::from(print.max(1)));
        // The lowest bit that is set is that of the first way without a difference.
        let same = difference.wrapping_sub(LOW_BITS) & !difference & HIGH_BITS;
        if same == 0 { None } else { self.take_from(same.trailing_zeros() / BITS, now) }
    }

    #[expect(clippy::cast_possible_truncation, reason = "sixteen bits are what is wanted")]
    fn take_from(&mut self, way: u32, now: Stamp) -> Option<Stamp> {
        let below = (1 << (way * BITS)) - 1;
        let stamp = Stamp((self.stamps >> (way * BITS)) as u16);
        let without = |ways: u64| ways & below | (ways >> BITS) & !below;
        (self.prints, self.stamps) = (without(self.prints), without(self.stamps));
        (stamp.age(now) <= OLDEST).then_some(stamp)
    }

    /// Remembers one; the one that came first is forgotten for it.
    #[inline]
    pub(in crate::core) fn put(&mut self, print: u16, stamp: Stamp) {
        self.prints = self.prints << BITS | u64::from(print.max(1));
        self.stamps = self.stamps << BITS | u64::from(stamp.0);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_and_a_ghost_is_met_once() {
        let mut set = GhostSet::default();
        // Across the wrap of the clock.
        let at = |print: u16| Stamp(65_532_u16.wrapping_add(print));
        (1..=6).for_each(|print| set.put(print, at(print)));
        let now = Stamp(20);
        assert!((1..=2).all(|print| set.take(print, now).is_none()), "two had to go");
        for print in 3..=6 {
            assert_eq!(set.take(print, now), Some(at(print)));
            assert_eq!(set.take(print, now), None);
        }
        set.put(5, Stamp(0));
        assert_eq!(set.take(5, Stamp(OLDEST + 1)), None, "too old to say anything");
    }
}
