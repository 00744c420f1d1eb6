//! tinyufo: it keeps the hash of a key alone, so that a collision would return the wrong value.

use super::Peer;
use crate::sample;
use bytes::Bytes;
use tinyufo::TinyUfo;

pub(super) struct Ufo(TinyUfo<[u8; sample::KEY], Bytes>);

impl Ufo {
    pub(super) fn with_room_for(items: usize) -> Self {
        Self(TinyUfo::new(items, items))
    }
}

impl Peer for Ufo {
    fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
        let value = self.0.get(key)?;
        Some(sample::belongs(&value, number))
    }

    fn set(&self, key: &[u8; sample::KEY], value: &[u8]) {
        self.0.put(*key, Bytes::copy_from_slice(value), 1);
    }
}
