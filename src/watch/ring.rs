//! The last sightings, in memory that was taken before the first of them.

use super::Sighting;
use crate::{key::MAX_KEY, sync::StdArc};
use std::time::SystemTime;

/// What a watcher that looks fifty times a second can follow: two hundred thousand a second, in 1.2 MiB.
pub(super) const PLACES: usize = if crate::sync::MODELLED { 2 } else { 4096 };

/// The last sightings. Their numbers follow each other without gaps, up to `last`.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// None while nobody watches.
    places: Vec<Place>,
    last: u64,
}

#[derive(Clone, Debug)]
struct Place {
    at: SystemTime,
    namespace: StdArc<str>,
    /// What the entry was charged, if it left.
    bytes: Option<usize>,
    key: [u8; MAX_KEY],
    len: u8,
}

impl Ring {
    /// How many there ever were.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Takes the memory.
    pub(super) fn open(&mut self) {
        if self.places.is_empty() {
            let place = Place {
                at: SystemTime::UNIX_EPOCH,
                namespace: StdArc::from(""),
                bytes: None,
                key: [0; MAX_KEY],
                len: 0,
            };
            self.places.resize(PLACES, place);
        }
    }

    /// What is to be dropped outside of the lock.
    #[must_use]
    pub(super) fn close(&mut self) -> impl Sized + use<> {
        std::mem::take(&mut self.places)
    }

    /// False if nobody watches any more.
    pub(super) fn push(&mut self, namespace: &StdArc<str>, key: &[u8], bytes: Option<usize>) -> bool {
        let at = Self::place_of(self.last + 1);
        let Some(place) = self.places.get_mut(at) else { return false };
        self.last += 1;
        let len = key.len().min(MAX_KEY);
        place.key[..len].copy_from_slice(&key[..len]);
        (place.at, place.len, place.bytes) = (SystemTime::now(), u8::try_from(len).unwrap_or(u8::MAX), bytes);
        if !StdArc::ptr_eq(&place.namespace, namespace) {
            place.namespace = namespace.clone();
        }
        true
    }

    /// Adds what came after `seen`, at most so many, and says how many had been overwritten.
    pub(super) fn read(&self, seen: &mut u64, most: usize, sightings: &mut Vec<Sighting>) -> u64 {
        let oldest = self.last.saturating_sub(self.places.len() as u64);
        let missed = oldest.saturating_sub(*seen);
        *seen = (*seen).max(oldest);
        for _ in 0..most {
            let next = *seen + 1;
            let Some(place) = self.places.get(Self::place_of(next)).filter(|_| next <= self.last) else {
                break;
            };
            *seen = next;
            sightings.push(Sighting {
                at: place.at,
                namespace: place.namespace.as_ref().to_owned(),
                key: place.key[..usize::from(place.len)].into(),
                bytes: place.bytes,
            });
        }
        missed
    }

    fn place_of(number: u64) -> usize {
        usize::try_from(number % PLACES as u64).unwrap_or(0)
    }
}
