//! A page of the index: an open-addressed table of some hundred lines. It does not grow: see `moving`.

use super::{
    filter::Filter,
    line::{Away, Line, Tag},
    lines::Lines,
    slab::{Run, Slab, Supply},
};
use crate::core::{hash::ShortHash, policy::Ghosts};

/// How full it is, says its `Fill`.
#[derive(Debug)]
pub(super) struct Page<E> {
    memory: Lines<E>,
}

/// Where in a page an entry is: the line's number and, in the low three bits, the way. It holds until the page is built
/// anew or the entry is brought home, whatever else comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot(u32);

impl Spot {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a page has some hundred lines")]
    pub(super) fn new(line: usize, way: usize) -> Self {
        Self((line << 3 | way) as u32)
    }

    #[inline]
    pub(super) fn line(self) -> usize {
        self.0 as usize >> 3
    }

    #[inline]
    fn way(self) -> usize {
        self.0 as usize & 7
    }
}

/// The lines that a hash is looked for in beyond its home: some at a distance of their own, so that full lines do not
/// gather, then all one after the other, which only hashes that hardly differ come to.
struct Walk {
    line: usize,
    stride: usize,
    lines: usize,
    distance: usize,
}

impl Walk {
    #[inline]
    fn step(&mut self) {
        self.distance += 1;
        let stride = if self.distance < Away::FARTHEST { self.stride } else { 1 };
        self.line += stride;
        if self.line >= self.lines {
            self.line -= self.lines;
        }
    }

    fn ended(&self) -> bool {
        self.distance >= Away::FARTHEST + self.lines
    }
}

impl<E> Page<E> {
    /// What a line takes, in bytes.
    pub(super) const LINE: usize = size_of::<Line<E>>() + size_of::<Filter>();

    /// With about so many lines, in an index of so many pages.
    pub(super) fn with_lines(lines: usize, pages: usize, supply: &impl Supply) -> Self {
        let run = supply.run(lines, pages).and_then(Lines::within);
        Self { memory: run.unwrap_or_else(|| Lines::of_its_own(lines)) }
    }

    /// What is to take this one's place, with about so many lines, which are fewer, and asks the allocator for no more than this one did.
    /// `None` if there is no room for it.
    pub(super) fn smaller(&self, lines: usize, supply: &impl Supply) -> Option<Self> {
        let memory = match supply.gap(lines).and_then(Lines::within) {
            Some(run) => run,
            None if self.is_in_a_slab() => return None,
            None => Lines::of_its_own(lines),
        };
        Some(Self { memory })
    }

    #[inline(always)]
    fn all(&self) -> &[Line<E>] {
        self.memory.lines()
    }

    #[inline(always)]
    fn all_mut(&mut self) -> &mut [Line<E>] {
        self.memory.lines_mut()
    }

    /// How many lines it has.
    pub(super) fn lines(&self) -> usize {
        self.all().len()
    }

    /// What it asked the allocator for itself, in bytes: nothing if it is in a slab.
    pub(super) fn allocated(&self) -> usize {
        if self.is_in_a_slab() { 0 } else { self.lines() * Self::LINE }
    }

    pub(super) fn is_in_a_slab(&self) -> bool {
        self.memory.is_in_a_slab()
    }

    pub(super) fn is_in(&self, slab: &Slab) -> bool {
        self.memory.is_in(slab)
    }

    /// Moves to another slab than it is in, to as many lines.
    pub(super) fn move_to(&mut self, run: Run) {
        self.memory.move_to(run);
    }

    /// Where its lines begin in memory, and how many bytes they take there.
    pub(super) fn lines_in_memory(&self) -> (*const u8, usize) {
        (self.all().as_ptr().cast(), size_of_val(self.all()))
    }

    fn walk(&self, hash: ShortHash) -> Walk {
        let lines = self.lines();
        Walk { line: hash.scaled(lines), stride: hash.stride(lines), lines, distance: 0 }
    }

    /// The line where this hash is at home.
    #[inline]
    pub(super) fn home(&self, hash: ShortHash) -> usize {
        hash.scaled(self.lines())
    }

    /// False if there is no entry of this hash. `home` is where it is at home.
    #[inline]
    pub(super) fn may_have(&self, home: usize, hash: ShortHash) -> bool {
        self.memory.filters().get(home).is_some_and(|filter| filter.may_have(Tag::new(hash.tag())))
    }

    /// As `find`, for who does not know that it is there.
    #[inline(always)]
    pub(super) fn look_up(
        &self,
        home: usize,
        hash: ShortHash,
        is_it: impl Fn(&E) -> bool,
    ) -> Option<(Spot, &E)> {
        if self.may_have(home, hash) { self.find(home, hash, is_it) } else { None }
    }

    #[inline]
    pub(super) fn filter(&self, home: usize) -> Option<&Filter> {
        self.memory.filters().get(home)
    }

    /// To be called when an entry with this tag came to this line, or one at home here went elsewhere: its filter may not tell of it
    /// yet.
    #[inline]
    fn renew_filter(&mut self, home: usize, tag: Tag) {
        let Some(told) = self.all().get(home).map(|line| line.filter(tag)) else { return };
        if let Some(filter) = self.memory.filters_mut().get_mut(home) {
            *filter = told;
        }
    }

    /// The entry for which `is_it` holds. `home` is where its hash is at home.
    #[inline(always)]
    pub(super) fn find(
        &self,
        home: usize,
        hash: ShortHash,
        is_it: impl Fn(&E) -> bool,
    ) -> Option<(Spot, &E)> {
        let line = self.all().get(home)?;
        if let Some((way, entry)) = line.find(Tag::new(hash.tag()), &is_it) {
            return Some((Spot::new(home, way), entry));
        }
        let reach = line.away().reach(Tag::new(hash.tag()));
        if reach == 0 { None } else { self.find_away(hash, reach, is_it) }
    }

    /// The part of `find` beyond the home line.
    #[inline(never)]
    fn find_away(&self, hash: ShortHash, reach: usize, is_it: impl Fn(&E) -> bool) -> Option<(Spot, &E)> {
        let tag = Tag::new(hash.tag());
        let mut walk = self.walk(hash);
        let last = if reach < Away::FARTHEST { reach } else { reach + self.lines() };
        while walk.distance < last {
            walk.step();
            if let Some((way, entry)) = self.all()[walk.line].find(tag, &is_it) {
                return Some((Spot::new(walk.line, way), entry));
            }
        }
        None
    }

    #[inline]
    pub(super) fn at(&self, spot: Spot) -> Option<&E> {
        self.all().get(spot.line())?.at(spot.way())
    }

    #[inline]
    pub(super) fn at_mut(&mut self, spot: Spot) -> Option<&mut E> {
        self.all_mut().get_mut(spot.line())?.at_mut(spot.way())
    }

    #[inline]
    pub(super) fn line(&self, home: usize) -> Option<&Line<E>> {
        self.all().get(home)
    }

    /// The line that an entry of this hash is most likely in, if it found no room at home.
    #[inline]
    pub(super) fn line_away(&self, home: usize, hash: ShortHash) -> Option<&Line<E>> {
        if self.all().get(home)?.away().reach(Tag::new(hash.tag())) == 0 {
            return None;
        }
        let mut walk = self.walk(hash);
        walk.step();
        self.all().get(walk.line)
    }

    /// The ghosts of what was evicted from this line of late. A page that is built anew forgets them.
    #[inline]
    pub(super) fn ghosts_mut(&mut self, home: usize) -> Option<&mut Ghosts> {
        self.all_mut().get_mut(home).map(|line| &mut line.ghosts)
    }

    /// With how many lines it is built anew when it is full.
    pub(super) fn next_size(&self) -> usize {
        self.lines() + self.lines() / 4 + 1
    }

    /// Stores an entry that is not there yet. There must be room: what finds none comes back.
    #[inline]
    #[must_use = "it would be lost"]
    pub(super) fn insert(&mut self, home: usize, hash: ShortHash, entry: E) -> Option<E> {
        let Some(line) = self.all_mut().get_mut(home) else { return Some(entry) };
        match line.free() {
            Some(way) => {
                let tag = Tag::new(hash.tag());
                line.put(way, tag, entry);
                self.renew_filter(home, tag);
                None
            }
            None => self.insert_away(hash, entry),
        }
    }

    /// The part of `insert` beyond the home line.
    #[inline(never)]
    fn insert_away(&mut self, hash: ShortHash, entry: E) -> Option<E> {
        let mut walk = self.walk(hash);
        let home = walk.line;
        while !walk.ended() {
            walk.step();
            let line = &mut self.all_mut()[walk.line];
            if let Some(way) = line.free() {
                let tag = Tag::new(hash.tag());
                line.put(way, tag, entry);
                self.all_mut()[home].note_away(tag, walk.distance);
                self.renew_filter(home, tag);
                return None;
            }
        }
        Some(entry)
    }

    /// Takes an entry out, of a page whose lines are not to know who is elsewhere any more.
    pub(super) fn take(&mut self, spot: Spot) -> Option<E> {
        self.all_mut().get_mut(spot.line())?.take(spot.way())
    }

    /// Puts back what `take` took, of which filters still tell.
    pub(super) fn put_back(&mut self, spot: Spot, hash: ShortHash, entry: E) {
        if let Some(line) = self.all_mut().get_mut(spot.line()) {
            line.put(spot.way(), Tag::new(hash.tag()), entry);
        }
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, home: usize, spot: Spot) -> Option<E> {
        let entry = self.all_mut().get_mut(spot.line())?.take(spot.way())?;
        if home != spot.line() {
            self.all_mut()[home].note_back();
        }
        Some(entry)
    }

    /// Moves an entry that found no room at home there, if there is some by now: who looks for it goes to one line less.
    #[inline(never)]
    pub(super) fn bring_home(&mut self, hash: ShortHash, spot: Spot) {
        let home = self.home(hash);
        if spot.line() == home {
            return;
        }
        let Some(way) = self.all().get(home).and_then(Line::free) else { return };
        let Some(entry) = self.all_mut().get_mut(spot.line()).and_then(|line| line.take(spot.way())) else {
            return;
        };
        let (line, tag) = (&mut self.all_mut()[home], Tag::new(hash.tag()));
        line.put(way, tag, entry);
        line.note_back();
        self.renew_filter(home, tag);
    }

    /// How many entries are not in their home line.
    #[cfg(all(test, not(loom)))]
    pub(super) fn displaced(&self, hash_of: impl Fn(&E) -> ShortHash) -> usize {
        let lines = self.all().iter().enumerate();
        let away = |line: usize, entry: &E| hash_of(entry).scaled(self.lines()) != line;
        lines.map(|(at, line)| line.entries().filter(|entry| away(at, entry)).count()).sum()
    }

    /// How many entries their home lines know to be elsewhere; `None` where one has lost count.
    #[cfg(all(test, not(loom)))]
    pub(super) fn known_away(&self) -> Option<usize> {
        self.all().iter().map(Line::known_away).sum()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &E> {
        self.all().iter().flat_map(Line::entries)
    }
}
