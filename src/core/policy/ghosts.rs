//! What was evicted from probation of late: prints of hashes, a set of four for each line of the index.

use super::{ROUND, Stamp};

const WAYS: usize = 4;
/// A ghost older than this says nothing any more: eight rounds.
const OLDEST: u16 = 8 * ROUND;

/// In each cell the print over the stamp; 0 where there is none. The newest comes first.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::core) struct GhostSet([u32; WAYS]);

#[expect(clippy::cast_possible_truncation, reason = "the halves of a cell are what is wanted")]
fn parts(cell: u32) -> (u16, Stamp) {
    ((cell >> 16) as u16, Stamp(cell as u16))
}

impl GhostSet {
    /// The time of the ghost with this print, which is taken away.
    #[inline]
    pub(in crate::core) fn take(&mut self, print: u16, now: Stamp) -> Option<Stamp> {
        let cell = self.0.iter_mut().find(|cell| **cell >> 16 == u32::from(print) && **cell != 0)?;
        let (_, stamp) = parts(std::mem::take(cell));
        (stamp.age(now) <= OLDEST).then_some(stamp)
    }

    /// Remembers one; the one that was put first has to go.
    #[inline]
    pub(in crate::core) fn put(&mut self, print: u16, stamp: Stamp) {
        self.0.rotate_right(1);
        self.0[0] = u32::from(print) << 16 | u32::from(stamp.0);
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
