//! Hit ratios: the same accesses replayed on all caches, beside an exact LRU and the optimum.

mod chart;
mod optimum;
mod peers;
mod traces;

pub use chart::chart;
pub use traces::{Trace, recorded, synthetic};

use peers::{Peer as _, weighted::Room};

/// What one cache came to on one trace with room for a share of its keys.
#[derive(Clone, Debug)]
pub struct Row {
    /// The trace and the share.
    pub name: String,
    /// Hits in %, for each of `columns`.
    pub hits: Vec<f64>,
}

/// The shares of a trace's distinct keys that caches have room for, in %.
pub const SHARES: [usize; 4] = [1, 5, 10, 20];

/// Replays a trace on caches with room for a share of the bytes of its keys: hits in % of the accesses, and of the bytes
/// asked for.
#[must_use]
pub fn replay_by_size(trace: &Trace, share: usize) -> [Row; 2] {
    let room = room_by_size(trace, share);
    let asked: usize = trace.accesses.iter().map(|key| trace.sizes[*key as usize] as usize).sum();
    let (mut hits, mut bytes) = (Vec::new(), Vec::new());
    for mut peer in peers::weighted::all(&room) {
        let found: Vec<u32> = trace.accesses.iter().copied().filter(|key| peer.access(*key)).collect();
        hits.push(ratio(found.len(), trace.accesses.len()));
        bytes.push(ratio(found.iter().map(|key| trace.sizes[*key as usize] as usize).sum(), asked));
    }
    let name = |what: &str| format!("{} @ {share} %, {what}", trace.name);
    [Row { name: name("hits"), hits }, Row { name: name("bytes"), hits: bytes }]
}

fn room_by_size(trace: &Trace, share: usize) -> Room {
    let all: usize = trace.sizes.iter().map(|size| *size as usize).sum();
    Room { bytes: all * share / 100, entries: (trace.keys * share / 100).max(1), sizes: trace.sizes.clone() }
}

/// In how many stripes Keyway is, for each column of `replay_striped`; none where it is as by default.
pub const STRIPINGS: [Option<usize>; 4] = [Some(1), None, Some(8), Some(64)];

/// Replays a trace on Keyway alone, with equal entries in more and fewer stripes.
#[must_use]
pub fn replay_striped(trace: &Trace, share: usize) -> Row {
    let entries = (trace.keys * share / 100).max(1);
    let room = Room { bytes: entries, entries, sizes: vec![1; trace.keys].into() };
    let hits = STRIPINGS.map(|stripes| {
        let stripes = stripes.unwrap_or_else(|| peers::stripes_for(entries));
        let mut keyway = peers::weighted::Keyway::new(room.clone(), stripes);
        ratio(trace.accesses.iter().filter(|key| keyway.access(**key)).count(), trace.accesses.len())
    });
    Row { name: format!("{} @ {share} %", trace.name), hits: hits.into() }
}

/// What is in a row's cells.
#[must_use]
pub fn columns() -> Vec<&'static str> {
    ["optimum"].into_iter().chain(peers::all(64).iter().map(|peer| peer.name())).collect()
}

/// Replays a trace on every cache: a look-up, and on a miss a store.
#[must_use]
pub fn replay(trace: &Trace, share: usize) -> Row {
    let room = (trace.keys * share / 100).max(1);
    let mut hits = vec![optimum::hits(trace, room)];
    for mut peer in peers::all(room) {
        hits.push(trace.accesses.iter().filter(|key| peer.access(**key)).count());
    }
    let percent = |hits: usize| ratio(hits, trace.accesses.len());
    Row { name: format!("{} @ {share} %", trace.name), hits: hits.into_iter().map(percent).collect() }
}

#[allow(clippy::cast_precision_loss, reason = "counts of accesses are far below 2^53")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole as f64
}
