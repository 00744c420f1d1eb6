//! A rate that may not be exceeded: the generic cell rate algorithm (ITU-T I.371), in one word and without a lock.

use crate::sync::{AtomicU64, Ordering};

/// So many units of [`Moment`] are a second. Finer than nanoseconds, so that rates of a hundred million a second are kept to
/// the percent; 64 bits of them last for 36 years of a process's life.
const SECOND: u64 = 16_000_000_000;

/// A time since the clock was made, as buckets count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

/// Holds one second's worth of a rate, and fills at that rate. The word is when it will be full again: that says how much is
/// in it at any time, so nothing ever has to fill it.
#[derive(Debug)]
pub(super) struct Bucket {
    full_at: AtomicU64,
}

impl Moment {
    pub(super) fn after(since_start: std::time::Duration) -> Self {
        let units = since_start.as_nanos().saturating_mul(u128::from(SECOND / 1_000_000_000));
        Self(u64::try_from(units).unwrap_or(u64::MAX))
    }
}

impl Bucket {
    pub(super) fn full() -> Self {
        Self { full_at: AtomicU64::new(0) }
    }

    /// Takes this much of a rate of `per_second`, if there is as much.
    pub(super) fn take(&self, amount: u64, per_second: u64, now: Moment) -> bool {
        self.step(now, |full_at| {
            let then = full_at.saturating_add(duration(amount, per_second));
            (then - now.0 <= SECOND).then_some(then)
        })
    }

    /// Whether there is anything in it: then one may [`draw`](Self::draw) what is only known afterwards.
    pub(super) fn is_open(&self, now: Moment) -> bool {
        // Relaxed: counter only; who comes between this and the draw takes a debt of its own.
        self.full_at.load(Ordering::Relaxed).saturating_sub(now.0) < SECOND
    }

    /// Takes this much, if need be into a debt that is paid off by waiting.
    pub(super) fn draw(&self, amount: u64, per_second: u64, now: Moment) {
        self.step(now, |full_at| Some(full_at.saturating_add(duration(amount, per_second))));
    }

    /// Puts back what was taken a moment ago at this rate. It never comes to hold more than a second's worth: what it was when it
    /// would be full is before now then, and counts as now.
    pub(super) fn give_back(&self, amount: u64, per_second: u64) {
        let back = duration(amount, per_second);
        // Relaxed: counter only.
        let given = self
            .full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| Some(full_at.saturating_sub(back)));
        debug_assert!(given.is_ok(), "the closure never declines");
    }

    fn step(&self, now: Moment, step: impl Fn(u64) -> Option<u64>) -> bool {
        // Relaxed: counter only. Each step is one exchange of the same word, so what two take at once is two takings.
        let stepped = self
            .full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| step(full_at.max(now.0)));
        stepped.is_ok()
    }
}

/// How long a bucket of this rate takes to fill by so much. Rounded down, so that a second's worth fits into a second.
fn duration(amount: u64, per_second: u64) -> u64 {
    let units = u128::from(amount) * u128::from(SECOND);
    let whole = units.checked_div(u128::from(per_second)).unwrap_or(u128::MAX);
    // Half of the range, so that no sum of a time and this overflows.
    u64::try_from(whole).unwrap_or(u64::MAX).min(u64::MAX / 2)
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(millis: u64) -> Moment {
        Moment::after(Duration::from_millis(millis))
    }

    fn taken(bucket: &Bucket, rate: u64, now: Moment) -> usize {
        std::iter::repeat_n((), 10_000).take_while(|()| bucket.take(1, rate, now)).count()
    }

    #[test]
    fn a_second_s_worth_comes_at_once_and_then_the_rate() {
        let bucket = Bucket::full();
        assert_eq!(taken(&bucket, 10, at(0)), 10);
        assert_eq!(taken(&bucket, 10, at(99)), 0);
        assert_eq!(taken(&bucket, 10, at(100)), 1);
        assert_eq!(taken(&bucket, 10, at(450)), 3);
        // However long nothing is taken, it holds no more than a second's worth.
        assert_eq!(taken(&bucket, 10, at(1_000_000)), 10);
    }

    #[test]
    fn the_rate_holds_over_a_long_time_at_any_pace() {
        for (rate, pace) in [(1_u32, 7), (3, 1), (10, 33), (1000, 4), (999_999, 4)] {
            let bucket = Bucket::full();
            let total: usize =
                (0..20_000).step_by(pace).map(|now| taken(&bucket, rate.into(), at(now))).sum();
            let rate = rate as usize;
            let most = 21 * rate;
            assert!(total <= most, "{rate}: {total}");
            // Where one looks seldom, or takes at most 10,000 at a look, less comes.
            let looks = 20_000 / pace;
            let least = (most - rate / 5 - 2).min(looks * 10_000 * 9 / 10);
            assert!(total >= least, "{rate}: {total} of {least}");
        }
    }

    #[test]
    fn nothing_is_allowed_where_the_rate_is_nothing() {
        let bucket = Bucket::full();
        assert!(!bucket.take(1, 0, at(5)));
        assert!(bucket.take(0, 1, at(5)));
    }

    #[test]
    fn a_debt_is_paid_off_by_waiting() {
        let bucket = Bucket::full();
        assert!(bucket.is_open(at(0)));
        bucket.draw(50, 10, at(0));
        assert!(!bucket.is_open(at(0)) && !bucket.take(1, 10, at(0)));
        assert!(!bucket.is_open(at(4_000)));
        assert!(bucket.is_open(at(4_100)));
        assert_eq!(taken(&bucket, 10, at(4_100)), 1);
    }

    #[test]
    fn what_is_given_back_is_there_again_and_no_more_than_a_second_s_worth() {
        let bucket = Bucket::full();
        assert!(bucket.take(7, 10, at(0)) && bucket.take(3, 10, at(0)));
        bucket.give_back(3, 10);
        assert_eq!(taken(&bucket, 10, at(0)), 3);
        bucket.give_back(10, 10);
        bucket.give_back(10, 10);
        assert_eq!(taken(&bucket, 10, at(0)), 10);
        bucket.give_back(1, 0);
        assert_eq!(taken(&bucket, 10, at(5_000)), 10);
    }

    #[test]
    fn what_is_absurd_overflows_nothing() {
        let bucket = Bucket::full();
        for _ in 0..5 {
            bucket.draw(u64::MAX, 1, at(0));
        }
        assert!(!bucket.is_open(at(u64::MAX)) || bucket.take(0, 1, at(u64::MAX)));
        assert!(!bucket.is_open(at(1_000_000)));
    }

    #[test]
    fn whoever_takes_at_the_same_time_takes_no_more() {
        let bucket = Bucket::full();
        let taken = std::thread::scope(|scope| {
            let taking = || scope.spawn(|| taken(&bucket, 1_000, at(0)));
            let threads = [taking(), taking(), taking()];
            threads.map(|thread| thread.join().unwrap()).iter().sum::<usize>()
        });
        assert_eq!(taken, 1_000);
    }
}
