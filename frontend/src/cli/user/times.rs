//! Times on the command line: when a password begins and ends, and how long an old one goes on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Longer than anybody plans; what is meant to last for ever has no end at all.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// When a new password counts.
#[derive(clap::Args, Debug)]
pub(crate) struct Span {
    /// What the password is called [default: the next number]
    #[arg(long)]
    pub(super) label: Option<String>,
    /// No login before this time, such as 2026-12-01T18:00:00Z, 2026-12-01, or 12h from now [default: at once]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) not_before: Option<SystemTime>,
    /// No login from this time on, and sessions end then: 2026-12-31T18:00:00Z, 2026-12-31, or 90d from now [default: never]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) expires: Option<SystemTime>,
}

/// A point in time: as it is, the beginning of a day, or so long from now. All in UTC.
pub(super) fn time(text: &str) -> Result<SystemTime, String> {
    if let Ok(from_now) = duration(text) {
        return Ok(SystemTime::now() + from_now);
    }
    let written =
        humantime::parse_rfc3339(text).or_else(|_| humantime::parse_rfc3339(&format!("{text}T00:00:00Z")));
    written.map_err(|_| {
        "write a time in UTC such as 2026-12-01T18:00:00Z, a day such as 2026-12-01, or how long from now, such as 90d".to_owned()
    })
}

/// So many seconds, minutes, hours, days or weeks.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let read = humantime::parse_duration(text).ok().filter(|read| *read <= LONGEST);
    read.ok_or_else(|| "write how long, such as 90s, 15min, 24h, 7d or 2weeks; at most 100 years".to_owned())
}

/// As a table shows it.
pub(super) fn written(time: Option<SystemTime>, otherwise: &str) -> String {
    match time {
        Some(time) if time > UNIX_EPOCH => humantime::format_rfc3339_seconds(time).to_string(),
        _ => otherwise.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_points_days_or_spans_from_now() {
        let shown = |text: &str| time(text).map(|it| humantime::format_rfc3339_seconds(it).to_string());
        assert_eq!(shown("2026-12-01T18:00:00Z").as_deref(), Ok("2026-12-01T18:00:00Z"));
        assert_eq!(shown("2026-12-01").as_deref(), Ok("2026-12-01T00:00:00Z"));
        let tomorrow = time("24h").unwrap().duration_since(SystemTime::now()).unwrap();
        assert!(tomorrow <= Duration::from_secs(86_400) && tomorrow > Duration::from_secs(86_300));
        for text in ["", "soon", "2026-12-01 18:00", "2026-12-01T18:00:00+01:00", "-5h", "1000000y", "5"] {
            assert!(time(text).is_err(), "{text}");
        }
        assert_eq!(duration("2weeks"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
    }
}
