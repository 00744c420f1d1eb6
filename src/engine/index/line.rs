//! A line of the index: one cache line with the handles of up to seven entries.

use std::num::NonZeroU8;

/// Entries in a line: with a byte of tag each and the note on what went elsewhere, they fill 64 bytes.
pub(super) const WAYS: usize = 7;

/// What a look-up compares before it goes to an entry's own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(NonZeroU8);

impl Tag {
    pub(super) fn new(bits: u8) -> Self {
        Self(NonZeroU8::new(bits).unwrap_or(NonZeroU8::MIN))
    }
}

#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Line<E> {
    /// The tag of each entry; 0 where there is none.
    tags: [u8; WAYS],
    pub(super) away: Away,
    entries: [Option<E>; WAYS],
}

/// What a line knows of entries that should be here and found no room: how many there are, and how far the farthest of
/// them went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Away(u8);

impl Away {
    /// Beyond, an entry may be in any line of the page.
    pub(super) const FARTHEST: usize = 15;
    const MANY: u8 = 15;

    pub(super) fn reach(self) -> usize {
        usize::from(self.0 >> 4)
    }

    /// Notes one more. A count that was full once says nothing any more: it stays until the page is built anew.
    pub(super) fn add(&mut self, distance: usize) {
        let count = (self.0 & 15).saturating_add(1).min(Self::MANY);
        let reach = self.reach().max(distance).min(Self::FARTHEST);
        self.0 = u8::try_from(reach << 4).unwrap_or(0xf0) | count;
    }

    pub(super) fn remove(&mut self) {
        match self.0 & 15 {
            Self::MANY => {}
            0 | 1 => self.0 = 0,
            _ => self.0 -= 1,
        }
    }
}

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = LOW_BITS << 7;

impl<E> Line<E> {
    pub(super) fn empty() -> Self {
        Self { tags: [0; WAYS], away: Away::default(), entries: [const { None }; WAYS] }
    }

    /// Where an entry with this tag is for which `is_it` holds.
    #[inline]
    pub(super) fn find(&self, tag: Tag, is_it: impl Fn(&E) -> bool) -> Option<(usize, &E)> {
        let mut matching = self.matching(tag.0.get());
        while matching != 0 {
            let way = matching.trailing_zeros() as usize / 8;
            if let Some(Some(entry)) = self.entries.get(way)
                && is_it(entry)
            {
                return Some((way, entry));
            }
            matching &= matching - 1;
        }
        None
    }

    /// The top bit of each way with this tag is set, and perhaps that of one that follows such a one.
    #[inline]
    fn matching(&self, tag: u8) -> u64 {
        let [a, b, c, d, e, f, g] = self.tags;
        let tags = u64::from_le_bytes([a, b, c, d, e, f, g, !tag]);
        let difference = tags ^ (LOW_BITS * u64::from(tag));
        difference.wrapping_sub(LOW_BITS) & !difference & HIGH_BITS
    }

    /// A way with room.
    #[inline]
    pub(super) fn free(&self) -> Option<usize> {
        let way = self.matching(0).trailing_zeros() as usize / 8;
        (way < WAYS).then_some(way)
    }

    pub(super) fn at(&self, way: usize) -> Option<&E> {
        self.entries.get(way)?.as_ref()
    }

    pub(super) fn put(&mut self, way: usize, tag: Tag, entry: E) {
        self.tags[way] = tag.0.get();
        self.entries[way] = Some(entry);
    }

    /// Puts another entry with the same tag in this one's place.
    pub(super) fn exchange(&mut self, way: usize, entry: E) -> Option<E> {
        self.entries.get_mut(way)?.replace(entry)
    }

    pub(super) fn take(&mut self, way: usize) -> Option<E> {
        let entry = self.entries.get_mut(way)?.take();
        self.tags[way] = 0;
        entry
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &E> {
        self.entries.iter().flatten()
    }

    pub(super) fn into_entries(self) -> impl Iterator<Item = E> {
        self.entries.into_iter().flatten()
    }
}
