//! Points in time as text: RFC 3339 in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a time has to look like.
pub(crate) const EXPECTED: &str = "a time is written in UTC, to the second, such as 2026-11-30T18:00:00Z";

/// The end of 9999, the last year that RFC 3339 has.
const END: Duration = Duration::from_secs(253_402_300_800);

/// From 1970 on, in whole seconds.
pub(crate) fn read(text: &str) -> Option<SystemTime> {
    let time = humantime::parse_rfc3339(text).ok()?;
    (time == to_the_second(time)).then_some(time)
}

/// As it is read again. What no year of four digits has is moved to the nearest that one has.
pub(crate) fn write(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(to_the_second(time)).to_string()
}

/// As it is written. A users file has no parts of seconds, so that what was added to one is what is loaded from it.
pub(crate) fn to_the_second(time: SystemTime) -> SystemTime {
    let since = within_reach(time).duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// With parts of seconds. What no year of four digits has is moved to the nearest that one has.
pub(crate) fn write_micros(time: SystemTime) -> String {
    humantime::format_rfc3339_micros(within_reach(time)).to_string()
}

fn within_reach(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + since.min(END - Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        for text in ["1970-01-01T00:00:00Z", "2026-11-30T18:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(write(read(text).unwrap()), text);
        }
        for text in [
            "",
            "2026-11-30",
            "18:00:00",
            "2026-11-30T18:00:00",
            "2026-11-30T18:00:00+01:00",
            "2026-11-30T18:00:00.5Z",
            "2026-13-30T18:00:00Z",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_written_comes_as_near_as_can_be() {
        assert_eq!(write(UNIX_EPOCH - Duration::from_secs(9)), "1970-01-01T00:00:00Z");
        assert_eq!(write(UNIX_EPOCH + END * 2), "9999-12-31T23:59:59Z");
        assert_eq!(write(UNIX_EPOCH + Duration::from_millis(1999)), "1970-01-01T00:00:01Z");
        assert_eq!(write_micros(UNIX_EPOCH - Duration::from_secs(9)), "1970-01-01T00:00:00.000000Z");
        assert_eq!(write_micros(UNIX_EPOCH + END * 2), "9999-12-31T23:59:59.000000Z");
    }
}
