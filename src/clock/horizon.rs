//! How far the time can have come while the wall clock shows the same second: most looks at a clock only ask whether a deadline
//! has passed, and most deadlines are further away than that.

use super::{TICKS_PER_SECOND, second::Second};
use crate::{
    core::{Deadline, Time},
    sync::{AtomicU64, Ordering},
};

/// A tick and the second in which the time stays before it. Both are of one look, so they are one word.
///
/// Who sets the wall clock back makes a second last longer, so whoever sees the time itself ends what it proves wrong.
#[derive(Debug)]
pub(super) struct Horizon(AtomicU64);

impl Horizon {
    /// Before which there is no deadline.
    const UNKNOWN: u64 = u64::MAX;

    pub(super) fn unknown() -> Self {
        Self(AtomicU64::new(Self::UNKNOWN))
    }

    /// Whether the time comes to this deadline only after this second, which is the present one.
    #[inline]
    pub(super) fn is_before(&self, deadline: Deadline, second: Second) -> bool {
        // Relaxed: what was stored held then, and does for as long as the second lasts, whatever else is seen.
        let word = self.0.load(Ordering::Relaxed);
        second.0 == lower(word) && deadline.to_bits() > upper(word)
    }

    /// The time, read after this second was.
    pub(super) fn note(&self, second: Second, now: Time) {
        // One tick more, since the two clocks are not read at once.
        let tick = now.0.saturating_add(TICKS_PER_SECOND + 1);
        let word = u64::from(tick) << 32 | u64::from(second.0);
        // Relaxed: see `is_before`.
        if self.0.load(Ordering::Relaxed) != word {
            self.0.store(word, Ordering::Relaxed);
        }
    }

    /// It is this late: what says that it cannot be holds no longer.
    #[inline]
    pub(super) fn reach(&self, now: Time) {
        // Relaxed: see `is_before`.
        if now.0 > upper(self.0.load(Ordering::Relaxed)) {
            self.0.store(Self::UNKNOWN, Ordering::Relaxed);
        }
    }
}

/// Each clock looks for itself.
impl Clone for Horizon {
    fn clone(&self) -> Self {
        Self::unknown()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "half of it is what is wanted")]
fn lower(word: u64) -> u32 {
    word as u32
}

fn upper(word: u64) -> u32 {
    lower(word >> 32)
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    const SECOND: Second = Second(1_000);
    const NOW: Time = Time(40);
    /// The first tick that the time may have come to in the second in which it was `NOW`.
    const FAR: u32 = NOW.0 + TICKS_PER_SECOND + 2;

    fn deadline(tick: u32) -> Deadline {
        Deadline::at(Time(tick))
    }

    #[test]
    fn only_what_is_further_away_than_a_second_lasts_is_known_to_come_later() {
        let horizon = Horizon::unknown();
        assert!(!horizon.is_before(deadline(u32::MAX - 1), Second(u32::MAX)), "nothing is known");
        horizon.note(SECOND, NOW);
        assert!(horizon.is_before(deadline(FAR), SECOND));
        for near in [1, NOW.0, NOW.0 + 1, NOW.0 + TICKS_PER_SECOND, FAR - 1] {
            assert!(!horizon.is_before(deadline(near), SECOND), "{near}");
        }
    }

    #[test]
    fn in_another_second_nothing_is_known() {
        let horizon = Horizon::unknown();
        horizon.note(SECOND, NOW);
        for other in [SECOND.0 - 1, SECOND.0 + 1] {
            assert!(!horizon.is_before(deadline(u32::MAX - 1), Second(other)));
        }
        horizon.note(Second(SECOND.0 + 1), Time(NOW.0 + TICKS_PER_SECOND));
        assert!(horizon.is_before(deadline(FAR + TICKS_PER_SECOND), Second(SECOND.0 + 1)));
        assert!(!horizon.is_before(deadline(u32::MAX - 1), SECOND));
    }

    #[test]
    fn a_second_that_lasts_too_long_is_ended_by_the_first_look_at_the_time() {
        let horizon = Horizon::unknown();
        horizon.note(SECOND, NOW);
        horizon.reach(Time(FAR - 1));
        assert!(horizon.is_before(deadline(FAR), SECOND), "it can be that late");
        horizon.reach(Time(FAR));
        assert!(!horizon.is_before(deadline(u32::MAX - 1), SECOND));
    }
}
