//! The naive cache: a map with room for everything, each verb as its documentation says it.

use crate::op::Key;
use keyway::{Refusal, Version};
use std::{collections::HashMap, fmt};

/// The largest value that the cache and its model take.
pub(crate) const MAX_VALUE: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Naive {
    entries: HashMap<Key, Entry>,
    /// Seconds since it was made.
    pub(crate) now: u64,
    flush_due: Option<u64>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) value: Vec<u8>,
    pub(crate) flags: u32,
    /// The first second at which it is gone.
    pub(crate) ends: Option<u64>,
    /// What the cache said; `None` until it has.
    pub(crate) version: Option<Version>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, flags, ends, version } = self;
        write!(f, "{:?}, flags {flags}, ends {ends:?}, {version:?}", Shown(value))
    }
}

/// A value, of which its length and beginning are enough to see.
#[derive(PartialEq, Eq)]
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beginning = &self.0[..self.0.len().min(20)];
        write!(f, "{} bytes: {}", self.0.len(), beginning.escape_ascii())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    Absent,
    Present,
}

/// What a verb did: the entry that the cache must have given a new version.
pub(crate) type Stored<'a> = Result<&'a mut Entry, Refusal>;

impl Naive {
    pub(crate) fn live(&mut self, key: Key) -> Option<&mut Entry> {
        self.settle();
        self.entries.get_mut(&key)
    }

    /// How many entries there are.
    pub(crate) fn len(&mut self) -> usize {
        self.settle();
        self.entries.len()
    }

    /// Everything whose time has come goes.
    fn settle(&mut self) {
        let now = self.now;
        if self.flush_due.take_if(|due| *due <= now).is_some() {
            self.entries.clear();
        }
        self.entries.retain(|_, entry| entry.ends.is_none_or(|ends| now < ends));
    }

    fn version(&mut self, key: Key) -> Option<Version> {
        self.live(key).and_then(|entry| entry.version)
    }

    fn insert(&mut self, key: Key, entry: Entry) -> &mut Entry {
        self.entries.remove(&key);
        self.entries.entry(key).or_insert(entry)
    }

    pub(crate) fn put(&mut self, key: Key, when: When, entry: Entry, given: Option<Version>) -> Stored<'_> {
        if entry.value.len() > MAX_VALUE {
            if when == When::Always {
                self.remove(key);
            }
            return Err(Refusal::TooLarge { limit: MAX_VALUE });
        }
        match (self.version(key), given, when) {
            (None, Some(_), _) | (None, None, When::Present) => Err(Refusal::NotFound),
            (Some(present), Some(given), _) if present != given => Err(Refusal::Exists),
            (Some(_), _, When::Absent) => Err(Refusal::Exists),
            _ => Ok(self.insert(key, entry)),
        }
    }

    /// `joined` puts the new value together from the present one.
    pub(crate) fn join(
        &mut self,
        key: Key,
        joined: impl FnOnce(&[u8]) -> Vec<u8>,
        given: Option<Version>,
    ) -> Stored<'_> {
        let Some(entry) = self.live(key) else { return Err(Refusal::NotStored) };
        if given.is_some() && given != entry.version {
            return Err(Refusal::Exists);
        }
        let value = joined(&entry.value);
        if value.len() > MAX_VALUE {
            return Err(Refusal::NotStored);
        }
        entry.value = value;
        Ok(entry)
    }

    pub(crate) fn count(
        &mut self,
        key: Key,
        step: impl FnOnce(u64) -> u64,
        initial: Option<Entry>,
        given: Option<Version>,
    ) -> Stored<'_> {
        if self.live(key).is_none() {
            return initial.map(|entry| self.insert(key, entry)).ok_or(Refusal::NotFound);
        }
        let Some(entry) = self.live(key) else { return Err(Refusal::NotFound) };
        if given.is_some() && given != entry.version {
            return Err(Refusal::Exists);
        }
        let text = str::from_utf8(&entry.value).ok().filter(|text| text.len() <= 20);
        let value = text.and_then(|text| text.parse().ok()).ok_or(Refusal::NotNumeric)?;
        entry.value = step(value).to_string().into_bytes();
        Ok(entry)
    }

    pub(crate) fn delete(&mut self, key: Key, given: Option<Version>) -> Result<bool, Refusal> {
        match self.version(key) {
            Some(present) if given.is_some_and(|given| given != present) => Err(Refusal::Exists),
            Some(_) => Ok(self.remove(key)),
            None => Ok(false),
        }
    }

    pub(crate) fn remove(&mut self, key: Key) -> bool {
        self.entries.remove(&key).is_some()
    }

    pub(crate) fn flush(&mut self) {
        self.entries.clear();
        self.flush_due = None;
    }

    pub(crate) fn flush_later(&mut self, when: Option<u64>) {
        // An order that is due already is carried out before another takes its place.
        self.settle();
        self.flush_due = when;
    }
}
