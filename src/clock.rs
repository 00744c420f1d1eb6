//! Where the cache reads the time: the system's coarse monotonic clock, or one that a test moves.

mod horizon;
mod second;

use crate::{
    Expiry,
    core::{Deadline, Glance, Now, Time},
    sync::{Arc, AtomicU64, Ordering},
};
use horizon::Horizon;
use second::Second;
use std::time::{Duration, SystemTime};

/// Where the cache reads the time.
///
/// ```
/// # use keyway::{Cache, Clock, Config, Draft, Role, Users};
/// # use std::time::Duration;
/// let clock = Clock::manual();
/// let mut config = Config::new(1 << 20);
/// config.clock = clock.clone();
/// # let cache = Cache::new(config, Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// session.set("greeting", Draft::new("hello").expires(Duration::from_secs(60)))?;
/// clock.advance(Duration::from_secs(61));
/// assert!(session.get("greeting")?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { start: coarsetime::Instant, horizon: Horizon },
    Manual { start: SystemTime, nanos: Arc<AtomicU64> },
}

/// Ticks of the engine's time in a second. A deadline is never early, and late by no more than one tick and the
/// coarse clock's own few milliseconds; 32 bits of such ticks last for eight years of a process's life.
const TICKS_PER_SECOND: u32 = 16;
const NANOS_PER_TICK: u32 = 1_000_000_000 / TICKS_PER_SECOND;
const SYSTEM_TICK_SHIFT: u32 = 32 - TICKS_PER_SECOND.ilog2();

impl Clock {
    /// The system's monotonic clock, the coarse one: some nanoseconds a look, some milliseconds exact.
    ///
    /// ```
    /// use keyway::{Clock, engine::Builder};
    /// use std::time::Duration;
    ///
    /// let clock = Clock::system(); // which is taken where none is named
    /// let cache = Builder::with_entries(10).time_to_live(Duration::from_millis(1)).clock(clock).build()?;
    /// cache.insert(1, "one")?;
    /// while cache.contains(&1) {
    ///     std::thread::yield_now(); // it goes by itself
    /// }
    /// assert!(cache.get(&1).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System {
            start: coarsetime::Instant::now_without_cache_update(),
            horizon: Horizon::unknown(),
        })
    }

    /// A clock that stands still until [`advance`](Self::advance) moves it. Clones share it. For tests.
    ///
    /// ```
    /// use keyway::{Clock, engine::Builder};
    /// use std::time::Duration;
    ///
    /// let cache = Builder::with_entries(10).clock(Clock::manual()).build()?;
    /// cache.insert_for(1, "one", Duration::from_secs(1))?;
    /// assert!(cache.contains(&1)); // for as long as nobody moves it
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn manual() -> Self {
        Self(Source::Manual { start: SystemTime::now(), nanos: Arc::new(AtomicU64::new(0)) })
    }

    /// Moves a manual clock forward. The system's clock does not let itself be moved: nothing happens.
    ///
    /// ```
    /// use keyway::{Clock, engine::Builder};
    /// use std::time::Duration;
    ///
    /// let clock = Clock::manual();
    /// let cache = Builder::with_entries(10).clock(clock.clone()).build()?;
    /// cache.insert_for(1, "one", Duration::from_secs(1))?;
    /// clock.advance(Duration::from_secs(2));
    /// assert!(!cache.contains(&1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { nanos, .. } = &self.0 {
            let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
            // Relaxed: a count; a test that moves it from one thread and looks from another orders the two itself.
            nanos.fetch_add(by, Ordering::Relaxed);
        }
    }

    /// What is not known by the second: it asks for the time, and what that says of the second is kept.
    #[cold]
    fn has_reached(&self, deadline: Deadline, horizon: &Horizon, second: Second) -> bool {
        let now = self.now();
        horizon.note(second, now);
        deadline.passed(now)
    }

    #[cold]
    fn until(&self, time: SystemTime) -> Duration {
        time.duration_since(self.wall()).unwrap_or(Duration::ZERO)
    }

    /// So many ticks last at least as long as this. `None` if that is longer than any clock goes.
    #[inline]
    pub(crate) fn ticks(after: Duration) -> Option<u32> {
        if after.is_zero() {
            return Some(0);
        }
        let whole = u64::from(u32::try_from(after.as_secs()).ok()?) * u64::from(TICKS_PER_SECOND);
        let part = after.subsec_nanos().div_ceil(NANOS_PER_TICK);
        // One more than the ticks themselves, since part of the present one has gone by.
        u32::try_from(whole + u64::from(part) + 1).ok()
    }

    /// How long until this deadline, to the tick; `None` if it does not end.
    pub(crate) fn left(&self, deadline: Deadline) -> Option<Duration> {
        if deadline.is_none() {
            return None;
        }
        let ticks = deadline.to_bits().saturating_sub(self.now().0);
        Some(Duration::from_nanos(u64::from(ticks) * u64::from(NANOS_PER_TICK)))
    }

    /// Since it was made.
    pub(crate) fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { start, .. } => since(*start).into(),
            // Relaxed: see `advance`.
            Source::Manual { nanos, .. } => Duration::from_nanos(nanos.load(Ordering::Relaxed)),
        }
    }

    /// The time of day by it.
    pub(crate) fn wall(&self) -> SystemTime {
        match &self.0 {
            Source::System { .. } => SystemTime::now(),
            Source::Manual { start, .. } => *start + self.elapsed(),
        }
    }
}

impl Glance<'_, Clock> {
    /// When an entry with this expiry ends.
    #[inline]
    pub(crate) fn deadline(&self, expiry: Expiry) -> Deadline {
        let after = match expiry {
            Expiry::Never => return Deadline::NONE,
            Expiry::After(after) => after,
            Expiry::At(time) => self.clock().until(time),
        };
        Deadline::after(Clock::ticks(after), self)
    }
}

/// Not `elapsed`, which also writes what it saw into one word of the process: each hit of each thread would fetch that word's
/// line from the core that read the time before.
#[inline]
fn since(start: coarsetime::Instant) -> coarsetime::Duration {
    coarsetime::Instant::now_without_cache_update() - start
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Now for Clock {
    #[inline]
    fn now(&self) -> Time {
        match &self.0 {
            // In units of 2^-32 seconds: a shift, since many ask.
            Source::System { start, horizon } => {
                let now = time(since(*start).as_ticks() >> SYSTEM_TICK_SHIFT);
                horizon.reach(now);
                now
            }
            // Relaxed: see `advance`.
            Source::Manual { nanos, .. } => time(nanos.load(Ordering::Relaxed) / u64::from(NANOS_PER_TICK)),
        }
    }

    #[inline]
    fn latest(&self) -> Time {
        match &self.0 {
            Source::System { horizon, .. } => horizon.latest(Second::now),
            Source::Manual { .. } => Time::END,
        }
    }

    #[inline]
    fn is_past(&self, deadline: Deadline) -> bool {
        if let Source::System { horizon, .. } = &self.0
            && let Some(second) = Second::now()
        {
            return !deadline.is_after(horizon.latest(|| Some(second)))
                && self.has_reached(deadline, horizon, second);
        }
        deadline.passed(self.now())
    }
}

/// Counts from 1, since tick 0 means "none" in a deadline.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "at most that")]
fn time(ticks: u64) -> Time {
    Time((ticks + 1).min(u32::MAX.into()) as u32)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn deadline(clock: &Clock, expiry: impl Into<Expiry>) -> Deadline {
        Glance::at(clock).deadline(expiry.into())
    }

    #[test]
    fn a_deadline_is_never_early_and_at_most_two_ticks_late() {
        for offset_millis in [0, 1, 62, 63, 500, 999] {
            let clock = Clock::manual();
            clock.advance(Duration::from_millis(offset_millis));
            let deadline = deadline(&clock, Duration::from_secs(1));
            clock.advance(Duration::from_millis(999));
            assert!(!deadline.passed(clock.now()), "early at {offset_millis}");
            clock.advance(Duration::from_millis(126));
            assert!(deadline.passed(clock.now()), "late at {offset_millis}");
        }
    }

    #[test]
    fn past_times_and_zero_end_at_once_and_times_beyond_the_clock_never() {
        let clock = Clock::manual();
        for gone in [Expiry::After(Duration::ZERO), Expiry::At(SystemTime::UNIX_EPOCH)] {
            assert!(deadline(&clock, gone).passed(clock.now()));
        }
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(u32::MAX.into());
        for lives in [Expiry::Never, Expiry::At(far), Expiry::After(Duration::MAX)] {
            assert!(deadline(&clock, lives).is_none(), "{lives:?}");
        }
    }

    #[test]
    fn an_absolute_time_is_read_against_the_clocks_own_wall() {
        let clock = Clock::manual();
        clock.advance(Duration::from_secs(1000));
        let deadline = deadline(&clock, Expiry::At(clock.wall() + Duration::from_secs(10)));
        clock.advance(Duration::from_secs(9));
        assert!(!deadline.passed(clock.now()));
        clock.advance(Duration::from_millis(1200));
        assert!(deadline.passed(clock.now()));
    }

    #[test]
    fn the_systems_clock_goes_forward() {
        let clock = Clock::system();
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(150));
        assert!(clock.now() > before);
        clock.advance(Duration::from_secs(1000));
        assert!(clock.now().0 < 1000, "only a manual clock can be moved");
    }

    #[test]
    fn whether_a_deadline_has_passed_is_told_as_the_time_tells_it() {
        for clock in [Clock::system(), Clock::manual()] {
            let [soon, late] = [50, 500_000].map(|millis| deadline(&clock, Duration::from_millis(millis)));
            while !soon.passed(clock.now()) {
                assert!(!clock.is_past(late));
                // The time is asked for before and after, so that it may come in between.
                let [before, told, after] =
                    [soon.passed(clock.now()), clock.is_past(soon), soon.passed(clock.now())];
                assert!(before <= told && told <= after);
                clock.advance(Duration::from_millis(10));
            }
            assert!(clock.is_past(soon) && !clock.is_past(late));
        }
    }
}
