//! How the index grows and shrinks: by a page at a time, of which one is built anew while writers go on, and one is split
//! off whenever there are too few.

use super::{Fill, Hashes, Home, Index, Page, Supply, moving::Moving};
use arrayvec::ArrayVec;

/// The lines that a page had before it was built anew, smaller, and those that were moving there. To be dropped outside the
/// stripe's lock where that can be: an allocator may take the occasion to tidy up all that was given back to it since.
#[derive(Debug)]
#[must_use = "its bytes are charged until it is dropped"]
pub(in crate::core) struct Outgrown<E> {
    pages: ArrayVec<Page<E>, 2>,
    /// So many bytes less are in the index now.
    pub(in crate::core) less: usize,
}

impl<E> Outgrown<E> {
    pub(in crate::core) fn bytes(&self) -> usize {
        self.pages.iter().map(Page::allocated).sum()
    }
}

/// More entries to a page than this on average, and one is split. The room that pages leave unused falls with it:
/// `docs/performance-tried.md`, "Growth".
pub(in crate::core) const ENTRIES_PER_PAGE: usize = 384;
/// A page of no more lines than this grows at once.
const GROWS_AT_ONCE: usize = 4;
/// Who looks for sparse pages looks at so many at once.
const LOOKED_AT: u32 = 32;

impl<E> Index<E> {
    /// What `grow` for this hash may ask of the allocator beyond what `allocated` says, in bytes; 0 if there is room.
    /// While a page of a few lines grows, its older form is there too, for a moment and under the stripe's lock.
    pub(in crate::core) fn growth(&self, home: Home) -> usize {
        match self.page(home.page) {
            None => Self::ENTRY_OF_A_PAGE + Page::<E>::LINE,
            Some(_) if self.has_room(home) || self.can_wait(home) => 0,
            Some(page) if page.lines() <= GROWS_AT_ONCE => {
                page.next_size() * Page::<E>::LINE - page.allocated()
            }
            Some(page) => page.next_size() * Page::<E>::LINE + size_of::<Moving<E>>(),
        }
    }

    /// Whether a page that is to grow can take some more before, until another one has moved.
    fn can_wait(&self, home: Home) -> bool {
        self.is_moving && self.fills.get(home.page as usize).is_some_and(|fill| fill.has_reserve())
    }

    /// Makes room for an entry of this hash.
    #[cold]
    pub(in crate::core) fn grow(&mut self, home: Home, hashes: &impl Hashes<E>, supply: &impl Supply) {
        if self.pages.is_empty() {
            self.add_page(Page::with_lines(0, 0, supply), 0);
        }
        if self.has_room(home) || self.can_wait(home) {
            return;
        }
        drop(self.finish(hashes));
        let Some(page) = self.page(home.page).filter(|_| !self.has_room(home)) else { return };
        let (before, lines) = (page.lines(), page.next_size());
        let Some(moving) = self.renew(home.page, lines, None, supply) else { return };
        // What is moving still waits for room, perhaps for this.
        if before <= GROWS_AT_ONCE || self.is_moving {
            drop(self.move_at_once(moving, hashes));
        } else {
            self.begin_to_move(moving);
        }
    }

    /// Adds a page with so many entries. Its directory doubles if it is full.
    fn add_page(&mut self, page: Page<E>, len: usize) {
        if self.pages.len() == self.pages.capacity() {
            let more = self.pages.len().max(1);
            self.pages.reserve_exact(more);
            self.fills.reserve_exact(more);
        }
        self.count(&page);
        self.fills.push(Fill::new(page.lines(), len));
        self.pages.push(page);
    }

    #[inline]
    pub(in crate::core) fn is_moving(&self) -> bool {
        self.is_moving
    }

    /// What `split` will ask for, if it is time for it. Not while a page is moving.
    #[inline]
    pub(in crate::core) fn due_split(&self) -> Option<usize> {
        if self.len <= self.pages.len() * ENTRIES_PER_PAGE || self.is_moving {
            return None;
        }
        self.cost_of_splitting()
    }

    #[cold]
    fn cost_of_splitting(&self) -> Option<usize> {
        let more = if self.pages.len() == self.pages.capacity() { self.pages.len() } else { 0 };
        let (number, _) = self.next_to_split();
        let lines = 2 * Fill::lines_for(self.fills.get(number as usize)?.len() / 2);
        Some(more * Self::ENTRY_OF_A_PAGE + lines * Page::<E>::LINE + size_of::<Moving<E>>())
    }

    /// The page whose turn it is to be split, and how wide the directory is then.
    #[expect(clippy::cast_possible_truncation, reason = "a hash of 32 bits chooses the page")]
    fn next_to_split(&self) -> (u32, u32) {
        let wide = (self.pages.len() + 1).next_power_of_two() - 1;
        ((self.pages.len() & (wide >> 1)) as u32, wide as u32)
    }

    /// Splits the page whose turn it is.
    #[cold]
    pub(in crate::core) fn split(&mut self, supply: &impl Supply) {
        let (number, wide) = self.next_to_split();
        let Some(fill) = self.fills.get(number as usize) else { return };
        let (len, lines) = (fill.len(), Fill::lines_for(fill.len() / 2));
        let other = u32::try_from(self.pages.len()).ok();
        let Some(moving) = self.renew(number, lines, other, supply) else { return };
        let page = Page::with_lines(lines, self.pages.len(), supply);
        self.add_page(page, Moving::<E>::others_of(len));
        self.wide = wide;
        self.begin_to_move(moving);
    }

    /// Gives back memory that the page of this hash no longer needs; how many bytes.
    #[cold]
    pub(in crate::core) fn tidy(
        &mut self,
        home: Home,
        hashes: &impl Hashes<E>,
        supply: &impl Supply,
    ) -> usize {
        self.shrink_page(home.page, hashes, supply).map_or(0, |outgrown| outgrown.less)
    }

    fn shrink_page(
        &mut self,
        page: u32,
        hashes: &impl Hashes<E>,
        supply: &impl Supply,
    ) -> Option<Outgrown<E>> {
        let is_sparse = |index: &Self| index.fills.get(page as usize).is_some_and(|fill| fill.is_sparse());
        if !is_sparse(self) {
            return None;
        }
        let before = self.allocated();
        let is_to_come = self.moving.as_ref().is_some_and(|moving| moving.is_to(page));
        let came = if is_to_come { self.finish(hashes) } else { None };
        // Whose entries those were was a guess.
        let lines = self.fills.get(page as usize).map(|fill| Fill::lines_for(fill.len()));
        let moving =
            lines.filter(|_| is_sparse(self)).and_then(|lines| self.renew_smaller(page, lines, supply));
        let had = moving.map(|moving| self.move_at_once(moving, hashes));
        let pages = came.into_iter().chain(had).collect();
        Some(Outgrown { pages, less: before.saturating_sub(self.allocated()) })
    }

    /// A page was left sparse.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a hash of 32 bits chooses the page")]
    pub(in crate::core) fn note_sparse(&mut self) {
        self.suspects = self.pages.len() as u32;
    }

    #[inline]
    pub(in crate::core) fn may_be_sparse(&self) -> bool {
        self.suspects > 0
    }

    /// Looks at some pages for one that was left sparse, and builds it anew, smaller.
    #[cold]
    #[expect(clippy::cast_possible_truncation, reason = "a hash of 32 bits chooses the page")]
    pub(in crate::core) fn shrink_next(
        &mut self,
        hashes: &impl Hashes<E>,
        supply: &impl Supply,
    ) -> Option<Outgrown<E>> {
        for _ in 0..self.suspects.min(LOOKED_AT) {
            self.suspects -= 1;
            self.tidied = if self.tidied == 0 { self.pages.len() as u32 } else { self.tidied } - 1;
            let outgrown = self.shrink_page(self.tidied, hashes, supply);
            if outgrown.is_some() {
                return outgrown;
            }
        }
        None
    }
}
