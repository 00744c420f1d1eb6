//! What a client has asked about and which versions it was told, so that it can give one.

use super::Given;
use crate::conversation::Reply;
use std::collections::HashMap;

/// A client's numbers: its opaques, and the versions of each key.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    opaque: u32,
    /// What each request was about.
    about: HashMap<u32, Vec<u8>>,
    /// The first and the last version that was seen of each key.
    seen: HashMap<Vec<u8>, (u64, u64)>,
}

impl Versions {
    /// The opaque of the next request, about no key.
    pub(crate) fn next(&mut self) -> u32 {
        self.opaque += 1;
        self.opaque
    }

    /// The opaque of the next request, about this key, and the version that it gives.
    pub(crate) fn ask(&mut self, key: &[u8], given: &Given) -> (u32, u64) {
        let (first, last) = self.seen.get(key).copied().unwrap_or_default();
        let version = match *given {
            Given::Any | Given::None => 0,
            Given::First => first,
            Given::Last => last,
            Given::Wild(number) => number.into(),
        };
        let opaque = self.next();
        self.about.insert(opaque, key.to_vec());
        (opaque, version)
    }

    /// Learns from an answer.
    pub(crate) fn hear(&mut self, reply: &Reply) {
        if let Some(key) = self.about.get(&reply.opaque).filter(|_| reply.cas != 0) {
            self.seen.entry(key.clone()).or_insert((reply.cas, reply.cas)).1 = reply.cas;
        }
    }
}
