//! A stripe's index: from a hash to the entry itself. Small tables ("pages"), of which one more is split off whenever
//! they hold too much on average (linear hashing), so that the index grows by a page's worth of work at a time,
//! however large it is. A look-up goes to one page, and there, four times in five or more, to one cache line.

mod fill;
mod hashes;
mod line;
mod page;
#[cfg(all(test, not(loom)))]
mod tests;

use super::{
    hash::ShortHash,
    policy::Ghosts,
    prefetch::{prefetch, prefetch_to_write},
};
use fill::Fill;
pub(super) use hashes::Hashes;
use line::{Line, Tag};
use page::{Page, Spot};

/// See the module's documentation. Nothing here is asked of the allocator that was not announced by `growth`, so that
/// it can be paid beforehand.
///
/// What a look-up needs of it, and of the directory of pages, is written only when a page comes or is built anew: readers on
/// other cores keep it near them while entries come and go.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Index<E> {
    pages: Vec<Page<E>>,
    /// One less than the pages rounded up to a power of two.
    wide: usize,
    /// How full each page is.
    fills: Vec<Fill>,
    /// The first that each write writes.
    len: usize,
    /// Bytes of all pages' lines.
    lines: usize,
    /// So many pages, and those before this one, may be sparse: what `shrink_next` looks at.
    suspects: usize,
    tidied: usize,
}

/// Where a hash is at home: the line that is looked at first. It holds until a page is built anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    page: u32,
    line: u32,
}

/// Where an entry is. It holds until the index grows or shrinks, or the entry is brought home, whatever else comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    page: u32,
    spot: Spot,
}

/// The lines that a page had before it was built anew, smaller. To be dropped outside the stripe's lock where that can be: an
/// allocator may take the occasion to tidy up all that was given back to it since.
#[derive(Debug)]
#[must_use = "its bytes are charged until it is dropped"]
pub(super) struct Outgrown<E> {
    lines: Box<[Line<E>]>,
    /// So many bytes more than the page has now.
    pub(super) less: usize,
}

impl<E> Outgrown<E> {
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.lines)
    }
}

/// More entries to a page than this on average, and one is split. What a writer may have to wait for grows with it, the
/// room that pages leave unused falls: `docs/performance-memory.md`, "Growth".
const ENTRIES_PER_PAGE: usize = 384;
/// Who looks for sparse pages looks at so many at once.
const LOOKED_AT: usize = 32;

impl<E> Index<E> {
    /// What a look-up reads ends here.
    #[cfg(all(test, not(loom)))]
    pub(super) const LOOKED_AT: usize = std::mem::offset_of!(Self, len);

    /// What a page takes in the directory.
    const ENTRY_OF_A_PAGE: usize = size_of::<Page<E>>() + size_of::<Fill>();

    pub(super) fn new() -> Self {
        Self { pages: Vec::new(), wide: 0, fills: Vec::new(), len: 0, lines: 0, suspects: 0, tidied: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn allocated(&self) -> usize {
        self.lines + self.pages.capacity() * Self::ENTRY_OF_A_PAGE
    }

    /// Which page is for this hash. With n pages, those from n - 2^k on are what was split off from the first ones.
    #[inline]
    fn page_for(&self, hash: ShortHash) -> usize {
        let page = hash.low_bits() & self.wide;
        if page < self.pages.len() { page } else { page & (self.wide >> 1) }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a hash of 32 bits chose both")]
    pub(super) fn home(&self, hash: ShortHash) -> Home {
        let page = self.page_for(hash);
        let line = self.pages.get(page).map_or(0, |page| page.home(hash));
        Home { page: page as u32, line: line as u32 }
    }

    /// Begins to fetch the note of how full the page is, which an insert writes.
    #[inline]
    pub(super) fn fetch_fill(&self, home: Home) {
        if let Some(fill) = self.fills.get(home.page as usize) {
            prefetch_to_write(fill);
        }
    }

    #[inline]
    fn page(&self, page: u32) -> Option<&Page<E>> {
        self.pages.get(page as usize)
    }

    #[inline]
    fn page_mut(&mut self, page: u32) -> Option<&mut Page<E>> {
        self.pages.get_mut(page as usize)
    }

    /// The entry with this hash for which `is_it` holds.
    #[inline]
    pub(super) fn find(
        &self,
        home: Home,
        hash: ShortHash,
        is_it: impl Fn(&E) -> bool,
    ) -> Option<(Place, &E)> {
        let (spot, entry) = self.page(home.page)?.find(home.line as usize, hash, is_it)?;
        Some((Place { page: home.page, spot }, entry))
    }

    /// Begins to fetch that line.
    #[inline]
    pub(super) fn prefetch_line(&self, home: Home) {
        if let Some(line) = self.page(home.page).and_then(|page| page.line(home.line as usize)) {
            prefetch(line);
        }
    }

    /// What is likely to be the entry with this hash; to be fetched, not to be relied on.
    #[inline]
    pub(super) fn likely(&self, home: Home, hash: ShortHash) -> Option<&E> {
        self.page(home.page)?.line(home.line as usize)?.first(Tag::new(hash.tag()))
    }

    /// Where to look on for the entry with this hash, which is not at home.
    fn line_away(&self, home: Home, hash: ShortHash) -> Option<&Line<E>> {
        self.page(home.page)?.line_away(home.line as usize, hash)
    }

    /// As `prefetch_line`, of the line where an entry that found no room at home is most likely.
    #[inline(never)]
    pub(super) fn prefetch_line_away(&self, home: Home, hash: ShortHash) {
        if let Some(line) = self.line_away(home, hash) {
            prefetch(line);
        }
    }

    /// As `likely`, of an entry that found no room at home.
    #[inline(never)]
    pub(super) fn likely_away(&self, home: Home, hash: ShortHash) -> Option<&E> {
        self.line_away(home, hash)?.first(Tag::new(hash.tag()))
    }

    #[inline]
    pub(super) fn at(&self, place: Place) -> Option<&E> {
        self.page(place.page)?.at(place.spot)
    }

    #[inline]
    pub(super) fn at_mut(&mut self, place: Place) -> Option<&mut E> {
        self.page_mut(place.page)?.at_mut(place.spot)
    }

    /// Whether one more entry fits where this one would go.
    #[inline]
    pub(super) fn has_room(&self, home: Home) -> bool {
        self.fills.get(home.page as usize).is_some_and(|fill| fill.has_room())
    }

    /// What `grow` for this hash will ask of the allocator beyond what `allocated` says, in bytes; 0 if there is room.
    /// While a page is built anew, its older form is there too, for a moment and under the stripe's lock.
    pub(super) fn growth(&self, home: Home) -> usize {
        match self.page(home.page) {
            None => Self::ENTRY_OF_A_PAGE + Page::<E>::new().growth(),
            Some(_) if self.has_room(home) => 0,
            Some(page) => page.growth(),
        }
    }

    /// Stores an entry that is not there yet. There must be room: see `growth`.
    #[inline(always)]
    pub(super) fn insert(&mut self, home: Home, hash: ShortHash, entry: E) {
        let Some(page) = self.page_mut(home.page) else { return };
        page.insert(home.line as usize, hash, entry);
        self.len += 1;
        if let Some(fill) = self.fills.get_mut(home.page as usize) {
            fill.add();
        }
    }

    /// Makes room for an entry of this hash.
    #[cold]
    pub(super) fn grow(&mut self, home: Home, hashes: &impl Hashes<E>) {
        if self.pages.is_empty() {
            self.add_page(Page::new(), 0);
        }
        if !self.has_room(home) {
            self.build_anew(home.page as usize, |page, len| page.grow(len, hashes));
        }
    }

    /// Has a page built anew, with as many entries as it has.
    fn build_anew<T>(&mut self, number: usize, build: impl FnOnce(&mut Page<E>, usize) -> T) -> Option<T> {
        let (page, fill) = (self.pages.get_mut(number)?, self.fills.get_mut(number)?);
        self.lines -= page.allocated();
        let built = build(page, fill.len());
        self.lines += page.allocated();
        *fill = Fill::new(page.lines(), fill.len());
        Some(built)
    }

    /// Adds a page with so many entries. Its directory doubles if it is full.
    fn add_page(&mut self, page: Page<E>, len: usize) {
        if self.pages.len() == self.pages.capacity() {
            let more = self.pages.len().max(1);
            self.pages.reserve_exact(more);
            self.fills.reserve_exact(more);
        }
        self.lines += page.allocated();
        self.fills.push(Fill::new(page.lines(), len));
        self.pages.push(page);
    }

    /// Moves an entry that is not in its home line there, if there is room by now. Then it is no longer in this place.
    #[inline]
    pub(super) fn bring_home(&mut self, hash: ShortHash, place: Place) {
        if let Some(page) = self.page_mut(place.page) {
            page.bring_home(hash, place.spot);
        }
    }

    /// The ghosts among which that of this hash is, if it has one.
    #[inline]
    pub(super) fn ghosts(&mut self, home: Home) -> Option<&mut Ghosts> {
        self.page_mut(home.page)?.ghosts_mut(home.line as usize)
    }

    /// What `split` will ask for, if it is time for it.
    #[inline]
    pub(super) fn due_split(&self) -> Option<usize> {
        if self.len <= self.pages.len() * ENTRIES_PER_PAGE {
            return None;
        }
        self.cost_of_splitting()
    }

    #[cold]
    fn cost_of_splitting(&self) -> Option<usize> {
        let more = if self.pages.len() == self.pages.capacity() { self.pages.len() } else { 0 };
        let splits = self.pages.len() & (self.wide_with(1) >> 1);
        let len = self.fills.get(splits)?.len();
        Some(more * Self::ENTRY_OF_A_PAGE + self.pages.get(splits)?.cost_of_splitting(len))
    }

    /// Splits the page whose turn it is.
    pub(super) fn split(&mut self, hashes: &impl Hashes<E>) {
        let (new, wide) = (self.pages.len(), self.wide_with(1));
        let number = new & (wide >> 1);
        let (Some(page), Some(fill)) = (self.pages.get_mut(number), self.fills.get_mut(number)) else {
            return;
        };
        self.lines -= page.allocated();
        let (other, moved) = page.split(fill.len(), hashes, |hash| hash.low_bits() & wide == new);
        self.lines += page.allocated();
        *fill = Fill::new(page.lines(), fill.len() - moved);
        self.add_page(other, moved);
        self.wide = wide;
    }

    fn wide_with(&self, more: usize) -> usize {
        (self.pages.len() + more).next_power_of_two() - 1
    }

    /// Takes an entry out. Whether its page has become worth a `tidy` comes along.
    #[inline(always)]
    pub(super) fn remove(&mut self, home: Home, place: Place) -> Option<(E, bool)> {
        let page = self.page_mut(place.page)?;
        let entry = page.remove(home.line as usize, place.spot)?;
        self.len -= 1;
        let sparse = self.fills.get_mut(place.page as usize).is_some_and(|fill| {
            fill.take();
            fill.is_sparse()
        });
        Some((entry, sparse))
    }

    /// Gives back memory that the page of this hash no longer needs; how many bytes.
    #[cold]
    pub(super) fn tidy(&mut self, home: Home, hashes: &impl Hashes<E>) -> usize {
        self.shrink_page(home.page as usize, hashes).map_or(0, |outgrown| outgrown.less)
    }

    fn shrink_page(&mut self, page: usize, hashes: &impl Hashes<E>) -> Option<Outgrown<E>> {
        if !self.fills.get(page).is_some_and(|fill| fill.is_sparse()) {
            return None;
        }
        let before = self.lines;
        let lines = self.build_anew(page, |page, len| page.shrink(len, hashes))?;
        Some(Outgrown { lines, less: before.saturating_sub(self.lines) })
    }

    /// A page was left sparse.
    #[inline]
    pub(super) fn note_sparse(&mut self) {
        self.suspects = self.pages.len();
    }

    #[inline]
    pub(super) fn may_be_sparse(&self) -> bool {
        self.suspects > 0
    }

    /// Looks at some pages for one that was left sparse, and builds it anew, smaller.
    #[cold]
    pub(super) fn shrink_next(&mut self, hashes: &impl Hashes<E>) -> Option<Outgrown<E>> {
        for _ in 0..self.suspects.min(LOOKED_AT) {
            self.suspects -= 1;
            self.tidied = if self.tidied == 0 { self.pages.len() } else { self.tidied } - 1;
            let outgrown = self.shrink_page(self.tidied, hashes);
            if outgrown.is_some() {
                return outgrown;
            }
        }
        None
    }

    /// How many entries are not in their home line.
    #[cfg(all(test, not(loom)))]
    pub(in crate::core) fn displaced(&self, hash_of: impl Fn(&E) -> ShortHash) -> usize {
        self.pages.iter().map(|page| page.displaced(&hash_of)).sum()
    }

    #[cfg(all(test, not(loom)))]
    fn known_away(&self) -> Option<usize> {
        self.pages.iter().map(Page::known_away).sum()
    }

    /// How many pages there are; `entries_of` them in turn goes over everything.
    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// This page, and those that were split off from it, and from those, since there were `of` pages.
    pub(super) fn descendants(&self, page: usize, of: usize) -> impl Iterator<Item = usize> {
        let ancestor = move |mut page: usize| {
            while page >= of {
                page -= 1 << page.ilog2();
            }
            page
        };
        std::iter::once(page).chain((of..self.pages.len()).filter(move |later| ancestor(*later) == page))
    }

    /// Where the lines of a page begin in memory, and how many bytes they take.
    pub(super) fn page_in_memory(&self, page: usize) -> Option<(*const u8, usize)> {
        self.pages.get(page).map(|page| (page.address(), page.allocated()))
    }

    pub(super) fn entries_of(&self, page: usize) -> impl Iterator<Item = &E> {
        self.pages.get(page).into_iter().flat_map(Page::entries)
    }
}
