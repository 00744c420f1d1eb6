//! Counted bytes behind a header, in one allocation. It is what `Arc` is, with three differences: count and length take four
//! bytes each, a deadline takes room only where there is some for it, and the models see the count.
//!
//! ```text
//! handles: u32 | shape: u32 | header | deadline: u32, or nothing | bytes ...
//! ```
#![allow(unsafe_code, reason = "see the SAFETY comments; what it gives is in docs/performance-network.md")]

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

use super::shape::Shape;
use crate::sync::{AtomicU32, Ordering, UnsafeCell};
use std::{
    alloc::{Layout, alloc, dealloc},
    fmt,
    marker::PhantomData,
    panic::{RefUnwindSafe, UnwindSafe},
    process::abort,
    ptr::{NonNull, copy_nonoverlapping},
    slice,
};

/// A handle on a header and bytes. They live, and the bytes stay as they are, as long as any handle does.
pub(super) struct Counted<H> {
    /// From `allocate`: the whole of it may be reached through this, and `Front` is always there.
    front: NonNull<Front<H>>,
    owns: PhantomData<Front<H>>,
}

/// What stands before the deadline and the bytes.
#[repr(C)]
struct Front<H> {
    handles: AtomicU32,
    shape: Shape,
    header: H,
    /// Stands for the bytes where somebody watches who looks at them and who changes them.
    bytes: UnsafeCell<()>,
}

/// Everything, for whoever has the only handle.
pub(super) struct Whole<'a, H> {
    pub(super) header: &'a mut H,
    pub(super) deadline: Option<&'a AtomicU32>,
    pub(super) bytes: &'a mut [u8],
}

/// More handles have no room in memory, unless they were leaked.
const HANDLES_MAX: u32 = u32::MAX / 2;

/// Where the deadline is, if there is room for one. `Front` may be aligned more strictly than that, not less.
const fn deadline_at<H>() -> usize {
    size_of::<Front<H>>()
}

/// Where the bytes begin.
const fn bytes_at<H>(shape: Shape) -> usize {
    deadline_at::<H>() + if shape.is_dated() { size_of::<AtomicU32>() } else { 0 }
}

impl<H> Counted<H> {
    const ALIGNED: () = assert!(align_of::<Front<H>>() >= align_of::<AtomicU32>());

    /// What the allocator is asked for. Saturates, at what it never has.
    pub(super) const fn size(shape: Shape) -> usize {
        bytes_at::<H>(shape).saturating_add(shape.len())
    }

    fn layout(shape: Shape) -> Option<Layout> {
        let () = Self::ALIGNED;
        Layout::from_size_align(Self::size(shape), align_of::<Front<H>>()).ok()
    }

    /// Bytes put together from these parts, of as many as the shape says. `None` if the allocator gives nothing.
    #[inline]
    pub(super) fn of_parts<const N: usize>(
        shape: Shape,
        header: H,
        deadline: u32,
        parts: [&[u8]; N],
    ) -> Option<Self> {
        let total = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        debug_assert_eq!(total, shape.len(), "the shape is that of the parts");
        if total != shape.len() {
            return None;
        }
        // SAFETY: the shape's bytes are written below, before anybody has the handle.
        let made = unsafe { Self::allocate(shape, header, deadline) }?;
        let mut to = made.bytes_ptr();
        for part in parts {
            // SAFETY: the parts are as many bytes together as were allocated at `to` for them, and nobody has a handle yet, so that no part
            // can lie there.
            unsafe {
                copy_nonoverlapping(part.as_ptr(), to, part.len());
                to = to.add(part.len());
            }
        }
        Some(made)
    }

    /// Room for as many bytes as the shape says. `None` if the allocator gives nothing.
    ///
    /// # Safety
    ///
    /// Until all bytes were written, only `bytes_ptr` may be asked for them.
    pub(super) unsafe fn allocate(shape: Shape, header: H, deadline: u32) -> Option<Self> {
        let layout = Self::layout(shape)?;
        // SAFETY: it is the layout of a `Front` at least, which has bytes.
        let front = NonNull::new(unsafe { alloc(layout) })?.cast::<Front<H>>();
        let made = Front { handles: AtomicU32::new(1), shape, header, bytes: UnsafeCell::new(()) };
        // SAFETY: the layout has room for a `Front` and is aligned for one.
        unsafe { front.write(made) };
        if shape.is_dated() {
            // SAFETY: the layout has room for an `AtomicU32` right behind, and `ALIGNED` says that it is aligned there.
            unsafe { front.byte_add(deadline_at::<H>()).cast().write(AtomicU32::new(deadline)) };
        }
        Some(Self { front, owns: PhantomData })
    }

    #[inline]
    fn front(&self) -> &Front<H> {
        // SAFETY: it lives as long as a handle does, and `&mut` to its parts is only given out by `only`, which borrows the one handle.
        unsafe { self.front.as_ref() }
    }

    /// Where the bytes begin.
    #[inline]
    pub(super) fn bytes_ptr(&self) -> *mut u8 {
        // SAFETY: that is within the allocation, or at its end if there are no bytes.
        unsafe { self.front.as_ptr().cast::<u8>().add(bytes_at::<H>(self.shape())) }
    }

    /// Where it is in memory.
    #[inline]
    pub(super) fn address(&self) -> *const u8 {
        self.front.as_ptr().cast()
    }

    #[inline]
    pub(super) fn shape(&self) -> Shape {
        self.front().shape
    }

    #[inline]
    pub(super) fn header(&self) -> &H {
        &self.front().header
    }

    /// If there is room for one.
    #[inline]
    pub(super) fn deadline(&self) -> Option<&AtomicU32> {
        // SAFETY: `allocate` has written it there, where the shape says so, and it is only ever reached as an atomic.
        self.shape()
            .is_dated()
            .then(|| unsafe { self.front.byte_add(deadline_at::<H>()).cast::<AtomicU32>().as_ref() })
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        let len = self.shape().len();
        // SAFETY: so many bytes were allocated and written there. Nobody changes them as long as this handle is borrowed: see `only`.
        self.front().bytes.get().with(|_| unsafe { slice::from_raw_parts(self.bytes_ptr(), len) })
    }

    /// Everything, if this is the only handle.
    #[inline]
    pub(super) fn only(&mut self) -> Option<Whole<'_, H>> {
        // Acquire: partner is the Release in `drop`; what others did with their handles has happened.
        if self.front().handles.load(Ordering::Acquire) != 1 {
            return None;
        }
        let (len, bytes) = (self.shape().len(), self.bytes_ptr());
        self.front().bytes.get_mut().with(|_| {
            // SAFETY: this is the only handle, and it is borrowed for as long as the references live, so that no other can be made of
            // it meanwhile. Header, deadline and bytes do not overlap.
            unsafe {
                let header = &mut (*self.front.as_ptr()).header;
                let deadline = (*self.front.as_ptr())
                    .shape
                    .is_dated()
                    .then(|| self.front.byte_add(deadline_at::<H>()).cast::<AtomicU32>().as_ref());
                Some(Whole { header, deadline, bytes: slice::from_raw_parts_mut(bytes, len) })
            }
        })
    }

    /// Gives the memory back.
    #[inline(never)]
    fn free(&mut self) {
        let shape = self.shape();
        self.front().bytes.get_mut().with(|_| ());
        // SAFETY: this was the last handle, so that nobody looks at it any more, and it is dropped once: front and deadline as they were written by
        // `allocate`, and the memory by the layout that it was asked for with.
        unsafe {
            if shape.is_dated() {
                self.front.byte_add(deadline_at::<H>()).cast::<AtomicU32>().drop_in_place();
            }
            self.front.drop_in_place();
            if let Some(layout) = Self::layout(shape) {
                dealloc(self.front.as_ptr().cast(), layout);
            }
        }
    }
}

impl<H> Clone for Counted<H> {
    #[inline]
    fn clone(&self) -> Self {
        // Relaxed: whoever has a handle can give another one away, and needs to see nothing for it.
        if self.front().handles.fetch_add(1, Ordering::Relaxed) > HANDLES_MAX {
            // Two billion leaked handles: going on would free what others hold.
            abort();
        }
        Self { front: self.front, owns: PhantomData }
    }
}

impl<H> Drop for Counted<H> {
    #[inline]
    fn drop(&mut self) {
        // Release: partners are the Acquire here, of the last handle, and that in `only`.
        if self.front().handles.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.free();
        }
    }
}

// SAFETY: handles on different threads share the header, the deadline, which is an atomic, and bytes that nobody changes while there is more than one.
// The last one drops the header, wherever it is.
unsafe impl<H: Send + Sync> Send for Counted<H> {}
// SAFETY: as above.
unsafe impl<H: Send + Sync> Sync for Counted<H> {}

// Nothing in it can be left half done: bytes change only in `only`, whose borrower sees what it has written.
impl<H: RefUnwindSafe> UnwindSafe for Counted<H> {}
impl<H: RefUnwindSafe> RefUnwindSafe for Counted<H> {}

impl<H> fmt::Debug for Counted<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted").field("shape", &self.shape()).finish_non_exhaustive()
    }
}
