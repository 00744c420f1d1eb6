//! A stripe's clock of misses, and the share of its bytes that is probation's.

use super::{ROUND, Stamp};

/// Of a round: how much larger probation is imagined when it is asked what more of it would have kept.
const STEP: f32 = 0.05 * 128.0;
/// What a hit that a larger probation would have had is weighed against: hits that main would lose. At half of this, the
/// share runs off to its upper bound on plain Zipf.
const WORTH_OF_MAIN: f32 = 0.25;
/// How fast the share moves: by this part of an entry's worth for a hit.
const SPEED: f32 = 1.5;
const BOUNDS: (f32, f32) = (0.01, 0.5);
const FIRST: f32 = 0.10;

#[derive(Debug)]
pub(in crate::core) struct Share {
    probation: f32,
    now: Stamp,
    /// Misses that do not make a unit yet, times 128.
    since: u32,
    /// Main has once been as large as it may be.
    settled: bool,
}

/// The ages of what a miss is weighed by.
#[derive(Clone, Copy, Debug)]
pub(in crate::core) struct Ages {
    pub(in crate::core) ghost: Option<u16>,
    /// Of the oldest entry of each queue.
    pub(in crate::core) probation: u16,
    pub(in crate::core) main: u16,
}

impl Share {
    pub(in crate::core) fn new() -> Self {
        Self { probation: FIRST, now: Stamp(0), since: 0, settled: false }
    }

    #[inline]
    pub(in crate::core) fn now(&self) -> Stamp {
        self.now
    }

    /// Probation's share, from 0 to 1.
    #[inline]
    pub(in crate::core) fn probation(&self) -> f32 {
        self.probation
    }

    #[inline]
    pub(in crate::core) fn is_settled(&self) -> bool {
        self.settled
    }

    pub(in crate::core) fn settle(&mut self) {
        self.settled = true;
    }

    /// A new entry comes, of so many: moves the clock and the share.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "a stripe's entries need not be counted exactly")]
    pub(in crate::core) fn note_miss(&mut self, entries: usize, ages: Ages) {
        let units = self.advance(u32::try_from(entries.max(1)).unwrap_or(u32::MAX));
        if units > 0 {
            // For each miss, an entry of main's is worth the hits of its lifetime; a unit makes up for its misses at once.
            let worth = WORTH_OF_MAIN * STEP / f32::from(ages.main).max(STEP);
            self.grow(-worth * f32::from(units) / f32::from(ROUND));
        }
        if ages.ghost.is_some_and(|age| f32::from(age) <= f32::from(ages.probation) + STEP) {
            self.grow(1.0 / entries.max(1) as f32);
        }
    }

    fn grow(&mut self, by: f32) {
        self.probation = (self.probation + SPEED * by).clamp(BOUNDS.0, BOUNDS.1);
    }

    /// How many units have gone by with this miss.
    #[expect(clippy::cast_possible_truncation, reason = "128 at most")]
    #[inline]
    fn advance(&mut self, entries: u32) -> u16 {
        self.since += u32::from(ROUND);
        if self.since < entries {
            return 0;
        }
        let units = (self.since / entries) as u16;
        self.since %= entries;
        self.now = Stamp(self.now.0.wrapping_add(units));
        units
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const NEW: Ages = Ages { ghost: None, probation: 0, main: 0 };

    #[test]
    fn a_round_is_as_many_misses_as_there_are_entries() {
        for entries in [1, 7, 128, 1000] {
            let mut share = Share::new();
            (0..entries * 3).for_each(|_| share.note_miss(entries, NEW));
            assert_eq!(share.now().0, 3 * ROUND, "{entries} entries");
        }
    }

    #[test]
    fn ghosts_within_reach_let_probation_grow_and_others_do_not() {
        let mut share = Share::new();
        let within = Ages { ghost: Some(10), probation: 10, main: 128 };
        (0..1000).for_each(|_| share.note_miss(1000, within));
        assert!(share.probation() == BOUNDS.1, "{}", share.probation());
        let beyond = Ages { ghost: Some(500), ..within };
        (0..100_000).for_each(|_| share.note_miss(1000, beyond));
        assert!(share.probation() < 0.02, "{}", share.probation());
    }
}
