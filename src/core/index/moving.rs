//! A page that is being built anew. Its entries go over to the lines that took its place, or to those of two pages where it
//! is split, some with each insert into the stripe: who makes it grow does not wait for all of them.

use super::{
    Fill, Hashes, Home, Index, MOVING, Place,
    line::{Line, WAYS},
    page::{Page, Spot},
    slab::Supply,
};
use crate::core::hash::ShortHash;

/// About so many entries go over with each insert.
const ENTRIES_A_STEP: usize = 16;
/// What tells an entry's hash is far away in memory, in two steps: each is asked for so many entries ahead.
const ENTRIES_AHEAD: usize = 8;

#[derive(Debug)]
pub(super) struct Moving<E> {
    /// The lines that it had. What is elsewhere than at home is found from there until the last has gone.
    page: Page<E>,
    /// The lines before this one are empty.
    next: usize,
    /// How many entries there were.
    len: usize,
    number: u32,
    /// The page that was split off from it, if it is split.
    other: Option<u32>,
    /// Whether the next that goes counts as the other page's. Who counts as whose is a guess, put right as each goes.
    is_others_turn: bool,
}

impl<E> Moving<E> {
    pub(super) fn entries(&self) -> impl Iterator<Item = &E> {
        self.page.entries()
    }

    /// What it had.
    pub(super) fn page_mut(&mut self) -> &mut Page<E> {
        &mut self.page
    }

    /// Whether entries move to this page.
    pub(super) fn is_to(&self, page: u32) -> bool {
        page == self.number || Some(page) == self.other
    }

    /// How many of these it guesses to belong to the other page.
    pub(super) fn others_of(len: usize) -> usize {
        len / 2
    }

    /// One goes; whose it was taken for.
    fn taken_for(&mut self) -> u32 {
        let Some(other) = self.other else { return self.number };
        self.is_others_turn = !self.is_others_turn;
        if self.is_others_turn { self.number } else { other }
    }

    fn has_arrived(&self) -> bool {
        self.next == self.page.lines()
    }

    /// In how many lines so many entries are to be expected.
    fn lines_of(&self, entries: usize) -> usize {
        (entries * self.page.lines() / self.len.max(1)).clamp(1, self.page.lines().max(1))
    }
}

impl<E> Index<E> {
    /// Gives a page so many empty lines. What it had is to move there, and to `other`.
    pub(super) fn renew(
        &mut self,
        number: u32,
        lines: usize,
        other: Option<u32>,
        supply: &impl Supply,
    ) -> Option<Moving<E>> {
        let new = Page::with_lines(lines, self.pages.len(), supply);
        self.renew_with(number, new, other)
    }

    /// As `renew`, of a page that is to be smaller: nobody pays for that.
    pub(super) fn renew_smaller(
        &mut self,
        number: u32,
        lines: usize,
        supply: &impl Supply,
    ) -> Option<Moving<E>> {
        let new = self.pages.get(number as usize)?.smaller(lines, supply)?;
        self.renew_with(number, new, None)
    }

    fn renew_with(&mut self, number: u32, new: Page<E>, other: Option<u32>) -> Option<Moving<E>> {
        let fill = self.fills.get_mut(number as usize)?;
        let len = fill.len();
        let others = if other.is_some() { Moving::<E>::others_of(len) } else { 0 };
        *fill = Fill::new(new.lines(), len - others);
        self.count(&new);
        let page = std::mem::replace(self.pages.get_mut(number as usize)?, new);
        self.built = self.built.wrapping_add(1);
        Some(Moving { page, next: 0, len, number, other, is_others_turn: false })
    }

    /// From now on each insert has some of these go over.
    pub(super) fn begin_to_move(&mut self, moving: Moving<E>) {
        self.moving = Some(Box::new(moving));
        self.is_moving = true;
    }

    /// Has some more entries go over. Bytes that came free with the last of them.
    #[cold]
    pub(in crate::core) fn move_on(&mut self, hashes: &impl Hashes<E>) -> usize {
        let before = self.allocated();
        let moved = self.moving.take().and_then(|mut moving| {
            let lines = moving.lines_of(ENTRIES_A_STEP);
            self.move_lines(&mut moving, lines, hashes);
            self.keep_moving(moving)
        });
        drop(moved);
        before - self.allocated()
    }

    /// Has all go over for which there is room; the lines that they had, if that was all.
    pub(super) fn finish(&mut self, hashes: &impl Hashes<E>) -> Option<Page<E>> {
        let mut moving = self.moving.take()?;
        self.move_lines(&mut moving, usize::MAX, hashes);
        self.keep_moving(moving)
    }

    /// The page that was moving, if nothing is left there.
    fn keep_moving(&mut self, moving: Box<Moving<E>>) -> Option<Page<E>> {
        self.is_moving = !moving.has_arrived();
        if self.is_moving {
            self.moving = Some(moving);
            return None;
        }
        self.discount(&moving.page);
        Some(moving.page)
    }

    /// The lines that it had, empty if there was room for all.
    pub(super) fn move_at_once(&mut self, mut moving: Moving<E>, hashes: &impl Hashes<E>) -> Page<E> {
        self.move_lines(&mut moving, usize::MAX, hashes);
        debug_assert!(moving.has_arrived(), "there is room for all");
        self.discount(&moving.page);
        moving.page
    }

    /// Has the entries of so many more lines go over. One that finds no room, which keys do whose hashes hardly differ, stays, and
    /// those behind it, until its page has grown.
    fn move_lines(&mut self, moving: &mut Moving<E>, lines: usize, hashes: &impl Hashes<E>) {
        let first = moving.next;
        let end = moving.page.lines().min(first.saturating_add(lines));
        let ahead = moving.lines_of(ENTRIES_AHEAD);
        for at in first..end + 2 * ahead {
            let entries = |at: usize| {
                let line = if at < end { moving.page.line(at) } else { None };
                line.into_iter().flat_map(Line::entries)
            };
            entries(at).for_each(|entry| hashes.fetch_entry(entry));
            entries(at.wrapping_sub(ahead)).for_each(|entry| hashes.fetch_hash(entry));
            if at >= first + 2 * ahead {
                if !self.move_line(moving, hashes) {
                    return;
                }
                moving.next += 1;
            }
        }
    }

    /// Has the entries of the next line go over. Whether there was room for all.
    fn move_line(&mut self, moving: &mut Moving<E>, hashes: &impl Hashes<E>) -> bool {
        for way in 0..WAYS {
            let spot = Spot::new(moving.next, way);
            let Some(entry) = moving.page.take(spot) else { continue };
            let hash = hashes.of(&entry);
            let home = self.home(hash);
            let Some(page) = self.pages.get_mut(home.page as usize) else { continue };
            if let Some(entry) = page.insert(home.line as usize, hash, entry) {
                moving.page.put_back(spot, hash, entry);
                return false;
            }
            self.settle(home.page, moving.taken_for());
        }
        true
    }

    /// What was taken for one page's is another's, or is not.
    fn settle(&mut self, page: u32, taken_for: u32) {
        if page != taken_for {
            self.fills.get_mut(taken_for as usize).into_iter().for_each(Fill::take);
            self.fills.get_mut(page as usize).into_iter().for_each(Fill::add);
        }
    }

    /// The part of `find` in the page that is moving.
    #[cold]
    #[inline(never)]
    pub(super) fn find_moving(
        &self,
        home: Home,
        hash: ShortHash,
        is_it: impl Fn(&E) -> bool,
    ) -> Option<(Place, &E)> {
        let Moving { page, .. } = &**self.moving.as_ref().filter(|moving| moving.is_to(home.page))?;
        let (spot, entry) = page.find(page.home(hash), hash, is_it)?;
        Some((Place { page: MOVING, spot }, entry))
    }

    /// The part of `at` in the page that is moving.
    #[cold]
    pub(super) fn at_moving(&self, place: Place) -> Option<&E> {
        self.moving.as_ref()?.page.at(place.spot)
    }

    /// The part of `at_mut` in the page that is moving.
    #[cold]
    pub(super) fn at_mut_moving(&mut self, place: Place) -> Option<&mut E> {
        self.moving.as_mut()?.page.at_mut(place.spot)
    }

    /// The part of `remove` in the page that is moving.
    #[cold]
    pub(super) fn remove_moving(&mut self, home: Home, place: Place) -> Option<E> {
        debug_assert_eq!(place.page, MOVING);
        let moving = self.moving.as_mut()?;
        let entry = moving.page.take(place.spot)?;
        let taken_for = moving.taken_for();
        self.settle(home.page, taken_for);
        Some(entry)
    }
}
