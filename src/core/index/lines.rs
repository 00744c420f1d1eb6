//! The memory of a page: its lines and, apart from them, their filters, so that those of many lines are near each other.
#![allow(unsafe_code, reason = "see the SAFETY comments; what it gives is in docs/performance-tried.md")]

use super::{
    filter::Filter,
    line::Line,
    slab::{self, Run, Slab},
};
use crate::sync::Arc;
use std::{
    alloc::{Layout, alloc, dealloc, handle_alloc_error},
    marker::PhantomData,
    ptr::{self, NonNull},
    slice,
};

/// Lines and as many filters, in an allocation of its own or in a slab.
#[derive(Debug)]
pub(super) struct Lines<E> {
    /// As many as `len`, each of them written.
    lines: NonNull<Line<E>>,
    /// One for each line, each of them written.
    filters: NonNull<Filter>,
    len: usize,
    /// Whose run it is. `None` where it is an allocation of its own, of the layout that `layout` says.
    slab: Option<Arc<Slab>>,
    owns: PhantomData<Line<E>>,
}

// SAFETY: it owns its lines and filters, and nobody else has a pointer to them.
unsafe impl<E: Send> Send for Lines<E> {}
// SAFETY: a shared one gives out shared references alone.
unsafe impl<E: Sync> Sync for Lines<E> {}

impl<E> Lines<E> {
    const FITS_A_SLAB: bool = size_of::<Line<E>>() == slab::LINE && size_of::<Filter>() == slab::FILTER;

    /// Empty ones, in memory of their own.
    pub(super) fn of_its_own(len: usize) -> Self {
        Self::emptied(Self::allocate(len))
    }

    /// Empty ones, as many as this has. `None` if they do not fit there.
    pub(super) fn within(run: Run) -> Option<Self> {
        let Run { slab, lines, filters, len } = run;
        if !Self::FITS_A_SLAB {
            slab.give_back(lines, len);
            return None;
        }
        let (lines, filters) = (lines.cast(), filters.cast());
        Some(Self::emptied(Self { lines, filters, len, slab: Some(slab), owns: PhantomData }))
    }

    fn emptied(lines: Self) -> Self {
        for at in 0..lines.len {
            // SAFETY: there is room for `len` of both, aligned, which nobody else has: of a run as of an allocation.
            unsafe {
                lines.lines.add(at).write(Line::empty());
                lines.filters.add(at).write(Filter::default());
            }
        }
        lines
    }

    /// Memory of its own, of which nothing is written yet.
    fn allocate(len: usize) -> Self {
        let Some((layout, filters)) = Self::layout(len).filter(|_| len > 0) else {
            let (lines, filters) = (NonNull::dangling(), NonNull::dangling());
            return Self { lines, filters, len: 0, slab: None, owns: PhantomData };
        };
        // SAFETY: the layout is not one of zero bytes.
        let Some(memory) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        // SAFETY: the filters begin within the layout.
        let filters = unsafe { memory.add(filters) };
        Self { lines: memory.cast(), filters: filters.cast(), len, slab: None, owns: PhantomData }
    }

    /// Of so many, and where their filters begin.
    fn layout(len: usize) -> Option<(Layout, usize)> {
        Layout::array::<Line<E>>(len).ok()?.extend(Layout::array::<Filter>(len).ok()?).ok()
    }

    pub(super) fn is_in_a_slab(&self) -> bool {
        self.slab.is_some()
    }

    pub(super) fn is_in(&self, slab: &Slab) -> bool {
        self.slab.as_deref().is_some_and(|own| ptr::eq(own, slab))
    }

    /// Moves from the slab that they are in to a run of as many lines.
    pub(super) fn move_to(&mut self, run: Run) {
        let Run { slab, lines, filters, len } = run;
        let (Some(left), true) = (&mut self.slab, self.len == len) else {
            return slab.give_back(lines, len);
        };
        // SAFETY: all `len` of both are written, and there is room for as many, which nobody else has, so they do not overlap. What was
        // copied is never looked at again where it was.
        unsafe {
            self.lines.copy_to_nonoverlapping(lines.cast(), len);
            self.filters.copy_to_nonoverlapping(filters.cast(), len);
        }
        let was = std::mem::replace(&mut self.lines, lines.cast());
        self.filters = filters.cast();
        std::mem::replace(left, slab).give_back(was.cast(), len);
    }

    #[inline(always)]
    pub(super) fn lines(&self) -> &[Line<E>] {
        // SAFETY: they were written when it was made, and are this one's.
        unsafe { slice::from_raw_parts(self.lines.as_ptr(), self.len) }
    }

    #[inline(always)]
    pub(super) fn lines_mut(&mut self) -> &mut [Line<E>] {
        // SAFETY: as in `lines`; and nobody else has a reference to this one.
        unsafe { slice::from_raw_parts_mut(self.lines.as_ptr(), self.len) }
    }

    #[inline(always)]
    pub(super) fn filters(&self) -> &[Filter] {
        // SAFETY: as in `lines`.
        unsafe { slice::from_raw_parts(self.filters.as_ptr(), self.len) }
    }

    #[inline(always)]
    pub(super) fn filters_mut(&mut self) -> &mut [Filter] {
        // SAFETY: as in `lines_mut`.
        unsafe { slice::from_raw_parts_mut(self.filters.as_ptr(), self.len) }
    }
}

impl<E> Drop for Lines<E> {
    fn drop(&mut self) {
        let all = NonNull::slice_from_raw_parts(self.lines, self.len);
        // SAFETY: all were written, and nobody looks at them any more.
        unsafe { all.drop_in_place() };
        match (&self.slab, Self::layout(self.len)) {
            (Some(slab), _) => slab.give_back(self.lines.cast(), self.len),
            // SAFETY: it is from `alloc` with this layout.
            (None, Some((layout, _))) if self.len > 0 => unsafe {
                dealloc(self.lines.cast().as_ptr(), layout);
            },
            (None, _) => {}
        }
    }
}
