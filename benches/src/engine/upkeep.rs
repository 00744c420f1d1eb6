//! Upkeep beside those who use a cache, as a program that has it on a thread of its own.

use super::peers::Racer;
use std::{
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

/// As the server does.
const EVERY: Duration = Duration::from_millis(250);
/// How soon it is seen that nobody uses the cache any more.
const LOOK: Duration = Duration::from_millis(10);

/// Keeps up, if the cache wants that, until all of these threads have ended.
pub(super) fn beside<T>(peer: &dyn Racer, users: &[ScopedJoinHandle<'_, T>]) {
    let mut last = Instant::now();
    while peer.wants_upkeep() && users.iter().any(|user| !user.is_finished()) {
        if last.elapsed() >= EVERY {
            peer.keep_up();
            last = Instant::now();
        }
        thread::sleep(LOOK);
    }
}
