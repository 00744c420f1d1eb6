//! What was evicted from probation of late: prints of hashes and times, three in a word that lies in a line of the index.

use super::{ROUND, Stamp};

/// A ghost older than this says nothing any more: eight rounds.
const OLDEST: u16 = 8 * ROUND;
const WAYS: u32 = 3;
/// Of a ghost: the print above the time.
const BITS: u32 = PRINT_BITS + TIME_BITS;
const PRINT_BITS: u32 = 11;
const TIME_BITS: u32 = 10;
const PRINT: u64 = (1 << PRINT_BITS) - 1;
const TIME: u64 = (1 << TIME_BITS) - 1;
const GHOST: u64 = (1 << BITS) - 1;
/// Times are kept in units of a 32nd round; they wrap after 32 rounds.
const COARSER: u32 = 2;

/// The latest lowest. A print of 0 says that there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::core) struct Ghosts(u64);

impl Ghosts {
    /// The age of the ghost with this print, which is taken away.
    #[inline]
    pub(in crate::core) fn take(&mut self, print: u16, now: Stamp) -> Option<u16> {
        let print = printed(print);
        let way = (0..WAYS).find(|way| (self.0 >> (way * BITS + TIME_BITS)) & PRINT == print)?;
        self.take_from(way * BITS, now)
    }

    fn take_from(&mut self, shift: u32, now: Stamp) -> Option<u16> {
        let age = (time(now) << COARSER).wrapping_sub((self.0 >> shift & TIME) << COARSER) & TIME << COARSER;
        let below = (1 << shift) - 1;
        self.0 = self.0 & below | (self.0 >> BITS) & !below;
        let age = age as u16;
        (age <= OLDEST).then_some(age)
    }

    /// Remembers one; the one that came first is forgotten for it.
    #[inline]
    pub(in crate::core) fn put(&mut self, print: u16, stamp: Stamp) {
        let kept = self.0 & (GHOST << BITS | GHOST);
        self.0 = kept << BITS | printed(print) << TIME_BITS | time(stamp);
    }
}

#[inline]
fn printed(print: u16) -> u64 {
    (u64::from(print) & PRINT).max(1)
}

#[inline]
fn time(stamp: Stamp) -> u64 {
    u64::from(stamp.0 >> COARSER) & TIME
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_and_a_ghost_is_met_once() {
        let mut ghosts = Ghosts::default();
        // Across the wrap of the clock.
        let at = |print: u16| Stamp(65_528_u16.wrapping_add(4 * print));
        (1..=5).for_each(|print| ghosts.put(print, at(print)));
        let now = Stamp(20);
        assert!((1..=2).all(|print| ghosts.take(print, now).is_none()), "two had to go");
        for print in [4, 3, 5] {
            assert_eq!(ghosts.take(print, now), Some(at(print).age(now)));
            assert_eq!(ghosts.take(print, now), None);
        }
        ghosts.put(5, Stamp(0));
        assert_eq!(ghosts.take(5, Stamp(OLDEST + 4)), None, "too old to say anything");
        ghosts.put(0, Stamp(8));
        assert_eq!(ghosts.take(0, Stamp(8 + OLDEST)), Some(OLDEST), "there is one, whatever its print");
    }
}
