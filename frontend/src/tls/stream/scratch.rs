//! Room for what the socket brings, until it is taken apart: one for each thread, as it is needed within one call.

use std::{cell::RefCell, io};

/// Bytes that are read from the socket at once: as much as a connection reads in a turn.
const LEN: usize = 16 << 10;

thread_local! {
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends it. What it holds is encrypted, so it may stay.
pub(super) fn lend<T>(work: impl FnOnce(&mut [u8]) -> io::Result<T>) -> io::Result<T> {
    ROOM.with(|room| {
        // A stream over a stream of this kind reads while it is lent.
        let Ok(mut room) = room.try_borrow_mut() else { return work(&mut vec![0; LEN]) };
        if room.is_empty() {
            room.resize(LEN, 0);
        }
        work(&mut room)
    })
}
