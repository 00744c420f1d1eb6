//! Rates: what happened from one snapshot to the next, by the second.

use super::{Status, snapshot::ratio};

/// What happened a second between two snapshots.
///
/// ```
/// use keyway_frontend::status::{Rates, Status};
///
/// let (mut earlier, mut later) = (Status::default(), Status::default());
/// (earlier.uptime_ms, later.uptime_ms) = (1000, 3000);
/// (earlier.requests.sets, later.requests.sets) = (10, 50);
/// assert_eq!(Rates::between(&earlier, &later).sets, 20.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// Gets.
    pub gets: f64,
    /// Of these, those that found nothing.
    pub misses: f64,
    /// The part of gets that found something, from 0 to 1; `None` if there were none.
    pub hit_ratio: Option<f64>,
    /// Storage requests.
    pub sets: f64,
    /// Deletes, touches, increments and decrements.
    pub others: f64,
    /// Items evicted to make room.
    pub evictions: f64,
    /// Items removed because they had expired.
    pub expirations: f64,
    /// Logins, refused ones included.
    pub logins: f64,
    /// Refused logins and verbs.
    pub refusals: f64,
    /// Bytes of requests.
    pub bytes_in: f64,
    /// Bytes of answers.
    pub bytes_out: f64,
}

impl Rates {
    /// What happened between the two; nothing, if the server has begun anew.
    ///
    /// ```
    /// use keyway_frontend::status::{Rates, Status};
    ///
    /// let (mut earlier, mut later) = (Status::default(), Status::default());
    /// (earlier.uptime_ms, later.uptime_ms) = (0, 500);
    /// (later.requests.get_hits, later.requests.get_misses) = (30, 10);
    /// let rates = Rates::between(&earlier, &later);
    /// assert_eq!((rates.gets, rates.hit_ratio), (80.0, Some(0.75)));
    /// assert_eq!(Rates::between(&later, &earlier), Rates::default()); // the server has begun anew
    /// ```
    #[must_use]
    pub fn between(earlier: &Status, later: &Status) -> Self {
        let Some(elapsed) = later.uptime_ms.checked_sub(earlier.uptime_ms).filter(|elapsed| *elapsed > 0)
        else {
            return Self::default();
        };
        let grown = |counter: fn(&Status) -> u64| counter(later).saturating_sub(counter(earlier));
        #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
        let rate = |counter| grown(counter) as f64 * 1000.0 / elapsed as f64;
        let hits = grown(|status| status.requests.get_hits);
        let misses = grown(|status| status.requests.get_misses);
        Self {
            gets: rate(|status| status.requests.get_hits.saturating_add(status.requests.get_misses)),
            misses: rate(|status| status.requests.get_misses),
            hit_ratio: ratio(hits, misses),
            sets: rate(|status| status.requests.sets),
            others: rate(|status| {
                let requests = &status.requests;
                requests.deletes.saturating_add(requests.touches).saturating_add(requests.arithmetic)
            }),
            evictions: rate(|status| status.memory.evictions),
            expirations: rate(|status| status.memory.expirations),
            logins: rate(|status| status.requests.logins),
            refusals: rate(|status| status.refusals.logins.saturating_add(status.refusals.verbs)),
            bytes_in: rate(|status| status.requests.bytes_in),
            bytes_out: rate(|status| status.requests.bytes_out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_came_by_the_second_and_a_restart_is_no_rate() {
        let mut earlier = Status { uptime_ms: 10_000, ..Status::default() };
        earlier.requests.get_hits = 100;
        let mut later = earlier.clone();
        (later.uptime_ms, later.requests.get_hits, later.requests.get_misses) = (12_000, 400, 100);
        let rates = Rates::between(&earlier, &later);
        assert_eq!((rates.gets, rates.misses, rates.hit_ratio, rates.sets), (200.0, 50.0, Some(0.75), 0.0));
        assert_eq!(Rates::between(&later, &earlier), Rates::default());
        assert_eq!(Rates::between(&later, &later).hit_ratio, None);
    }
}
