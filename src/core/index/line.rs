//! A line of the index: one cache line with the handles of up to six entries, and ghosts of what was evicted from it.

use super::filter::Filter;
use crate::core::policy::Ghosts;

/// Entries in a line: with a byte of tag each, the note on what went elsewhere and the ghosts, they fill 64 bytes.
pub(super) const WAYS: usize = 6;

/// What a look-up compares before it goes to an entry's own memory; 0 says that a way is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u8);

impl Tag {
    /// Never that of a free way.
    #[inline]
    pub(super) fn new(bits: u8) -> Self {
        Self(bits.max(1))
    }

    #[inline]
    pub(super) fn bits(self) -> u8 {
        self.0
    }

    /// One bit of eight.
    #[inline]
    fn kind(self) -> u8 {
        1 << (self.0 & 7)
    }
}

#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Line<E> {
    /// From the low end: the tag of each way, 0 where there is no entry; then the `Away` of this line in two bytes.
    word: u64,
    pub(super) ghosts: Ghosts,
    entries: [Option<E>; WAYS],
}

/// What a line knows of entries that should be here and found no room: how many there are, how far the farthest of them
/// went, and of the tags of each, one of eight kinds; so that most look-ups for what is not there end here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Away {
    count: u8,
    reach: u8,
    kinds: u8,
}

impl Away {
    /// Beyond, an entry may be in any line of the page.
    pub(super) const FARTHEST: usize = 15;
    const MANY: u8 = 15;

    /// How far an entry with this tag may have gone; 0 if none has.
    #[inline]
    pub(super) fn reach(self, tag: Tag) -> usize {
        if self.kinds & tag.kind() == 0 { 0 } else { usize::from(self.reach) }
    }

    /// One more. A count that was full once says nothing any more: it stays until the page is built anew.
    fn and(self, tag: Tag, distance: usize) -> Self {
        let distance = u8::try_from(distance.min(Self::FARTHEST)).unwrap_or(Self::MANY);
        Self {
            count: (self.count + 1).min(Self::MANY),
            reach: self.reach.max(distance),
            kinds: self.kinds | tag.kind(),
        }
    }

    fn less_one(self) -> Self {
        match self.count {
            Self::MANY => self,
            0 | 1 => Self::default(),
            count => Self { count: count - 1, ..self },
        }
    }
}

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
/// All bits but the top one of each byte.
const LOW_SEVEN: u64 = 0x7f * LOW_BITS;
/// The top bit of each tag.
const TAG_BITS: u64 = 0x0000_8080_8080_8080;

impl<E> Line<E> {
    pub(super) fn empty() -> Self {
        Self { word: 0, ghosts: Ghosts::default(), entries: [const { None }; WAYS] }
    }

    /// The entry with this tag for which `is_it` holds, and its way.
    #[inline(always)]
    pub(super) fn find(&self, tag: Tag, is_it: impl Fn(&E) -> bool) -> Option<(usize, &E)> {
        let mut matching = self.matching(tag.0);
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

    /// The first entry with this tag, whether or not it is the right one.
    #[inline]
    pub(super) fn first(&self, tag: Tag) -> Option<&E> {
        self.entries.get(self.matching(tag.0).trailing_zeros() as usize / 8)?.as_ref()
    }

    /// The top bit of each way with this tag is set, and perhaps that of one that follows such a one.
    #[inline]
    fn matching(&self, tag: u8) -> u64 {
        let difference = self.word ^ (LOW_BITS * u64::from(tag));
        difference.wrapping_sub(LOW_BITS) & !difference & TAG_BITS
    }

    /// A way with room.
    #[inline]
    pub(super) fn free(&self) -> Option<usize> {
        let way = self.matching(0).trailing_zeros() as usize / 8;
        (way < WAYS).then_some(way)
    }

    #[inline]
    pub(super) fn at(&self, way: usize) -> Option<&E> {
        self.entries.get(way)?.as_ref()
    }

    /// Puts an entry into a free way.
    #[inline]
    pub(super) fn put(&mut self, way: usize, tag: Tag, entry: E) {
        self.word |= u64::from(tag.0) << (8 * way);
        self.entries[way] = Some(entry);
    }

    #[inline]
    pub(super) fn at_mut(&mut self, way: usize) -> Option<&mut E> {
        self.entries.get_mut(way)?.as_mut()
    }

    #[inline]
    pub(super) fn take(&mut self, way: usize) -> Option<E> {
        let entry = self.entries.get_mut(way)?.take();
        self.word &= !(0xff << (8 * way));
        entry
    }

    #[inline]
    pub(super) fn away(&self) -> Away {
        let [kinds, both, ..] = self.word.to_be_bytes();
        Away { count: both & 15, reach: both >> 4, kinds }
    }

    pub(super) fn note_away(&mut self, tag: Tag, distance: usize) {
        self.set_away(self.away().and(tag, distance));
    }

    pub(super) fn note_back(&mut self) {
        self.set_away(self.away().less_one());
    }

    /// Of what it has and what it knows to be elsewhere: one of them has this tag.
    #[inline]
    pub(super) fn filter(&self, tag: Tag) -> Filter {
        // A free way is as good as one with this tag: no branch.
        let held = (((self.word & LOW_SEVEN) + LOW_SEVEN) | self.word) & TAG_BITS;
        let free = (held ^ TAG_BITS) >> 7;
        let [kinds, _, tags @ ..] = (self.word | (free * u64::from(tag.0))).to_be_bytes();
        Filter::of(tags.map(Tag)).and_kinds(kinds)
    }

    /// How many entries that are at home here it knows to be elsewhere; `None` where it has lost count.
    #[cfg(all(test, not(loom)))]
    pub(super) fn known_away(&self) -> Option<usize> {
        let Away { count, .. } = self.away();
        if count == Away::MANY { None } else { Some(usize::from(count)) }
    }

    fn set_away(&mut self, Away { count, reach, kinds }: Away) {
        let [_, _, tags @ ..] = self.word.to_be_bytes();
        let [a, b, c, d, e, f] = tags;
        self.word = u64::from_be_bytes([kinds, reach << 4 | count, a, b, c, d, e, f]);
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &E> {
        self.entries.iter().flatten()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_filter_tells_of_what_a_line_has_and_of_nothing_else_of_another_kind() {
        // Any tags, some of them of the same kind, and ways that are free before, between and behind them.
        for (round, free) in (0..1000_u64).flat_map(|round| (0..1_u8 << WAYS).map(move |free| (round, free)))
        {
            let bits = (round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            let tags = (0..WAYS).filter(|way| free >> way & 1 == 0).map(|way| (way, Tag::new(bits[way])));
            let mut line = Line::empty();
            tags.clone().for_each(|(way, tag)| line.put(way, tag, ()));
            let Some((_, one)) = tags.clone().next_back() else { continue };
            let filter = line.filter(one);
            for tag in (0..=u8::MAX).map(Tag::new) {
                let is_there = tags.clone().any(|(_, it)| it.bits() % 16 == tag.bits() % 16);
                assert_eq!(filter.may_have(tag), is_there, "{tag:?} among {:?}", tags.collect::<Vec<_>>());
            }
        }
    }
}
