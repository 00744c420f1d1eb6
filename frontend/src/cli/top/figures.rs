//! Numbers as people read them.

use std::time::Duration;

/// A rate or a count: at most six characters.
#[expect(clippy::cast_precision_loss, reason = "what is large is shown with three digits")]
pub(super) fn count(count: u64) -> String {
    if count < 100_000 { count.to_string() } else { rate(count as f64) }
}

/// A rate: at most five characters up to a thousand billions.
pub(super) fn rate(rate: f64) -> String {
    if rate > 0.0 && rate < 9.95 {
        return format!("{rate:.1}");
    }
    let (mut value, mut unit) = (rate, 0);
    let units = ["", "k", "M", "G", "T"];
    // So that 999.96 becomes 1.0k and not 1000.0.
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 99.95);
    format!("{value:.digits$}{}", units[unit])
}

/// Bytes, such as `61.2 MiB`.
#[expect(clippy::cast_precision_loss, reason = "it is shown with three digits")]
pub(super) fn bytes(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, 0);
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    while value >= 1023.5 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 99.95);
    format!("{value:.digits$} {}", units[unit])
}

/// A part of 1 in percent, such as `94.2 %`.
pub(super) fn percent(ratio: Option<f64>) -> String {
    match ratio {
        None => "-".to_owned(),
        Some(ratio) if ratio >= 0.9995 || ratio == 0.0 => format!("{:.0} %", 100.0 * ratio),
        Some(ratio) => format!("{:.1} %", 100.0 * ratio),
    }
}

/// The two largest parts of a duration, such as `3 h 12 min`.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(first) = parts.iter().position(|(of, _)| seconds >= *of) else { return "0 s".to_owned() };
    let (of, unit) = parts[first];
    let mut text = format!("{} {unit}", seconds / of);
    if let Some((next, unit)) = parts.get(first + 1)
        && seconds % of >= *next
    {
        text.push_str(&format!(" {} {unit}", seconds % of / next));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.2"),
            (9.96, "10"),
            (999.0, "999"),
            (999.9, "1.0k"),
            (12_345.0, "12.3k"),
            (1e6, "1.0M"),
        ] {
            assert_eq!(rate(value), text);
        }
        assert_eq!((count(99_999), count(123_456)), ("99999".to_owned(), "123k".to_owned()));
        for (value, text) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (64 << 20, "64.0 MiB"), (5 << 30, "5.0 GiB")]
        {
            assert_eq!(bytes(value), text);
        }
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (3_600, "1 h"), (11_530, "3 h 12 min"), (90_000, "1 d 1 h")]
        {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
        assert_eq!(
            (percent(None), percent(Some(1.0)), percent(Some(0.9419))),
            ("-".into(), "100 %".into(), "94.2 %".into())
        );
    }
}
