//! The caches whose entries may each end at a time of their own.

use super::peers::{Engine, ExpiringMoka, OnLargePages, Peer, Session, charge};
use crate::sample;
use bytes::Bytes;
use keyway::Expiry;
use std::time::Instant;

/// One of them.
pub(super) trait Expiring: Sync {
    /// The entry of this number ends at this time.
    fn store(&self, number: u64, ends: Instant);
    fn holds(&self, number: u64) -> Option<bool>;
    fn maintain(&self);
    /// What upkeep comes to after a while.
    fn settle(&self) {}
    /// Those whose memory is held.
    fn entries(&self) -> u64;
}

pub(super) type Maker = fn(u64) -> Box<dyn Expiring>;

/// The others have no expiry.
pub(super) const EXPIRING: [(&str, Maker); 5] = [
    ("keyway session", |entries| Box::new(session(entries))),
    ("keyway engine", |entries| Box::new(engine(entries))),
    ("keyway session, large pages", |entries| Box::new(OnLargePages::of(session(entries)))),
    ("keyway engine, large pages", |entries| Box::new(OnLargePages::of(engine(entries)))),
    ("moka", |entries| Box::new(ExpiringMoka::with_room_for(entries * 2))),
];

fn session(entries: u64) -> Session {
    Session::with_budget(usize_of(entries * charge() * 3 / 2))
}

fn engine(entries: u64) -> Engine<{ sample::KEY }> {
    Engine::with_room_for(usize_of(entries * 2))
}

fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl Expiring for Session {
    fn store(&self, number: u64, ends: Instant) {
        let after = Expiry::After(ends.saturating_duration_since(Instant::now()));
        self.set_until(&sample::key(number), &sample::value(number), after);
    }

    fn holds(&self, number: u64) -> Option<bool> {
        Peer::holds(self, &sample::key(number), number)
    }

    fn maintain(&self) {
        self.cache.maintain();
    }

    fn entries(&self) -> u64 {
        self.cache.stats().items
    }
}

impl Expiring for Engine<{ sample::KEY }> {
    #[allow(clippy::expect_used, reason = "a refusal would be measured as speed")]
    fn store(&self, number: u64, ends: Instant) {
        let value = Bytes::copy_from_slice(&sample::value(number));
        let after = ends.saturating_duration_since(Instant::now());
        self.0.insert_for(sample::key(number), value, after).expect("an entry fits");
    }

    fn holds(&self, number: u64) -> Option<bool> {
        Peer::holds(self, &sample::key(number), number)
    }

    fn maintain(&self) {
        self.0.maintain();
    }

    fn entries(&self) -> u64 {
        self.0.stats().entries
    }
}

impl Expiring for ExpiringMoka {
    fn store(&self, number: u64, ends: Instant) {
        self.insert(sample::key(number), &sample::value(number), ends);
    }

    fn holds(&self, number: u64) -> Option<bool> {
        self.get(&sample::key(number), number)
    }

    fn maintain(&self) {
        self.0.run_pending_tasks();
    }

    fn entries(&self) -> u64 {
        self.0.entry_count()
    }
}
