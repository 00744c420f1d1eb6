//! Memory: how much there is, and how large an item may be.

use crate::cli::failure::Failure;

/// memcached's own default for `-m`.
pub(super) const DEFAULT_MIB: u32 = 64;
/// memcached's own default for `-I`.
const DEFAULT_MAX_ITEM: usize = MIB;
/// memcached takes nothing smaller nor larger for `-I`.
const LEAST_MAX_ITEM: usize = 1 << 10;
const MOST_MAX_ITEM: usize = 1 << 30;
const MIB: usize = 1 << 20;

/// What memcached puts before key and value of each item (48 bytes, and 8 for the version), and counts
/// against `-I`. The key, which counts as well there, is left out here: a value's limit that depends on its
/// key helps nobody.
const ITEM_HEADER: usize = 56;

/// How much memory the cache gets, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) budget: usize,
    pub(super) max_value: usize,
}

impl Limits {
    /// From `-m` and `-I`.
    pub(super) fn new(mib: u32, max_item: Option<usize>) -> Result<Self, Failure> {
        let budget = (mib as usize)
            .checked_mul(MIB)
            .ok_or_else(|| Failure::usage(format_args!("-m {mib} is more than this machine can address")))?;
        let half = budget / 2;
        if max_item.is_some_and(|max_item| max_item > half) {
            return Err(Failure::usage(format_args!(
                "-I may be at most half of -m, which is {half} bytes; lower -I or raise -m"
            )));
        }
        let max_item = max_item.unwrap_or(DEFAULT_MAX_ITEM).min(half);
        Ok(Self { budget, max_value: max_item - ITEM_HEADER })
    }
}

/// Reads what stands behind `-I`: bytes, or a number with `k` or `m`.
pub(super) fn parse(text: &str) -> Result<usize, String> {
    let bytes = count(text, "km").and_then(|bytes| usize::try_from(bytes).ok());
    bytes.filter(|bytes| (LEAST_MAX_ITEM..=MOST_MAX_ITEM).contains(bytes)).ok_or_else(|| {
        "a size is a number of bytes, or of units as in 512k or 2m, from 1k to 1024m".to_owned()
    })
}

/// A number of bytes, perhaps of one of these units, each of which is 1024 times the one before; of either case.
pub(in crate::cli) fn count(text: &str, units: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let unit = (1..).zip(units.chars()).find_map(|(power, unit)| Some((lower.strip_suffix(unit)?, power)));
    let (digits, power) = unit.unwrap_or((&lower, 0));
    let number = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    number.parse::<u64>().ok()?.checked_mul(1 << (10 * power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_memcached_reads_them() {
        for (text, bytes) in
            [("1024", 1024), ("512k", 512 << 10), ("1m", MIB), ("2M", 2 * MIB), ("1024m", 1 << 30)]
        {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in
            ["", "m", "k", "1g", "-1m", "+1m", "1.5m", "1023", "1025m", "99999999999999999999m", "1mm"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_item_as_large_as_the_limit_does_not_fit_by_its_value_alone() {
        let limits = Limits::new(64, None).unwrap();
        assert_eq!(limits.budget, 64 * MIB);
        assert!(limits.max_value < MIB && limits.max_value > 1_000_000);
    }

    #[test]
    fn the_default_gives_way_to_a_small_memory_and_a_wish_does_not() {
        assert_eq!(Limits::new(1, None).unwrap().max_value, MIB / 2 - ITEM_HEADER);
        assert_eq!(Limits::new(8, Some(4 * MIB)).unwrap().max_value, 4 * MIB - ITEM_HEADER);
        let refused = Limits::new(8, Some(4 * MIB + 1)).unwrap_err();
        assert!(refused.to_string().contains("4194304 bytes"), "{refused}");
    }
}
