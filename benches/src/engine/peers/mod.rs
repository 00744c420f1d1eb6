//! The caches, each by the face that its own users see.

mod bare;
mod engine;
mod foyer;
mod kept;
mod large;
mod map;
mod moka;
mod mutexes;
mod quick;
mod session;
mod ufo;

pub(super) use engine::Engine;
pub(super) use large::OnLargePages;
pub(super) use map::Map;
pub(super) use moka::ExpiringMoka;
pub(super) use mutexes::Mutexes;
pub(super) use quick::Quick;
pub(super) use session::{Session, charge, charge_is};

use super::{
    plan::Keys,
    walk::{self, Reads},
    workload::Step,
};
use crate::sample;
use bare::Bare;
use bytes::Bytes;
use foyer::Foyer;
use moka::Moka;
use std::{sync::atomic::AtomicU64, time::Duration};
use ufo::Ufo;

/// A cache with keys of so many bytes.
pub(crate) trait Peer<const KEY: usize = { sample::KEY }>: Sync {
    /// Whether the value found is the one of this number; `None` on a miss.
    fn holds(&self, key: &[u8; KEY], number: u64) -> Option<bool>;
    fn set(&self, key: &[u8; KEY], value: &[u8]);
    /// Upkeep that it leaves to its users, or puts off; all that there is to do.
    fn maintain(&self) {}
    /// Whether somebody is to `keep_up` a few times a second while it is used.
    fn wants_upkeep(&self) -> bool {
        false
    }
    fn keep_up(&self) {}
}

/// How many of so many items, all stored once, are there afterwards.
pub(crate) fn held_of(peer: &dyn Racer, stored: u64) -> u64 {
    (0..stored).for_each(|number| peer.set(&sample::key(number), &sample::value(number)));
    peer.maintain();
    (0..stored).map(|number| u64::from(peer.holds(&sample::key(number), number).is_some())).sum()
}

/// What the races and the latencies run, compiled for each cache by itself, so that a step costs no call through a table.
pub(crate) trait Racer: Peer {
    fn walk(&self, steps: &[Step], keys: Keys, count: usize, next: &AtomicU64) -> Reads;
    fn time_gets(&self, steps: &[Step]) -> Vec<u32>;
}

impl<P: Peer> Racer for P {
    fn walk(&self, steps: &[Step], keys: Keys, count: usize, next: &AtomicU64) -> Reads {
        walk::walk(self, steps, keys, count, next)
    }

    fn time_gets(&self, steps: &[Step]) -> Vec<u32> {
        walk::time_gets(self, steps)
    }
}

/// A cache that can be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// With room for so many items.
    pub(crate) make: fn(usize) -> Box<dyn Racer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Cache,
    /// It evicts nothing: what a map alone would do, where everything is resident.
    Map,
    /// As little as one could think of: how far away the end is.
    Floor,
}

/// What all others are compared with.
pub(crate) const YARDSTICK: &str = "quick_cache";

/// Longer than any run: deadlines are looked at, and none passes.
pub(super) const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// For counts that are to be the same on each run.
fn fixed_hasher() -> ahash::RandomState {
    ahash::RandomState::with_seeds(1, 2, 3, 4)
}

/// A value in its item's own memory.
type Value = [u8; sample::VALUE];

/// All of them.
pub(crate) const ENTRANTS: [Entrant; 16] = [
    cache("keyway session", |room| Box::new(Session::with_room_for(room))),
    cache("keyway engine", |room| Box::new(Engine::<{ sample::KEY }>::with_room_for(room))),
    cache("keyway session, large pages", |room| Box::new(OnLargePages::of(Session::with_room_for(room)))),
    cache("keyway engine, large pages", |room| {
        Box::new(OnLargePages::of(Engine::<{ sample::KEY }>::with_room_for(room)))
    }),
    cache("keyway engine, values in place", |room| {
        Box::new(Engine::<{ sample::KEY }, Value>::with_room_for(room))
    }),
    cache("keyway engine, values in place, large pages", |room| {
        Box::new(OnLargePages::of(Engine::<{ sample::KEY }, Value>::with_room_for(room)))
    }),
    cache(YARDSTICK, |room| Box::new(Quick::<{ sample::KEY }>::with_room_for(room))),
    cache("quick_cache, values in place", |room| {
        Box::new(Quick::<{ sample::KEY }, Value>::with_room_for(room))
    }),
    cache("moka", |room| Box::new(Moka::with_room_for(room))),
    cache("64 mutexes", |room| Box::new(Mutexes::with_room_for(room))),
    cache("foyer lru", |room| Box::new(Foyer::lru(room))),
    cache("foyer s3fifo", |room| Box::new(Foyer::s3fifo(room))),
    cache("tinyufo", |room| Box::new(Ufo::with_room_for(room))),
    Entrant { name: "dashmap", kind: Kind::Map, make: |_| Box::new(Map::<{ sample::KEY }>::new()) },
    floor("bare lines", |room| Box::new(Bare::<Value>::with_room_for(room))),
    floor("bare lines of two pieces", |room| Box::new(Bare::<Bytes>::with_room_for(room))),
];

const fn cache(name: &'static str, make: fn(usize) -> Box<dyn Racer>) -> Entrant {
    Entrant { name, kind: Kind::Cache, make }
}

const fn floor(name: &'static str, make: fn(usize) -> Box<dyn Racer>) -> Entrant {
    Entrant { name, kind: Kind::Floor, make }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: u64 = 20_000;

    #[test]
    fn each_returns_the_value_of_the_key_that_was_asked_for() {
        for entrant in ENTRANTS {
            // Lines that are full by chance lose an item each.
            let room = if entrant.kind == Kind::Floor { 4 } else { 2 };
            let peer = (entrant.make)(room * 20_000);
            (0..ROOM).for_each(|number| peer.set(&sample::key(number), &sample::value(number)));
            peer.maintain();
            let right = (0..ROOM).filter(|it| peer.holds(&sample::key(*it), *it) == Some(true)).count();
            assert!(right * 100 > 20_000 * 99, "{}: {right}", entrant.name);
            assert_eq!(peer.holds(&sample::key(ROOM), ROOM), None, "{}", entrant.name);
            assert_eq!(peer.holds(&sample::key(ROOM - 1), 7), Some(false), "{}", entrant.name);
        }
    }

    #[test]
    fn each_cache_holds_about_as_many_as_it_has_room_for() {
        for entrant in ENTRANTS.iter().filter(|entrant| entrant.kind != Kind::Map) {
            let held = held_of(&*(entrant.make)(20_000), 4 * ROOM);
            assert!((18_000..=20_200).contains(&held), "{}: {held}", entrant.name);
        }
    }
}
