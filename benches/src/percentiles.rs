//! The distribution of how long single operations took.

use crate::median;

/// In nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Percentiles {
    pub(crate) p50: u32,
    pub(crate) p99: u32,
    pub(crate) p999: u32,
    pub(crate) largest: u32,
}

impl Percentiles {
    pub(crate) fn of(mut nanos: Vec<u32>) -> Self {
        nanos.sort_unstable();
        // The least value that so many of a thousand do not exceed.
        let at = |thousandths: usize| {
            let rank = (nanos.len() * thousandths).div_ceil(1000).max(1);
            nanos.get(rank - 1).copied().unwrap_or(0)
        };
        Self { p50: at(500), p99: at(990), p999: at(999), largest: at(1000) }
    }

    /// The median of each over several laps, and the largest of all.
    pub(crate) fn over(laps: &[Self]) -> Self {
        let middle = |part: fn(&Self) -> u32| {
            let values = laps.iter().map(|lap| f64::from(part(lap))).collect();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a u32 before")]
            let value = median(values) as u32;
            value
        };
        let largest = laps.iter().map(|lap| lap.largest).max().unwrap_or(0);
        Self { p50: middle(|it| it.p50), p99: middle(|it| it.p99), p999: middle(|it| it.p999), largest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_of_a_thousand_do_not_exceed_it() {
        let of_all = Percentiles::of((1..=1000).rev().collect());
        assert_eq!(of_all, Percentiles { p50: 500, p99: 990, p999: 999, largest: 1000 });
        assert_eq!(Percentiles::of(vec![7]), Percentiles { p50: 7, p99: 7, p999: 7, largest: 7 });
        assert_eq!(Percentiles::of(vec![]), Percentiles::default());
    }

    #[test]
    fn one_disturbed_lap_moves_only_the_largest() {
        let lap = |nanos| Percentiles { p50: nanos, p99: nanos, p999: nanos, largest: nanos };
        let over = Percentiles::over(&[lap(3), lap(1000), lap(2)]);
        assert_eq!(over, Percentiles { p50: 3, p99: 3, p999: 3, largest: 1000 });
    }
}
