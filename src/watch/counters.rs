//! Which keys of very many are used most, in memory of fixed size: the Space-Saving algorithm of Metwally, Agrawal and El Abbadi
//! ("Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005).
//!
//! There are so many counters. A key that has none takes over the lowest, with its count as the most by which its own may be too
//! high. So a key of which more than one in [`COUNTERS`] uses is has a counter, whatever else was used.

use crate::{key::MAX_KEY, sync::StdArc};
use std::collections::HashMap;

/// With a sample of a hundred thousand uses, each key that has 0.2 % of them is found; 150 KiB.
pub(super) const COUNTERS: usize = if crate::sync::MODELLED { 2 } else { 512 };

/// The counters.
#[derive(Debug)]
pub(super) struct Counters {
    hasher: ahash::RandomState,
    /// By the hash of name and key, which nobody outside knows: of two that share one, which nobody will see, both are taken for
    /// the first.
    places: HashMap<u64, usize, ahash::RandomState>,
    /// Apart from what they are about, since the lowest is looked for again and again.
    counts: Vec<u64>,
    keys: Vec<Counted>,
}

/// What a counter is about.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) namespace: StdArc<str>,
    /// Of its count, at most so much is not its own.
    pub(super) inherited: u64,
    hash: u64,
    key: [u8; MAX_KEY],
    len: u8,
}

impl Counters {
    /// Takes all memory that it will have.
    pub(super) fn new() -> Self {
        let hasher = ahash::RandomState::new();
        Self {
            places: HashMap::with_capacity_and_hasher(2 * COUNTERS, hasher.clone()),
            counts: Vec::with_capacity(COUNTERS),
            keys: Vec::with_capacity(COUNTERS),
            hasher,
        }
    }

    pub(super) fn count(&mut self, namespace: &StdArc<str>, key: &[u8]) {
        let hash = self.hasher.hash_one((namespace.as_ref(), key));
        match self.places.get(&hash) {
            Some(place) => self.counts[*place] += 1,
            None if self.counts.len() < COUNTERS => {
                self.places.insert(hash, self.counts.len());
                self.counts.push(1);
                self.keys.push(Counted::new(namespace, key, hash, 0));
            }
            None => self.take_over(namespace, key, hash),
        }
    }

    fn take_over(&mut self, namespace: &StdArc<str>, key: &[u8], hash: u64) {
        let lowest = self.counts.iter().enumerate().min_by_key(|(_, count)| **count);
        let Some((place, inherited)) = lowest.map(|(place, count)| (place, *count)) else { return };
        self.places.remove(&self.keys[place].hash);
        self.places.insert(hash, place);
        self.counts[place] = inherited + 1;
        self.keys[place] = Counted::new(namespace, key, hash, inherited);
    }

    /// The counters, with what they are about.
    pub(super) fn all(&self) -> impl Iterator<Item = (u64, &Counted)> {
        self.counts.iter().copied().zip(&self.keys)
    }
}

impl Counted {
    fn new(namespace: &StdArc<str>, key: &[u8], hash: u64, inherited: u64) -> Self {
        let len = key.len().min(MAX_KEY);
        let mut bytes = [0; MAX_KEY];
        bytes[..len].copy_from_slice(&key[..len]);
        let len = u8::try_from(len).unwrap_or(u8::MAX);
        Self { namespace: namespace.clone(), inherited, hash, key: bytes, len }
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key[..usize::from(self.len)]
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_key_is_found_among_any_number_of_others_and_its_count_is_within_what_it_says() {
        let (main, shop) = (StdArc::from(""), StdArc::from("shop"));
        let mut counters = Counters::new();
        let frequent = 300_000 / COUNTERS as u64 * 2;
        for number in 0..300_000_u64 {
            counters.count(&main, format!("rare-{number}").as_bytes());
            if number < frequent {
                counters.count(&shop, b"often");
            }
            // The same key in another namespace is another one.
            if number < 10 {
                counters.count(&main, b"often");
            }
        }
        let found: Vec<_> = counters.all().filter(|(_, counted)| counted.key() == b"often").collect();
        let [(count, counted)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(&*counted.namespace, "shop");
        assert!(*count >= frequent && count - counted.inherited <= frequent, "{count} {counted:?}");
        assert_eq!(counters.all().count(), COUNTERS);
        assert_eq!(counters.places.len(), COUNTERS);
        let uses = 300_000 + frequent + 10;
        assert_eq!(counters.all().map(|(count, _)| count).sum::<u64>(), uses, "no use is lost");
    }
}
