//! Numbers of bytes as files for people have them.

/// What a size may be, for who wrote another thing.
pub(crate) const EXPECTED: &str =
    "a size is a number of bytes, or of units as in \"64KiB\", \"10MiB\", \"1GiB\" or \"2TiB\"";

const UNITS: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];

pub(crate) fn read(text: &str) -> Option<u64> {
    let unit = UNITS.into_iter().find_map(|(name, bytes)| Some((text.strip_suffix(name)?, bytes)));
    let (digits, bytes) = unit.unwrap_or((text, 1));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(bytes)
}

/// In the largest unit of which it is a whole number.
pub(crate) fn write(size: u64) -> String {
    let whole = |(_, bytes): &&(&str, u64)| size != 0 && size.is_multiple_of(*bytes);
    match UNITS.iter().rev().find(whole) {
        Some((name, bytes)) => format!("{}{name}", size / bytes),
        None => size.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_it_is_written() {
        for (text, size) in [
            ("0", 0),
            ("1023", 1023),
            ("1KiB", 1 << 10),
            ("1025", 1025),
            ("10MiB", 10 << 20),
            ("1GiB", 1 << 30),
            ("3TiB", 3 << 40),
        ] {
            assert_eq!((read(text), write(size).as_str()), (Some(size), text));
        }
        assert_eq!(read("1024KiB"), Some(1 << 20));
        for text in
            ["", "KiB", "-1", "+1", "1.5MiB", "1kib", "1 KiB", "1M", "99999999999TiB", "18446744073709551616"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
