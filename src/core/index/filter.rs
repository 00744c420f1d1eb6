//! Which entries a line may have, in two bytes: most look-ups for what is not there end here, and never go to the line.

use super::line::Tag;

/// A Bloom filter with one bit an entry, over those in a line and those at home there that found no room.
///
/// It may tell of some that have gone since: who takes an entry out leaves it as it is, who puts one in makes it anew.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filter(u16);

impl Filter {
    /// Of the entries with these tags.
    #[inline]
    pub(super) fn of<const WAYS: usize>(tags: [Tag; WAYS]) -> Self {
        // One of 32 kinds first: a processor sets one of so many bits in one step.
        let bits = tags.into_iter().fold(0, |bits: u32, tag| bits | 1 << (tag.bits() & 31));
        let [low, high] = [bits, bits >> 16];
        #[expect(clippy::cast_possible_truncation, reason = "the last sixteen bits are what is wanted")]
        Self((low | high) as u16)
    }

    /// With those besides of whose tags only the last three bits are known: which of eight there are.
    #[inline]
    pub(super) fn and_kinds(self, kinds: u8) -> Self {
        Self(self.0 | u16::from_ne_bytes([kinds; 2]))
    }

    /// False if there is no entry with this tag.
    #[inline]
    pub(super) fn may_have(self, tag: Tag) -> bool {
        self.0 >> Self::kind(tag) & 1 != 0
    }

    /// One of sixteen.
    #[inline]
    fn kind(tag: Tag) -> u8 {
        tag.bits() & 15
    }
}
