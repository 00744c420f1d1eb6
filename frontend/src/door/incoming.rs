//! Room for large values that have not come whole, over all connections.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So many bytes, of which requests on their way in take what they announce. On cache lines of its own (two, because
/// processors fetch lines in pairs), since beside it stands what every request reads.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Incoming {
    taken: AtomicUsize,
    most: usize,
}

impl Incoming {
    pub(super) fn new(most: usize) -> Self {
        Self { taken: AtomicUsize::new(0), most }
    }

    /// Bytes there are in all.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Bytes that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Takes room for so many bytes, if there is. Nothing else being on its way, there is room for anything: so each
    /// value comes in at some time, whatever the limit.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        // Relaxed, here and below: a counter only; the bytes themselves belong to one connection's thread.
        let room =
            |taken: usize| (taken == 0 || bytes <= self.most.saturating_sub(taken)).then(|| taken + bytes);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok()
    }

    /// Gives back what [`take`](Self::take) took.
    pub(crate) fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_taken_and_no_more_until_it_is_given_back() {
        let incoming = Incoming::new(100);
        assert!(incoming.take(60) && !incoming.take(41) && incoming.take(40) && !incoming.take(1));
        incoming.give_back(60);
        assert!(incoming.take(60));
    }

    #[test]
    fn one_alone_always_finds_room_and_leaves_none() {
        let incoming = Incoming::new(100);
        assert!(incoming.take(1000) && !incoming.take(1));
        incoming.give_back(1000);
        assert!(incoming.take(1) && !incoming.take(1000));
        incoming.give_back(1);
        let none = Incoming::new(0);
        assert!(none.take(7) && !none.take(1));
    }
}
