//! A stripe's index: from a hash to the entry itself. Small tables ("pages"), of which one more is split off whenever
//! they hold too much on average (linear hashing), so that the index grows by a page's worth of work at a time,
//! however large it is. A look-up goes to one page, and there, four times in five or more, to one cache line.

mod line;
mod page;
#[cfg(all(test, not(loom)))]
mod tests;

use super::{hash::ShortHash, policy::GhostSet, prefetch::prefetch};
use page::{Page, Spot};

/// See the module's documentation. Nothing here is asked of the allocator that was not announced by `growth`, so that
/// it can be paid beforehand.
#[derive(Debug)]
pub(super) struct Index<E> {
    pages: Vec<Page<E>>,
    /// One less than the pages rounded up to a power of two.
    wide: usize,
    len: usize,
    /// Bytes of all pages' lines.
    lines: usize,
}

/// Where an entry is. It holds until the index grows or shrinks, whatever else comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    page: u32,
    spot: Spot,
}

/// More entries to a page than this on average, and one is split. What a writer may have to wait for grows with it, the
/// room that pages leave unused falls: `docs/performance.md`, "Growth".
const ENTRIES_PER_PAGE: usize = 384;

impl<E> Index<E> {
    pub(super) fn new() -> Self {
        Self { pages: Vec::new(), wide: 0, len: 0, lines: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn allocated(&self) -> usize {
        self.lines + self.pages.capacity() * size_of::<Page<E>>()
    }

    /// Which page is for this hash. With n pages, those from n - 2^k on are what was split off from the first ones.
    #[inline]
    fn page_for(&self, hash: ShortHash) -> usize {
        let page = hash.low_bits() & self.wide;
        if page < self.pages.len() { page } else { page & (self.wide >> 1) }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a hash of 32 bits chose the page")]
    pub(super) fn find(&self, hash: ShortHash, is_it: impl Fn(&E) -> bool) -> Option<(Place, &E)> {
        let page = self.page_for(hash);
        let (spot, entry) = self.pages.get(page)?.find(hash, is_it)?;
        Some((Place { page: page as u32, spot }, entry))
    }

    /// Begins to fetch the line where this hash is at home.
    #[inline]
    pub(super) fn prefetch_line(&self, hash: ShortHash) {
        if let Some(line) = self.pages.get(self.page_for(hash)).and_then(|page| page.home(hash)) {
            prefetch(line);
        }
    }

    /// What is likely to be the entry with this hash; to be fetched, not to be relied on.
    #[inline]
    pub(super) fn likely(&self, hash: ShortHash) -> Option<&E> {
        self.pages.get(self.page_for(hash))?.likely(hash)
    }

    #[inline]
    pub(super) fn at(&self, place: Place) -> Option<&E> {
        self.pages.get(place.page as usize)?.at(place.spot)
    }

    /// What `grow` for this hash will ask of the allocator beyond what `allocated` says, in bytes; 0 if there is room.
    /// While a page is built anew, its older form is there too, for a moment and under the stripe's lock.
    #[inline]
    pub(super) fn growth(&self, hash: ShortHash) -> usize {
        match self.pages.get(self.page_for(hash)) {
            None => size_of::<Page<E>>() + Page::<E>::new().growth(),
            Some(page) => page.growth(),
        }
    }

    /// Stores an entry that is not there yet. There must be room: see `growth`.
    #[inline]
    pub(super) fn insert(&mut self, hash: ShortHash, entry: E) {
        let at = self.page_for(hash);
        let Some(page) = self.pages.get_mut(at) else { return };
        page.insert(hash, entry);
        self.len += 1;
    }

    /// Makes room for an entry of this hash.
    #[cold]
    pub(super) fn grow(&mut self, hash: ShortHash, hash_of: impl Fn(&E) -> ShortHash) {
        if self.pages.is_empty() {
            self.pages.reserve_exact(1);
            self.pages.push(Page::new());
        }
        let at = self.page_for(hash);
        if let Some(page) = self.pages.get_mut(at).filter(|page| page.growth() > 0) {
            self.lines -= page.allocated();
            page.grow(hash_of);
            self.lines += page.allocated();
        }
    }

    /// What it takes to remember evictions from the page of this hash, in bytes.
    #[inline]
    pub(super) fn cost_of_ghosts(&self, hash: ShortHash) -> usize {
        self.pages.get(self.page_for(hash)).map_or(0, Page::cost_of_ghosts)
    }

    #[cold]
    pub(super) fn admit_ghosts(&mut self, hash: ShortHash) {
        let at = self.page_for(hash);
        if let Some(page) = self.pages.get_mut(at) {
            self.lines += page.cost_of_ghosts();
            page.admit_ghosts();
        }
    }

    /// The ghosts among which that of this hash is, if it has one.
    #[inline]
    pub(super) fn ghosts(&mut self, hash: ShortHash) -> Option<&mut GhostSet> {
        let at = self.page_for(hash);
        self.pages.get_mut(at)?.ghosts(hash)
    }

    /// What `split` will ask for, if it is time for it.
    #[inline]
    pub(super) fn due_split(&self) -> Option<usize> {
        if self.len <= self.pages.len() * ENTRIES_PER_PAGE {
            return None;
        }
        let more = if self.pages.len() == self.pages.capacity() { self.pages.len() } else { 0 };
        let splits = self.pages.len() & (self.wide_with(1) >> 1);
        Some(more * size_of::<Page<E>>() + self.pages.get(splits)?.cost_of_splitting())
    }

    /// Splits the page whose turn it is.
    pub(super) fn split(&mut self, hash_of: impl Fn(&E) -> ShortHash) {
        let (new, wide) = (self.pages.len(), self.wide_with(1));
        let Some(page) = self.pages.get_mut(new & (wide >> 1)) else { return };
        self.lines -= page.allocated();
        let other = page.split(hash_of, |hash| hash.low_bits() & wide == new);
        self.lines += page.allocated() + other.allocated();
        if new == self.pages.capacity() {
            self.pages.reserve_exact(new);
        }
        self.pages.push(other);
        self.wide = wide;
    }

    fn wide_with(&self, more: usize) -> usize {
        (self.pages.len() + more).next_power_of_two() - 1
    }

    /// Puts another entry with the same hash in the place of this one.
    pub(super) fn replace(&mut self, place: Place, entry: E) -> Option<E> {
        self.pages.get_mut(place.page as usize)?.replace(place.spot, entry)
    }

    /// Takes an entry out. Whether its page has become worth a `tidy` comes along.
    #[inline]
    pub(super) fn remove(&mut self, hash: ShortHash, place: Place) -> Option<(E, bool)> {
        let page = self.pages.get_mut(place.page as usize)?;
        let entry = page.remove(hash, place.spot)?;
        self.len -= 1;
        Some((entry, page.is_sparse()))
    }

    /// Gives back memory that the page of this hash no longer needs; how many bytes.
    #[cold]
    pub(super) fn tidy(&mut self, hash: ShortHash, hash_of: impl Fn(&E) -> ShortHash) -> usize {
        let at = self.page_for(hash);
        let Some(page) = self.pages.get_mut(at).filter(|page| page.is_sparse()) else { return 0 };
        let before = page.allocated();
        page.shrink(hash_of);
        let less = before.saturating_sub(page.allocated());
        self.lines -= less;
        less
    }

    #[cfg(all(test, not(loom)))]
    fn displaced(&self, hash_of: impl Fn(&E) -> ShortHash) -> usize {
        self.pages.iter().map(|page| page.displaced(&hash_of)).sum()
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

    pub(super) fn entries_of(&self, page: usize) -> impl Iterator<Item = &E> {
        self.pages.get(page).into_iter().flat_map(Page::entries)
    }
}
