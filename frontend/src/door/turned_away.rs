//! Connections that are closed at once, because there are too many.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why there is no seat for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSeat {
    Full,
    Strangers,
    StrangersOfAddress,
}

/// How many found none, by what there was too much of. Relaxed: counters only.
#[derive(Debug, Default)]
pub(crate) struct TurnedAway([AtomicU64; NoSeat::ALL.len()]);

impl NoSeat {
    pub(crate) const ALL: [Self; 3] = [Self::Full, Self::Strangers, Self::StrangersOfAddress];

    /// The setting that says how many there may be.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Full => "max_connections",
            Self::Strangers => "strangers",
            Self::StrangersOfAddress => "strangers_per_address",
        }
    }
}

impl TurnedAway {
    pub(crate) fn count(&self, why: NoSeat) {
        self.0[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, why: NoSeat) -> u64 {
        self.0[why as usize].load(Ordering::Relaxed)
    }
}
