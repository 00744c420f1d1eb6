//! How long something took, as counts by bounds: what a histogram of Prometheus is made of.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// In nanoseconds: 1, 2 and 5 of each power of ten from a microsecond to ten seconds. A request is answered in some
/// microseconds, a password derived in some milliseconds.
const BOUNDS: [u64; 22] = {
    let mut bounds = [0; 22];
    let (mut at, mut power) = (0, 1_000);
    while at < 21 {
        bounds[at] = power;
        bounds[at + 1] = 2 * power;
        bounds[at + 2] = 5 * power;
        at += 3;
        power *= 10;
    }
    bounds[21] = power;
    bounds
};

/// Times by bounds. All accesses are relaxed: counters only, nothing is ordered by them.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// How many were within a bound and not within the one before; the last: beyond all.
    counts: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// What was counted, summed over histograms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observed {
    counts: [u64; BOUNDS.len() + 1],
    nanoseconds: u64,
}

impl Histogram {
    pub(crate) fn observe(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|bound| *bound < nanoseconds);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl Observed {
    pub(crate) fn of<'a>(histograms: impl IntoIterator<Item = &'a Histogram>) -> Self {
        let mut sum = Self::default();
        for histogram in histograms {
            for (count, more) in sum.counts.iter_mut().zip(&histogram.counts) {
                *count += more.load(Ordering::Relaxed);
            }
            let more = histogram.nanoseconds.load(Ordering::Relaxed);
            sum.nanoseconds = sum.nanoseconds.wrapping_add(more);
        }
        sum
    }

    /// Each bound in seconds, with how many took no longer; what took longer than the last one is in `count` only.
    #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
    pub(crate) fn within(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut sum = 0;
        BOUNDS.iter().zip(self.counts).map(move |(bound, count)| {
            sum += count;
            (*bound as f64 / 1e9, sum)
        })
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All times together, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        Duration::from_nanos(self.nanoseconds).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_counts_within_each_bound_that_it_does_not_exceed() {
        let histogram = Histogram::default();
        for nanoseconds in [0, 1_000, 1_001, 2_000_000, 10_000_000_000, 10_000_000_001] {
            histogram.observe(Duration::from_nanos(nanoseconds));
        }
        let observed = Observed::of([&histogram, &Histogram::default()]);
        let within: Vec<_> = observed.within().collect();
        assert_eq!(within[0], (1e-6, 2));
        assert_eq!(within[1], (2e-6, 3));
        assert_eq!((within[9], within[10]), ((1e-3, 3), (2e-3, 4)));
        assert_eq!(within[21], (10.0, 5));
        assert_eq!(observed.count(), 6);
        assert!((observed.seconds() - 20.002_002_002).abs() < 1e-9, "{}", observed.seconds());
        assert!(within.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
    }
}
