//! How long single gets take while others write.

use super::{
    peers::{ENTRANTS, Kind, Racer},
    plan::{Keys, Plan},
    scattered::Held,
    upkeep,
    workload::{MIXED, Scale, Step},
};
use crate::{percentiles::Percentiles, table::Table};
use std::{
    hint::black_box,
    io::{self, Write},
    sync::{Barrier, atomic::AtomicU64},
    thread,
    time::Instant,
};

const THREADS: usize = 2;

/// Percentiles of single gets in the mixed workload.
///
/// # Errors
/// If the table cannot be written.
pub fn latency(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let scale = Scale::of(plan);
    writeln!(
        out,
        "Latency of one get in ns: {}; {THREADS} threads; median of {} laps in turn, the largest of all",
        MIXED.name, scale.laps
    )?;
    writeln!(
        out,
        "of them. Two looks at the clock are in it; `clock alone` shows what they and the machine's other work take."
    )?;
    let _held = Held::before(plan.length);
    let peers: Vec<(&str, Box<dyn Racer>)> = ENTRANTS
        .iter()
        .filter(|it| it.kind == Kind::Cache && plan.peers.includes(it.name))
        .map(|entrant| (entrant.name, (entrant.make)(MIXED.capacity(scale))))
        .collect();
    let warm_up = MIXED.warm_up(scale);
    for (_, peer) in &peers {
        peer.walk(&warm_up, Keys::Made, 0, &AtomicU64::new(0));
        peer.maintain();
    }
    let steps = MIXED.steps(scale.laps, scale);
    let mut laps = vec![Vec::new(); peers.len() + 1];
    for steps in steps.chunks(scale.steps) {
        for ((_, peer), laps) in peers.iter().zip(&mut laps[1..]) {
            laps.push(lap(steps, Some(&**peer), &|steps| peer.time_gets(steps)));
        }
        laps[0].push(lap(steps, None, &clock_alone));
    }
    let mut table = Table::new(out, "cache", &["p50", "p99", "p99.9", "largest"])?;
    let names = std::iter::once("clock alone").chain(peers.iter().map(|(name, _)| *name));
    for (name, laps) in names.zip(&laps) {
        let Percentiles { p50, p99, p999, largest } = Percentiles::over(laps);
        table.row(name, &[p50, p99, p999, largest])?;
    }
    Ok(())
}

fn lap(
    steps: &[Step],
    peer: Option<&dyn Racer>,
    time: &(impl Fn(&[Step]) -> Vec<u32> + Sync),
) -> Percentiles {
    let start = Barrier::new(THREADS);
    let walk = |steps| {
        start.wait();
        time(steps)
    };
    let nanos = thread::scope(|scope| {
        let walk = &walk;
        let walkers: Vec<_> = steps
            .chunks(steps.len().div_ceil(THREADS))
            .map(|steps| scope.spawn(move || walk(steps)))
            .collect();
        if let Some(peer) = peer {
            upkeep::beside(peer, &walkers);
        }
        let joined = walkers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.flat_map(|nanos| nanos.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    Percentiles::of(nanos)
}

fn clock_alone(steps: &[Step]) -> Vec<u32> {
    let look = |step| {
        let began = Instant::now();
        black_box(step);
        u32::try_from(began.elapsed().as_nanos()).unwrap_or(u32::MAX)
    };
    steps.iter().map(look).collect()
}
