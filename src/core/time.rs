//! Time as the engine sees it: a count of ticks that somebody else keeps.

use std::cell::Cell;

/// Ticks since whoever keeps the clock began to count. What a tick lasts is the keeper's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) u32);

impl Time {
    /// It can be no later, whatever is known.
    pub(crate) const END: Self = Self(u32::MAX);
}

/// When an entry ends; the first tick at which it is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline(u32);

impl Deadline {
    /// It does not end by itself.
    pub(crate) const NONE: Self = Self(0);
    /// Of a place that no entry holds.
    pub(super) const GONE: Self = Self(u32::MAX);

    /// At this tick. Tick 0 is moved to tick 1, since 0 stands for none; the last one to the one before.
    #[inline]
    pub(crate) fn at(time: Time) -> Self {
        Self(time.0.clamp(1, u32::MAX - 1))
    }

    /// In so many ticks from now. Without any, or after the clock's own end, it does not end.
    #[inline]
    pub(crate) fn after(ticks: Option<u32>, now: &impl Now) -> Self {
        let end = ticks.and_then(|ticks| now.now().0.checked_add(ticks));
        end.map_or(Self::NONE, |end| Self::at(Time(end)))
    }

    #[inline]
    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// When that is; `None` if it does not end by itself, or nothing is there that could.
    #[inline]
    pub(super) fn time(self) -> Option<Time> {
        if self == Self::NONE || self == Self::GONE { None } else { Some(Time(self.0)) }
    }

    #[inline]
    pub(crate) fn passed(self, now: Time) -> bool {
        !self.is_none() && now.0 >= self.0
    }

    /// Whether it is known not to have passed by when it can be no later than this.
    #[inline]
    pub(crate) fn is_after(self, latest: Time) -> bool {
        // What does not end is after everything.
        self.0.wrapping_sub(1) >= latest.0
    }

    /// Whether what ends then lives at least as long as what ends at that one.
    #[inline]
    pub(super) fn is_as_late_as(self, other: Self) -> bool {
        self.is_none() || !other.is_none() && self.0 >= other.0
    }

    #[inline]
    pub(crate) fn to_bits(self) -> u32 {
        self.0
    }

    #[inline]
    pub(crate) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// Where the time is read, and only when somebody needs it: a hit on an entry without deadline does not.
pub(crate) trait Now {
    /// The present tick. It never goes back.
    fn now(&self) -> Time;

    /// How late it can be now, as far as that is known by a look that costs next to nothing.
    #[inline]
    fn latest(&self) -> Time {
        Time::END
    }

    /// Whether this deadline has passed, which may be known without the tick.
    #[inline]
    fn is_past(&self, deadline: Deadline) -> bool {
        deadline.passed(self.now())
    }
}

impl Now for Time {
    fn now(&self) -> Time {
        *self
    }
}

/// One look at a clock, taken when somebody first asks: most operations never do.
#[derive(Debug)]
pub(crate) struct Glance<'a, N> {
    clock: &'a N,
    seen: Cell<Option<Time>>,
}

impl<'a, N: Now> Glance<'a, N> {
    #[inline]
    pub(crate) fn at(clock: &'a N) -> Self {
        Self { clock, seen: Cell::new(None) }
    }
}

impl<N> Glance<'_, N> {
    #[inline]
    pub(crate) fn clock(&self) -> &N {
        self.clock
    }
}

impl<N: Now> Now for Glance<'_, N> {
    #[inline]
    fn now(&self) -> Time {
        self.seen.get().unwrap_or_else(|| {
            let now = self.clock.now();
            self.seen.set(Some(now));
            now
        })
    }

    #[inline]
    fn is_past(&self, deadline: Deadline) -> bool {
        self.seen.get().map_or_else(|| self.clock.is_past(deadline), |now| deadline.passed(now))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_after_what_is_before_it_and_none_is_after_everything() {
        let at = |tick| Deadline::at(Time(tick));
        assert!(at(5).is_after(Time(4)) && !at(5).is_after(Time(5)) && !at(5).is_after(Time(6)));
        for latest in [Time(1), Time(u32::MAX - 1), Time::END] {
            assert!(Deadline::NONE.is_after(latest), "{latest:?}");
        }
        assert!(!at(u32::MAX).is_after(Time::END), "nothing is known");
    }
}
