//! How far the time can have come while the wall clock shows the same second: most looks at a clock only ask whether a deadline
//! has passed, and most deadlines are further away than that.

use super::{TICKS_PER_SECOND, second::Second};
use crate::{
    core::Time,
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

    /// How late it can be in the present second, which is only asked for if anything is known of one: where nothing has a deadline,
    /// nothing ever is.
    #[inline]
    pub(super) fn latest(&self, present: impl FnOnce() -> Option<Second>) -> Time {
        // Relaxed: what was stored held then, and does for as long as the second lasts, whatever else is seen.
        let word = self.0.load(Ordering::Relaxed);
        let is_known = word != Self::UNKNOWN && present().is_some_and(|second| second.0 == lower(word));
        if is_known { Time(upper(word)) } else { Time::END }
    }

    /// The time, read after this second was.
    pub(super) fn note(&self, second: Second, now: Time) {
        // One tick more, since the two clocks are not read at once.
        let tick = now.0.saturating_add(TICKS_PER_SECOND + 1);
        let word = u64::from(tick) << 32 | u64::from(second.0);
        // Relaxed: see `latest`.
        if self.0.load(Ordering::Relaxed) != word {
            self.0.store(word, Ordering::Relaxed);
        }
    }

    /// It is this late: what says that it cannot be holds no longer.
    #[inline]
    pub(super) fn reach(&self, now: Time) {
        // Relaxed: see `latest`.
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

    /// How late it can be, if this is the second.
    fn latest(horizon: &Horizon, second: u32) -> Time {
        horizon.latest(|| Some(Second(second)))
    }

    #[test]
    fn what_is_known_is_as_long_as_a_second_lasts() {
        let horizon = Horizon::unknown();
        assert_eq!(horizon.latest(|| unreachable!("nothing is known of any")), Time::END);
        horizon.note(SECOND, NOW);
        assert_eq!(latest(&horizon, SECOND.0), Time(FAR - 1));
        assert_eq!(horizon.latest(|| None), Time::END);
    }

    #[test]
    fn in_another_second_nothing_is_known() {
        let horizon = Horizon::unknown();
        horizon.note(SECOND, NOW);
        for other in [SECOND.0 - 1, SECOND.0 + 1] {
            assert_eq!(latest(&horizon, other), Time::END);
        }
        horizon.note(Second(SECOND.0 + 1), Time(NOW.0 + TICKS_PER_SECOND));
        assert_eq!(latest(&horizon, SECOND.0 + 1), Time(FAR - 1 + TICKS_PER_SECOND));
        assert_eq!(latest(&horizon, SECOND.0), Time::END);
    }

    #[test]
    fn a_second_that_lasts_too_long_is_ended_by_the_first_look_at_the_time() {
        let horizon = Horizon::unknown();
        horizon.note(SECOND, NOW);
        horizon.reach(Time(FAR - 1));
        assert_eq!(latest(&horizon, SECOND.0), Time(FAR - 1), "it can be that late");
        horizon.reach(Time(FAR));
        assert_eq!(latest(&horizon, SECOND.0), Time::END);
    }
}
