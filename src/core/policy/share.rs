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

    /// Main is as large as it may be, and this was probation's share when it became so.
    pub(in crate::core) fn resume(&mut self, probation: f32) {
        self.settled = true;
        self.probation = probation.clamp(BOUNDS.0, BOUNDS.1);
    }

    /// A new entry comes, of so many, with a ghost of this age: moves the clock and the share. Probation's and main's oldest entry are
    /// so old.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a stripe has fewer entries than that")]
    pub(in crate::core) fn note_miss(
        &mut self,
        entries: usize,
        ghost: Option<u16>,
        probation: impl FnOnce() -> u16,
        main: impl FnOnce() -> u16,
    ) {
        let entries = entries.max(1) as u32;
        self.since += u32::from(ROUND);
        if self.since >= entries {
            self.advance(entries, main());
        }
        if let Some(age) = ghost {
            self.note_ghost(entries, age, probation());
        }
    }

    #[inline(never)]
    #[expect(clippy::cast_precision_loss, reason = "a stripe's entries need not be counted exactly")]
    fn note_ghost(&mut self, entries: u32, age: u16, probation: u16) {
        if f32::from(age) <= f32::from(probation) + STEP {
            self.grow(1.0 / entries as f32);
        }
    }

    fn grow(&mut self, by: f32) {
        self.probation = (self.probation + SPEED * by).clamp(BOUNDS.0, BOUNDS.1);
    }

    /// Some units of time have gone by. For each miss, an entry of main's is worth the hits of its lifetime; a unit makes up for its
    /// misses at once.
    #[inline(never)]
    #[expect(clippy::cast_possible_truncation, reason = "128 at most")]
    fn advance(&mut self, entries: u32, main: u16) {
        let units = (self.since / entries) as u16;
        self.since %= entries;
        self.now = Stamp(self.now.0.wrapping_add(units));
        let worth = WORTH_OF_MAIN * STEP / f32::from(main).max(STEP);
        self.grow(-worth * f32::from(units) / f32::from(ROUND));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn note(share: &mut Share, entries: usize, ghost: Option<u16>) {
        share.note_miss(entries, ghost, || 10, || 128);
    }

    #[test]
    fn a_round_is_as_many_misses_as_there_are_entries() {
        for entries in [1, 7, 128, 1000] {
            let mut share = Share::new();
            (0..entries * 3).for_each(|_| note(&mut share, entries, None));
            assert_eq!(share.now().0, 3 * ROUND, "{entries} entries");
        }
    }

    #[test]
    fn ghosts_within_reach_let_probation_grow_and_others_do_not() {
        let mut share = Share::new();
        (0..1000).for_each(|_| note(&mut share, 1000, Some(10)));
        assert!(share.probation() == BOUNDS.1, "{}", share.probation());
        (0..100_000).for_each(|_| note(&mut share, 1000, Some(500)));
        assert!(share.probation() < 0.02, "{}", share.probation());
    }
}
