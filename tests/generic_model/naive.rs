//! The naive cache: a map that loses nothing by itself. What the real one lets go of, its listener tells; the map checks that it
//! may, and follows.

use crate::op::{Key, Weight};
use keyway::engine::{Cause, Stats};
use std::collections::BTreeMap;

/// A value that no other is equal to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) serial: u32,
    pub(crate) weight: Weight,
}

impl Value {
    pub(crate) fn weighs(self) -> u64 {
        u64::from(self.weight.0.max(1))
    }

    pub(crate) fn is_odd(self) -> bool {
        !self.weight.0.is_multiple_of(2)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    /// The first second at which it is gone, however much it is used.
    pub(crate) latest: Option<u64>,
    /// As above, if it is not used.
    ends: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Naive {
    /// Also those that have ended and of which nobody has told yet.
    entries: BTreeMap<Key, Entry>,
    pub(crate) now: u64,
    live: Option<u64>,
    idle: Option<u64>,
    /// What must have been counted.
    pub(crate) counted: Counted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) inserts: u64,
    pub(crate) evicted: u64,
    pub(crate) expired: u64,
    pub(crate) replaced: u64,
    pub(crate) removed: u64,
    pub(crate) loads: u64,
    pub(crate) loads_failed: u64,
}

impl From<Stats> for Counted {
    fn from(stats: Stats) -> Self {
        Self {
            hits: stats.hits,
            misses: stats.misses,
            inserts: stats.inserts,
            evicted: stats.evicted,
            expired: stats.expired,
            replaced: stats.replaced,
            removed: stats.removed,
            loads: stats.loads,
            loads_failed: stats.loads_failed,
        }
    }
}

impl Naive {
    /// Entries end so many seconds after they were stored, or used.
    pub(crate) fn new(live: Option<u64>, idle: Option<u64>) -> Self {
        Self { live, idle, ..Self::default() }
    }

    fn has_ended(&self, entry: &Entry) -> bool {
        entry.ends.is_some_and(|ends| ends <= self.now)
    }

    pub(crate) fn entry(&self, key: Key) -> Option<Entry> {
        self.entries.get(&key).copied().filter(|entry| !self.has_ended(entry))
    }

    pub(crate) fn value(&self, key: Key) -> Option<Value> {
        self.entry(key).map(|entry| entry.value)
    }

    /// All that are there.
    pub(crate) fn all(&self) -> BTreeMap<Key, Value> {
        let live = self.entries.iter().filter(|(_, entry)| !self.has_ended(entry));
        live.map(|(key, entry)| (*key, entry.value)).collect()
    }

    /// How many there are and what they weigh, with those that have ended and were not told of.
    pub(crate) fn held(&self) -> (u64, u64) {
        (self.entries.len() as u64, self.entries.values().map(|entry| entry.value.weighs()).sum())
    }

    pub(crate) fn holds_nothing_that_ended(&self) -> bool {
        self.entries.values().all(|entry| !self.has_ended(entry))
    }

    /// A read: it counts, and the entry does not idle.
    pub(crate) fn read(&mut self, key: Key) -> Option<Value> {
        let Some(entry) = self.entry(key) else {
            self.counted.misses += 1;
            return None;
        };
        self.counted.hits += 1;
        self.bound(key, entry.latest);
        Some(entry.value)
    }

    /// Stores what the cache has stored. `seconds` says when it ends, if not as the cache was built.
    pub(crate) fn put(&mut self, key: Key, value: Value, seconds: Option<u64>) {
        self.counted.inserts += 1;
        let latest = seconds.or(self.live).map(|seconds| self.now + seconds + 1);
        let before = self.entries.insert(key, Entry { value, latest, ends: None });
        assert!(before.is_none(), "nobody told of {before:?}, whose place {value:?} took");
        self.bound(key, latest);
    }

    /// It ends then, or before if it idles.
    pub(crate) fn bound(&mut self, key: Key, latest: Option<u64>) {
        let idle = self.idle.map(|seconds| self.now + seconds + 1);
        if let Some(entry) = self.entries.get_mut(&key) {
            (entry.latest, entry.ends) = (latest, latest.into_iter().chain(idle).min());
        }
    }

    /// The listener was told that this one has gone; it must have been there, and the cause must be true.
    pub(crate) fn leave(&mut self, key: Key, value: Value, cause: Cause) {
        let entry = self.entries.get(&key).copied();
        let entry = entry.filter(|entry| entry.value == value);
        let Some(entry) = entry else {
            panic!("{key:?} {value:?} {cause:?}: it was not there, or told of twice")
        };
        let ended = self.has_ended(&entry);
        match cause {
            Cause::Evicted => self.counted.evicted += 1,
            Cause::Expired => self.counted.expired += 1,
            Cause::Replaced => self.counted.replaced += 1,
            Cause::Removed => self.counted.removed += 1,
        }
        // What is cleared is not asked whether it has ended.
        assert!(cause == Cause::Removed || ended == (cause == Cause::Expired), "{entry:?}: {cause:?}");
        self.entries.remove(&key);
    }
}
