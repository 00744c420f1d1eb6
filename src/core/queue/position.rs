//! The numbers of places.

use super::block::BLOCK;

/// A place in a queue. Numbers go up, and round after 2^31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) struct Position(u32);

pub(super) const POSITIONS: u32 = 1 << 31;

impl Position {
    pub(in crate::core) fn from_bits(bits: u32) -> Self {
        Self(bits % POSITIONS)
    }

    #[inline]
    pub(super) fn at(number: u32) -> Self {
        Self(number)
    }

    pub(in crate::core) fn to_bits(self) -> u32 {
        self.0
    }

    /// So many places on.
    #[inline]
    pub(in crate::core) fn plus(self, places: u32) -> Self {
        Self(self.0.wrapping_add(places) % POSITIONS)
    }

    /// How many places there are from this one on, before that one.
    #[inline]
    pub(in crate::core) fn up_to(self, end: Self) -> u32 {
        end.0.wrapping_sub(self.0) % POSITIONS
    }

    /// Where it is in its block.
    #[inline]
    pub(super) fn in_block(self) -> usize {
        (self.0 % BLOCK) as usize
    }
}
