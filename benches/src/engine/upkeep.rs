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

/// Keeps up, if the cache wants that, until all of these threads have ended: at once, since a lap may be over sooner than upkeep is due
/// again, and then every so often.
pub(super) fn beside<T>(peer: &dyn Racer, users: &[ScopedJoinHandle<'_, T>]) {
    let mut last = None;
    while peer.wants_upkeep() && users.iter().any(|user| !user.is_finished()) {
        if last.is_none_or(|last: Instant| last.elapsed() >= EVERY) {
            peer.keep_up();
            last = Some(Instant::now());
        }
        thread::sleep(LOOK);
    }
}
