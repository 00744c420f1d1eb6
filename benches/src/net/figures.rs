//! Figures of several laps, and how tables show them.

use crate::{median, percentiles::Percentiles};

/// The median of one figure over all laps.
pub(super) fn middle<L>(laps: &[L], figure: impl Fn(&L) -> f64) -> f64 {
    median(laps.iter().map(figure).collect())
}

/// The median of one side's figure as part of the other's in the same lap: what disturbs both does not move it.
pub(super) fn ratio<L>(ours: &[L], theirs: &[L], figure: impl Fn(&L) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(our, their)| figure(our) / figure(their)).collect())
}

/// A count or bytes, to reckon with.
#[allow(clippy::cast_precision_loss, reason = "counts and bytes are far below 2^53")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

/// Bytes more or less than before, for each of so many.
pub(super) fn bytes_each(before: u64, after: u64, count: u64) -> f64 {
    (number(after) - number(before)) / number(count.max(1))
}

/// `p50 / p99 / p99.9` in microseconds.
pub(super) fn round_trips(over_laps: Percentiles) -> String {
    let Percentiles { p50, p99, p999, .. } = over_laps;
    [p50, p99, p999].map(|nanos| format!("{:.0}", f64::from(nanos) / 1e3)).join(" / ")
}

/// Two decimals, or nothing where there is nothing to say.
pub(super) fn perhaps(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.2}"))
}

pub(super) fn per_second(rate: f64) -> String {
    if rate < 10_000.0 { format!("{rate:.0}") } else { format!("{:.1}k", rate / 1e3) }
}

pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, due: f64) {
        assert!((found - due).abs() < 1e-9, "{found}, {due} is due");
    }

    #[test]
    fn a_ratio_is_taken_lap_by_lap() {
        // The second lap was slow for both.
        close(ratio(&[1.0, 30.0, 2.0], &[2.0, 60.0, 1.0], |it| *it), 0.5);
        close(middle(&[1.0, 30.0, 2.0], |it| *it), 2.0);
    }

    #[test]
    fn what_went_away_is_negative() {
        close(bytes_each(1000, 400, 6), -100.0);
    }

    #[test]
    fn figures_are_short() {
        let times = Percentiles { p50: 1400, p99: 20_000, p999: 1_000_000, largest: 7 };
        assert_eq!(round_trips(times), "1 / 20 / 1000");
        assert_eq!((per_second(9_999.4), per_second(123_456.0)), ("9999".to_owned(), "123.5k".to_owned()));
        assert_eq!((perhaps(None), perhaps(Some(0.875))), (String::new(), "0.88".to_owned()));
        assert_eq!(mebibytes(3 << 20), "3 MiB");
    }
}
