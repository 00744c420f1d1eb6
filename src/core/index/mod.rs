//! A stripe's index: from a hash to the entry itself. Small tables ("pages"), of which one more is split off whenever
//! they hold too much on average (linear hashing). What grows or is split moves some sixteen entries with each insert,
//! however large the index is. A look-up goes to one page, and there, four times in five or more, to one cache line, or for
//! what is not there, mostly to none of them: see `filter`.

mod evacuation;
mod fill;
mod filter;
mod growth;
mod hashes;
mod line;
mod lines;
mod moving;
mod page;
mod slab;
#[cfg(all(test, not(loom)))]
mod tests;
mod vacancies;

use super::{
    hash::ShortHash,
    policy::Ghosts,
    prefetch::{FetchToWrite, prefetch},
};
pub(super) use evacuation::Evacuation;
use fill::Fill;
pub(super) use growth::{ENTRIES_PER_PAGE, Outgrown};
pub(super) use hashes::Hashes;
use line::{Line, Tag};
use moving::Moving;
use page::{Page, Spot};
pub(super) use slab::{Run, Slab, Supply};

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
    wide: u32,
    /// Whether there is a page in `moving`, for look-ups, which read nothing further down.
    is_moving: bool,
    /// So many pages were built anew or moved, modulo 256.
    built: u8,
    /// How full each page is, with what is on its way there.
    fills: Vec<Fill>,
    /// The first that each write writes.
    len: usize,
    /// How many lines all pages have, the one that is moving included.
    lines: u32,
    /// So many of them are in slabs.
    lines_in_slabs: u32,
    /// So many pages, and those before this one, may be sparse: what `shrink_next` looks at.
    suspects: u32,
    tidied: u32,
    /// The page that is being built anew.
    moving: Option<Box<Moving<E>>>,
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

/// As the number of its page, that of an entry which is in the page that is moving.
const MOVING: u32 = u32::MAX;

impl<E> Index<E> {
    /// What a look-up reads ends here.
    #[cfg(all(test, not(loom)))]
    pub(super) const LOOKED_AT: usize = std::mem::offset_of!(Self, len);

    /// What a page takes in the directory.
    const ENTRY_OF_A_PAGE: usize = size_of::<Page<E>>() + size_of::<Fill>();

    pub(super) fn new() -> Self {
        Self {
            pages: Vec::new(),
            wide: 0,
            is_moving: false,
            built: 0,
            fills: Vec::new(),
            len: 0,
            lines: 0,
            lines_in_slabs: 0,
            suspects: 0,
            tidied: 0,
            moving: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// A number that changes when a page is built anew or moves, up to 255 times.
    #[inline]
    pub(super) fn pages_built(&self) -> u8 {
        self.built
    }

    /// What it asked the allocator for itself.
    pub(super) fn allocated(&self) -> usize {
        self.takes() - self.lines_in_slabs as usize * Page::<E>::LINE
    }

    /// What it takes, its part of slabs included.
    pub(super) fn takes(&self) -> usize {
        let moving = if self.is_moving { size_of::<Moving<E>>() } else { 0 };
        self.lines as usize * Page::<E>::LINE + moving + self.pages.capacity() * Self::ENTRY_OF_A_PAGE
    }

    /// A page has come.
    #[expect(clippy::cast_possible_truncation, reason = "a page has some hundred lines")]
    fn count(&mut self, page: &Page<E>) {
        self.lines += page.lines() as u32;
        self.lines_in_slabs += if page.is_in_a_slab() { page.lines() as u32 } else { 0 };
    }

    /// A page is to go.
    #[expect(clippy::cast_possible_truncation, reason = "a page has some hundred lines")]
    fn discount(&mut self, page: &Page<E>) {
        self.lines -= page.lines() as u32;
        self.lines_in_slabs -= if page.is_in_a_slab() { page.lines() as u32 } else { 0 };
    }

    /// Which page is for this hash. With n pages, those from n - 2^k on are what was split off from the first ones.
    #[inline]
    fn page_for(&self, hash: ShortHash) -> usize {
        let wide = self.wide as usize;
        let page = hash.low_bits() & wide;
        if page < self.pages.len() { page } else { page & (wide >> 1) }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a hash of 32 bits chose both")]
    pub(super) fn home(&self, hash: ShortHash) -> Home {
        let page = self.page_for(hash);
        let line = self.pages.get(page).map_or(0, |page| page.home(hash));
        Home { page: page as u32, line: line as u32 }
    }

    /// Begins to fetch what an insert writes here beside the line.
    #[inline]
    pub(super) fn fetch_for_insert(&self, home: Home, fetch: FetchToWrite) {
        self.fetch_fill(home, fetch);
        if let Some(filter) = self.page(home.page).and_then(|page| page.filter(home.line as usize)) {
            fetch.line(filter);
        }
    }

    /// Begins to fetch the note of how full the page is, which inserts and removals write.
    #[inline]
    pub(super) fn fetch_fill(&self, home: Home, fetch: FetchToWrite) {
        if let Some(fill) = self.fills.get(home.page as usize) {
            fetch.line(fill);
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

    /// The entry with this hash for which `is_it` holds. Where there is none, it mostly goes to no line.
    #[inline(always)]
    pub(super) fn look_up(
        &self,
        home: Home,
        hash: ShortHash,
        is_it: impl Fn(&E) -> bool,
    ) -> Option<(Place, &E)> {
        let found = self.page(home.page)?.look_up(home.line as usize, hash, &is_it);
        self.found_or_moving(found, home, hash, is_it)
    }

    /// As `look_up`, for who knows that it is there, has fetched its line, or will write there.
    #[inline(always)]
    pub(super) fn find(
        &self,
        home: Home,
        hash: ShortHash,
        is_it: impl Fn(&E) -> bool,
    ) -> Option<(Place, &E)> {
        let found = self.page(home.page)?.find(home.line as usize, hash, &is_it);
        self.found_or_moving(found, home, hash, is_it)
    }

    /// Inlined by force: the generic cache's get takes 32 instructions more else.
    #[inline(always)]
    fn found_or_moving<'a>(
        &'a self,
        found: Option<(Spot, &'a E)>,
        home: Home,
        hash: ShortHash,
        is_it: impl Fn(&E) -> bool,
    ) -> Option<(Place, &'a E)> {
        match found {
            Some((spot, entry)) => Some((Place { page: home.page, spot }, entry)),
            None if self.is_moving => self.find_moving(home, hash, is_it),
            None => None,
        }
    }

    /// Begins to fetch what `find` reads.
    #[inline]
    pub(super) fn prefetch_line(&self, home: Home) {
        if let Some(line) = self.line_in_memory(home) {
            prefetch(line);
        }
    }

    /// Where in memory that is.
    #[inline]
    pub(super) fn line_in_memory(&self, home: Home) -> Option<*const u8> {
        let line = self.page(home.page)?.line(home.line as usize)?;
        Some(std::ptr::from_ref(line).cast())
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
        match self.page(place.page) {
            Some(page) => page.at(place.spot),
            None => self.at_moving(place),
        }
    }

    #[inline]
    pub(super) fn at_mut(&mut self, place: Place) -> Option<&mut E> {
        if place.page == MOVING {
            return self.at_mut_moving(place);
        }
        self.page_mut(place.page)?.at_mut(place.spot)
    }

    /// Whether one more entry fits where this one would go.
    #[inline]
    pub(super) fn has_room(&self, home: Home) -> bool {
        self.fills.get(home.page as usize).is_some_and(|fill| fill.has_room())
    }

    /// Stores an entry that is not there yet. There must be room: see `growth`.
    #[inline(always)]
    pub(super) fn insert(&mut self, home: Home, hash: ShortHash, entry: E) {
        let Some(page) = self.page_mut(home.page) else { return };
        let lost = page.insert(home.line as usize, hash, entry);
        debug_assert!(lost.is_none(), "a page has room for one more");
        self.len += 1;
        if let Some(fill) = self.fills.get_mut(home.page as usize) {
            fill.add();
        }
    }

    /// Moves an entry that is not in its home line there, if there is room by now. Then it is no longer in this place. If a page was
    /// built anew since `home` was asked for, it may stay.
    #[inline]
    pub(super) fn bring_home(&mut self, home: Home, hash: ShortHash, place: Place) {
        if place.spot.line() != home.line as usize
            && let Some(page) = self.page_mut(place.page)
        {
            page.bring_home(hash, place.spot);
        }
    }

    /// The ghosts among which that of this hash is, if it has one.
    #[inline]
    pub(super) fn ghosts(&mut self, home: Home) -> Option<&mut Ghosts> {
        self.page_mut(home.page)?.ghosts_mut(home.line as usize)
    }

    /// Takes an entry out. Whether its page has become worth a `tidy` comes along.
    #[inline(always)]
    pub(super) fn remove(&mut self, home: Home, place: Place) -> Option<(E, bool)> {
        let entry = match self.page_mut(place.page) {
            Some(page) => page.remove(home.line as usize, place.spot)?,
            None => self.remove_moving(home, place)?,
        };
        self.len -= 1;
        let sparse = self.fills.get_mut(home.page as usize).is_some_and(|fill| {
            fill.take();
            fill.is_sparse()
        });
        Some((entry, sparse))
    }

    /// Whether a look-up goes on to a line.
    #[cfg(all(test, not(loom)))]
    fn may_have(&self, home: Home, hash: ShortHash) -> bool {
        self.page(home.page).is_some_and(|page| page.may_have(home.line as usize, hash))
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

    /// So many values of a hash's low bits tell its page, a power of two.
    pub(super) fn directory_width(&self) -> usize {
        self.wide as usize + 1
    }

    /// Where the lines for hashes with these low bits begin in memory, and how many there are.
    pub(super) fn lines_for(&self, low_bits: usize) -> Option<(*const u8, usize)> {
        let page = self.pages.get(self.page_for(ShortHash::of_low_bits(low_bits)))?;
        Some((page.lines_in_memory().0, page.lines()))
    }

    /// Where the lines of a page begin in memory, and how many bytes they take.
    pub(super) fn page_in_memory(&self, page: usize) -> Option<(*const u8, usize)> {
        self.pages.get(page).map(Page::lines_in_memory)
    }

    /// The entries of a page, with those that are on their way there.
    pub(super) fn entries_of<'a>(
        &'a self,
        page: usize,
        hashes: impl Hashes<E> + 'a,
    ) -> impl Iterator<Item = &'a E> {
        let is_here = move |moving: &&Moving<E>| u32::try_from(page).is_ok_and(|page| moving.is_to(page));
        let moving = self.moving.as_deref().filter(is_here).into_iter().flat_map(Moving::entries);
        let moving = moving.filter(move |entry| self.page_for(hashes.of(entry)) == page);
        self.pages.get(page).into_iter().flat_map(Page::entries).chain(moving)
    }
}
