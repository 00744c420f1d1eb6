//! The cache's upkeep, on a thread of its own: where very much expires at once it takes seconds, for which nobody waits here.

use super::limits::MAINTAIN_EVERY;
use keyway::Cache;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

/// Ends the upkeep when it is dropped, after the pass that is under way.
#[derive(Debug)]
pub(super) struct Lease(
    #[expect(dead_code, reason = "nothing is sent: that it has gone is the sign")] Sender<()>,
);

/// Upkeep that has not begun.
#[derive(Debug)]
pub(super) struct Upkeep {
    cache: Cache,
    lease: Receiver<()>,
}

impl Upkeep {
    pub(super) fn of(cache: Cache) -> (Self, Lease) {
        let (stay, lease) = channel();
        (Self { cache, lease }, Lease(stay))
    }

    /// Runs until the lease ends.
    pub(super) fn run(self) {
        while self.lease.recv_timeout(MAINTAIN_EVERY) == Err(RecvTimeoutError::Timeout) {
            self.cache.maintain();
        }
    }
}
