//! Laps of all caches in turn, so that whatever else the machine does disturbs all of them alike.

use super::{
    peers::{self, Peer},
    workload::{Scale, Steps, Workload},
};
use crate::median;
use std::{
    sync::{Barrier, atomic::AtomicU64},
    thread,
    time::Instant,
};

/// What one cache came to.
#[derive(Clone, Debug)]
pub struct Lap {
    /// The cache.
    pub name: &'static str,
    /// Millions of steps a second, all threads together; the median of the laps.
    pub mops: f64,
    /// Of a hundred steps, how many were reads that found their value.
    pub hits: f64,
}

/// Runs the workload with this many threads on every cache, or on those whose names contain one of `wanted`.
///
/// # Panics
/// If a cache returns another value than the one that belongs to the key.
#[must_use]
pub fn race(workload: &Workload, threads: usize, scale: Scale, wanted: &[String]) -> Vec<Lap> {
    let mut peers = peers::all(workload.capacity(scale));
    peers.retain(|peer| workload.is_resident() || peer.evicts());
    peers.retain(|peer| wanted.is_empty() || wanted.iter().any(|name| peer.name().contains(name)));
    peers.iter().for_each(|peer| workload.fill(peer.as_ref(), scale));
    let steps = workload.steps(threads, scale);
    let next = AtomicU64::new(1 << 40);
    let mut rates = vec![Vec::new(); peers.len()];
    let mut hits = vec![0; peers.len()];
    for _ in 0..scale.laps {
        for (at, peer) in peers.iter().enumerate() {
            let (rate, found) = lap(peer.as_ref(), &steps, scale.steps, &next);
            rates[at].push(rate);
            hits[at] = found;
        }
    }
    let total = threads * scale.steps;
    let each = peers.iter().zip(rates).zip(hits);
    each.map(|((peer, rates), hits)| Lap {
        name: peer.name(),
        mops: median(rates),
        hits: percent(hits, total),
    })
    .collect()
}

/// One lap of one cache: millions of steps a second, and hits.
#[allow(clippy::cast_precision_loss, reason = "counts of steps are far below 2^53")]
fn lap(peer: &dyn Peer, steps: &[Steps], count: usize, next: &AtomicU64) -> (f64, u64) {
    // The threads and the one that looks at the clock.
    let start = Barrier::new(steps.len() + 1);
    thread::scope(|scope| {
        let start = &start;
        let walkers: Vec<_> = steps
            .iter()
            .map(|steps| {
                scope.spawn(move || {
                    start.wait();
                    peer.walk(steps, count, next)
                })
            })
            .collect();
        start.wait();
        let began = Instant::now();
        let hits = walkers
            .into_iter()
            .map(|walker| walker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .sum();
        let seconds = began.elapsed().as_secs_f64();
        ((steps.len() * count) as f64 / seconds / 1e6, hits)
    })
}

#[allow(clippy::cast_precision_loss, reason = "counts of steps are far below 2^53")]
fn percent(part: u64, total: usize) -> f64 {
    part as f64 * 100.0 / total as f64
}
