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

    /// A part of it, for a table of somebody else's.
    #[expect(clippy::cast_possible_truncation, reason = "some bits are what is wanted")]
    pub(crate) fn shard(self) -> usize {
        self.0 as usize
    }

    /// Which of `count` stripes; `count` is a power of two of at most 2^32.
    #[inline]
    pub(super) fn stripe(self, count: usize) -> usize {
        (self.0 >> 32) as usize & (count - 1)
    }

    /// Twelve bits that neither the stripe nor the index looks at.
    #[inline]
    pub(super) fn sampling_bits(self) -> u32 {
        Self::sampling_bits_of(self.sampled_print())
    }

    /// By which the keys of a sample are told apart: never 0. It has the sampling bits in it.
    #[inline]
    pub(super) fn sampled_print(self) -> u32 {
        ((self.0 >> 32) as u32).max(1)
    }

    #[inline]
    pub(super) fn sampling_bits_of(print: u32) -> u32 {
        print >> 20
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    pub(super) fn short(self) -> ShortHash {
        ShortHash(self.0 as u32)
    }
}

// Each part of an index takes its own bits, so that those that chose a page say nothing about the line in it: the page the
// low bits, the tag and the stride the middle ones, the line the high ones.
impl ShortHash {
    /// Which of so many lines is its home: its share of the whole range, so that any number of lines will do.
    #[inline]
    pub(super) fn scaled(self, lines: usize) -> usize {
        ((u64::from(self.0) * lines as u64) >> 32) as usize
    }

    /// One of those with these low bits.
    #[expect(clippy::cast_possible_truncation, reason = "those that there are")]
    pub(super) fn of_low_bits(bits: usize) -> Self {
        Self(bits as u32)
    }

    #[inline]
    pub(super) fn low_bits(self) -> usize {
        self.0 as usize
    }

    /// By which the ghosts of one line are told apart.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "sixteen bits are what is wanted")]
    pub(super) fn print(self) -> u16 {
        (self.0 >> 8) as u16
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "eight bits are what is wanted")]
    pub(super) fn tag(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// How far from one line to the next that is tried: from 1 up to less than `lines`.
    #[inline]
    pub(super) fn stride(self, lines: usize) -> usize {
        let [_, _, high, low] = self.0.to_be_bytes();
        1 + ((usize::from(high ^ low.rotate_left(4)) * lines.saturating_sub(1)) >> 8)
    }

    pub(super) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}
