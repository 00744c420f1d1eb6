//! How a cache that takes any value keeps the bytes of one.

use crate::sample;
use bytes::Bytes;

pub(in crate::engine) trait Kept: AsRef<[u8]> + Clone + Send + Sync {
    fn copy_of(value: &[u8]) -> Self;
}

/// In the item's own memory: all values are of one size then.
impl Kept for [u8; sample::VALUE] {
    #[allow(clippy::expect_used, reason = "another value would be measured")]
    fn copy_of(value: &[u8]) -> Self {
        value.try_into().expect("the races' values are of one size")
    }
}

/// In memory of its own.
impl Kept for Bytes {
    fn copy_of(value: &[u8]) -> Self {
        Self::copy_from_slice(value)
    }
}
