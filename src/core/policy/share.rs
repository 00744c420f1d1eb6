//! A stripe's clock of misses, and the share of its bytes that is probation's.

use super::{ROUND, Stamp};

/// Of a round: how much larger probation is imagined when it is asked what more of it would have kept.
const STEP: f32 = 0.05 * ROUND as f32;
/// What a hit that a larger probation would have had is weighed against: hits that main would lose. At half of this, the
/// share runs off to LRU on plain Zipf.
const WORTH_OF_MAIN: f32 = 0.25;
/// How fast the share moves: by this part of an entry's worth for a hit.
const SPEED: f32 = 1.5;
const BOUNDS: (f32, f32) = (0.01, 0.99);
const FIRST: f32 = 0.10;
/// How much of a new age the mean takes in.
const MEMORY: f32 = 0.01;

#[derive(Debug)]
pub(in crate::core) struct Share {
    probation: f32,
    /// Moving mean of the ages at which entries leave main.
    main_age: f32,
    now: Stamp,
    /// Misses that do not make a unit yet, times 128.
    since: u32,
    /// Main has once been as large as it may be.
    settled: bool,
}

impl Share {
    pub(in crate::core) fn new() -> Self {
        Self { probation: FIRST, main_age: ROUND as f32, now: Stamp(0), since: 0, settled: false }
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

    /// A new entry comes, of so many. For each unit of time, the share gives way to main by what the same room is worth
    /// there; `bias` is what the referee says.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a stripe has fewer entries, and units wrap")]
    pub(in crate::core) fn note_miss(&mut self, entries: usize, bias: f32) {
        self.since += ROUND;
        let entries = entries.max(1) as u32;
        if self.since >= entries {
            let units = if self.since < 2 * entries { 1 } else { self.since / entries };
            self.since -= units * entries;
            self.now = Stamp(self.now.0.wrapping_add(units as u16));
            let gain = bias - WORTH_OF_MAIN * STEP / self.main_age.max(STEP);
            self.shift(gain * units as f32 / ROUND as f32);
        }
    }

    /// The new entry has a ghost of this age. If a little more room would have kept it on probation, whose oldest is of the age
    /// `oldest`, the share grows by its worth.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "a stripe's entries need not be counted exactly")]
    pub(in crate::core) fn note_ghost(&mut self, entries: usize, age: u16, oldest: u16) {
        if f32::from(age) <= f32::from(oldest) + STEP {
            self.shift(1.0 / entries.max(1) as f32);
        }
    }

    #[inline]
    fn shift(&mut self, gain: f32) {
        self.probation = (self.probation + SPEED * gain).clamp(BOUNDS.0, BOUNDS.1);
    }

    /// An entry of this age left main.
    #[inline]
    pub(in crate::core) fn note_main_age(&mut self, age: u16) {
        self.main_age += MEMORY * (f32::from(age) - self.main_age);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_as_many_misses_as_there_are_entries() {
        for entries in [1, 7, 128, 1000] {
            let mut share = Share::new();
            (0..entries * 3).for_each(|_| share.note_miss(entries, 0.0));
            assert_eq!(u32::from(share.now().0), 3 * ROUND, "{entries} entries");
        }
    }

    #[test]
    fn ghosts_within_reach_let_probation_grow_and_others_do_not() {
        let mut share = Share::new();
        let miss = |share: &mut Share, age| {
            share.note_miss(1000, 0.0);
            share.note_ghost(1000, age, 10);
        };
        (0..1000).for_each(|_| miss(&mut share, 10));
        assert!(share.probation() > 0.9, "{}", share.probation());
        (0..100_000).for_each(|_| miss(&mut share, 500));
        assert!(share.probation() < 0.02, "{}", share.probation());
        (0..1000).for_each(|_| share.note_miss(1000, 1.0));
        assert!(share.probation() > 0.9, "the referee is heard");
    }
}
