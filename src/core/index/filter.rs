//! Which entries a line may have, in two bytes: most look-ups for what is not there end here, and never go to the line.

use super::line::Tag;

/// A Bloom filter with one bit an entry, over those in a line and those at home there that found no room.
///
/// It may tell of some that have gone since: who takes an entry out leaves it as it is, who puts one in makes it anew.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filter(u16);

impl Filter {
    /// Of the entries with these tags; of a free way there is none.
    #[inline]
    pub(super) fn of<const WAYS: usize>(tags: [Tag; WAYS]) -> Self {
        // Without a branch for free ways.
        let bit = |tag: Tag| u16::from(!tag.is_of_a_free_way()) << Self::kind(tag);
        Self(tags.into_iter().fold(0, |bits, tag| bits | bit(tag)))
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
