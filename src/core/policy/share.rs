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

    /// Main is as large as it may be, and this was probation's share when it became so.
    pub(in crate::core) fn resume(&mut self, probation: f32) {
        self.settled = true;
        self.probation = probation.clamp(BOUNDS.0, BOUNDS.1);
    }

    /// A new entry comes, of so many. Moves the share: `ghost` is the age of its ghost, `oldest` that of the oldest entry
    /// on probation, `bias` what the referee says.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "a stripe's entries need not be counted exactly")]
    pub(in crate::core) fn note_miss(&mut self, entries: usize, ghost: Option<u16>, oldest: u16, bias: f32) {
        let entries = (entries.max(1)) as f32;
        self.advance(entries);
        let mut gain = bias - WORTH_OF_MAIN * STEP / self.main_age.max(STEP);
        if ghost.is_some_and(|age| f32::from(age) <= f32::from(oldest) + STEP) {
            gain += 1.0;
        }
        self.probation = (self.probation + SPEED * gain / entries).clamp(BOUNDS.0, BOUNDS.1);
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of entries, and units that wrap"
    )]
    #[inline]
    fn advance(&mut self, entries: f32) {
        let entries = entries as u32;
        self.since += ROUND;
        if self.since >= entries {
            self.now = Stamp(self.now.0.wrapping_add((self.since / entries) as u16));
            self.since %= entries;
        }
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
            (0..entries * 3).for_each(|_| share.note_miss(entries, None, 0, 0.0));
            assert_eq!(u32::from(share.now().0), 3 * ROUND, "{entries} entries");
        }
    }

    #[test]
    fn ghosts_within_reach_let_probation_grow_and_others_do_not() {
        let mut share = Share::new();
        (0..1000).for_each(|_| share.note_miss(1000, Some(10), 10, 0.0));
        assert!(share.probation() > 0.9, "{}", share.probation());
        (0..100_000).for_each(|_| share.note_miss(1000, Some(500), 10, 0.0));
        assert!(share.probation() < 0.02, "{}", share.probation());
        (0..1000).for_each(|_| share.note_miss(1000, None, 10, 1.0));
        assert!(share.probation() > 0.9, "the referee is heard");
    }
}
