//! Hit ratios: the same accesses replayed on all caches, beside an exact LRU and the optimum.

mod chart;
mod optimum;
mod peers;
mod traces;

pub use chart::chart;
pub use traces::{Trace, recorded, synthetic};

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
