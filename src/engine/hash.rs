//! One hash per operation: half of it chooses the stripe, the other half the place in the stripe's index.

/// A key's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hash(u64);

/// The half of a hash that a stripe keeps for each entry, so that growing its index or evicting from it need not
/// hash the key again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShortHash(u32);

impl Hash {
    pub(crate) fn new(hash: u64) -> Self {
        Self(hash)
    }

    /// Which of `count` stripes; `count` is a power of two of at most 2^32.
    #[inline]
    pub(super) fn stripe(self, count: usize) -> usize {
        (self.0 >> 32) as usize & (count - 1)
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    pub(super) fn short(self) -> ShortHash {
        ShortHash(self.0 as u32)
    }
}

impl ShortHash {
    /// As the index wants it: `hashbrown` places by the low bits and tags by the top seven, so the kept half is
    /// spread over all 64 (by the golden ratio: an odd multiplier, hence without loss).
    #[inline]
    pub(super) fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    pub(super) fn to_bits(self) -> u32 {
        self.0
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}
