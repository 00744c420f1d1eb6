//! Bytes of an item that come one after the other, into memory that nobody has written before: what comes from a socket is neither
//! zeroed first nor copied.
#![allow(unsafe_code, reason = "see the SAFETY comments; what it gives is in docs/performance-network.md")]

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

use super::{counted::Counted, shape::Shape};
use std::{mem::MaybeUninit, ptr, slice};

/// A header, and bytes of which the first so many were written. Nobody else has it.
#[derive(Debug)]
pub(super) struct Unwritten<H> {
    whole: Counted<H>,
    written: usize,
}

impl<H> Unwritten<H> {
    /// Nothing is written yet. `None` if the allocator gives nothing.
    pub(super) fn new(shape: Shape, header: H, deadline: u32) -> Option<Self> {
        // SAFETY: `whole` leaves here by `done` alone, when all was written.
        unsafe { Counted::allocate(shape, header, deadline) }.map(|whole| Self { whole, written: 0 })
    }

    /// How many bytes were written.
    pub(super) fn written(&self) -> usize {
        self.written
    }

    /// The next bytes, up to `most`, which nobody has written.
    fn room(&mut self, most: usize) -> &mut [MaybeUninit<u8>] {
        let room = most.min(self.whole.shape().len() - self.written);
        // SAFETY: `written` is never more than there are bytes, so these are within the allocation, and only this has it.
        unsafe { slice::from_raw_parts_mut(self.whole.bytes_ptr().add(self.written).cast(), room) }
    }

    /// Takes the next bytes from `read`, which is given room for `most` of them at most and returns what it wrote of that, from the
    /// front on; how many those were.
    ///
    /// # Errors
    /// Those of `read`.
    ///
    /// # Panics
    /// If what it returns is something else than the front of its room.
    pub(super) fn read<E>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8], E>,
    ) -> Result<usize, E> {
        let room = self.room(most);
        let offered: *const [MaybeUninit<u8>] = room;
        let wrote: *const [u8] = read(room)?;
        assert!(
            wrote.is_empty()
                || wrote.len() <= offered.len() && ptr::addr_eq(wrote.cast::<u8>(), offered.cast::<u8>()),
            "what was written is the front of the room"
        );
        // A reference to bytes says that they were written.
        self.written += wrote.len();
        Ok(wrote.len())
    }

    /// Writes these next, as far as there is room.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        let room = self.room(bytes.len());
        if let Some(bytes) = bytes.get(..room.len()) {
            self.written += room.write_copy_of_slice(bytes).len();
        }
    }

    /// Writes zeros next, until so many bytes were written.
    pub(super) fn zero_up_to(&mut self, end: usize) {
        let room = self.room(end.saturating_sub(self.written));
        let count = room.len();
        // SAFETY: `room` may be written.
        unsafe { room.as_mut_ptr().write_bytes(0, count) };
        self.written += count;
    }

    /// What was written.
    pub(super) fn so_far(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes were written, and only this has them.
        unsafe { slice::from_raw_parts_mut(self.whole.bytes_ptr(), self.written) }
    }

    /// All of it; what was not written is zeros.
    pub(super) fn done(mut self) -> Counted<H> {
        self.zero_up_to(self.whole.shape().len());
        self.whole
    }
}
