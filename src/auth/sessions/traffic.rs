//! How much went through a session, as far as whoever carries its bytes tells.

use crate::sync::{AtomicU64, Ordering};

/// Counts of one session, written by whoever carries its bytes and by nobody else at the same time, so that counting takes
/// no step that others would wait for.
#[derive(Debug, Default)]
pub(in crate::auth) struct Traffic {
    requests: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

/// How much went through a session.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadOnly)?;
/// let _session = cache.session_for("app")?;
/// // What no connection carries is not counted.
/// assert_eq!(cache.users().sessions(None, 10)[0].traffic.requests, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrafficSeen {
    /// Requests that were answered.
    pub requests: u64,
    /// Bytes that came in, of requests as they were on the wire.
    pub bytes_in: u64,
    /// Bytes that went out.
    pub bytes_out: u64,
}

impl Traffic {
    pub(super) fn add(&self, requests: u64, bytes_in: u64, bytes_out: u64) {
        let counts = [(&self.requests, requests), (&self.bytes_in, bytes_in), (&self.bytes_out, bytes_out)];
        for (count, more) in counts {
            // Relaxed: counter only, with one writer at a time.
            count.store(count.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
        }
    }

    pub(super) fn seen(&self) -> TrafficSeen {
        // Relaxed: counters only.
        let seen = |count: &AtomicU64| count.load(Ordering::Relaxed);
        TrafficSeen {
            requests: seen(&self.requests),
            bytes_in: seen(&self.bytes_in),
            bytes_out: seen(&self.bytes_out),
        }
    }
}
