//! How many connections are open, over all workers, and how many may be.

use crate::Door;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The seats of a server.
#[derive(Debug)]
pub(super) struct Seats {
    taken: Arc<AtomicUsize>,
    most: usize,
}

/// One connection's place; given back when dropped, whichever way the connection ends.
#[derive(Debug)]
pub(super) struct Seat {
    taken: Arc<AtomicUsize>,
}

/// A seat whose connection has reached its worker and is counted for `stats`, until it is dropped.
#[derive(Debug)]
pub(super) struct Occupied {
    _seat: Seat,
    door: Arc<Door>,
    thread: usize,
}

impl Seats {
    pub(super) fn new(most: usize) -> Self {
        Self { taken: Arc::default(), most }
    }

    /// How many there are.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// A seat, if one is free.
    pub(super) fn take(&self) -> Option<Seat> {
        // Relaxed, here and in the drop: a counter only. Only the acceptor adds, so the bound is exact.
        if self.taken.load(Ordering::Relaxed) >= self.most {
            return None;
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(Seat { taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Seat {
    /// Counts the connection in the tally of its worker's thread.
    pub(super) fn occupy(self, door: Arc<Door>, thread: usize) -> Occupied {
        door.connection_opened(thread);
        Occupied { _seat: self, door, thread }
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.door.connection_closed(self.thread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_given_back_can_be_taken_again_and_never_one_more() {
        let seats = Seats::new(2);
        let (first, _second) = (seats.take().unwrap(), seats.take().unwrap());
        assert!(seats.take().is_none());
        drop(first);
        let _third = seats.take().unwrap();
        assert!(seats.take().is_none());
    }
}
