//! Laps of all caches in turn, so that whatever else the machine does disturbs all of them alike.

use crate::{
    cpu,
    engine::{
        peers::{ENTRANTS, Entrant, Kind, Racer},
        plan::{Keys, Plan},
        upkeep,
        walk::Reads,
        workload::{Scale, Step, Workload},
    },
};
use std::{
    sync::{Barrier, atomic::AtomicU64},
    thread,
    time::{Duration, Instant},
};

/// What one lap of one cache came to, a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lap {
    pub(super) wall: f64,
    pub(super) cpu: f64,
    pub(super) reads: Reads,
}

/// One cache in one workload: its laps for each number of threads.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Laps {
    pub(super) name: String,
    pub(super) by_threads: Vec<Vec<Lap>>,
}

/// So many calls of a cache's upkeep before the first lap, as in some seconds of a server.
const UPKEEP: usize = 24;

/// One of several starts of the same races, each with another cache first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) number: usize,
    pub(super) of: usize,
}

/// All caches, in the order in which they were filled and make their laps.
pub(super) fn run(workload: &Workload, plan: &Plan, start: Start) -> Vec<Laps> {
    let scale = Scale::of(plan);
    let next = AtomicU64::new(1 << 40);
    let mut raced: Vec<(Box<dyn Racer>, Laps)> = entrants(workload, plan, start)
        .into_iter()
        .map(|entrant| {
            let laps =
                Laps { name: entrant.name.to_owned(), by_threads: vec![Vec::new(); plan.threads.len()] };
            ((entrant.make)(workload.capacity(scale)), laps)
        })
        .collect();
    let warm_up = workload.warm_up(scale);
    raced.iter().for_each(|(peer, _)| {
        peer.walk(&warm_up, Keys::Made, 0, &next);
        (0..UPKEEP).for_each(|_| peer.maintain());
    });
    let steps = workload.steps(scale.laps * plan.threads.len(), scale);
    let mut chunks = steps.chunks(scale.steps);
    for _ in 0..scale.laps {
        for (at, threads) in plan.threads.iter().enumerate() {
            let steps = chunks.next().unwrap_or_default();
            for (peer, laps) in &mut raced {
                laps.by_threads[at].push(lap(&**peer, steps, plan.keys, scale.steps, *threads, &next));
            }
        }
    }
    raced.into_iter().map(|(_, laps)| laps).collect()
}

/// Who is first gets what memory there is first.
fn entrants(workload: &Workload, plan: &Plan, start: Start) -> Vec<&'static Entrant> {
    let races =
        |it: &&Entrant| plan.peers.includes(it.name) && (workload.is_resident() || it.kind != Kind::Map);
    let mut entrants: Vec<&Entrant> = ENTRANTS.iter().filter(races).collect();
    let first = (entrants.len() * start.number / start.of.max(1)).min(entrants.len());
    entrants.rotate_left(first);
    entrants
}

/// One lap of one cache. Each thread looks at the clock itself: who started them may get the processor back late.
#[allow(clippy::cast_precision_loss, reason = "counts of steps are far below 2^53")]
fn lap(peer: &dyn Racer, steps: &[Step], keys: Keys, count: usize, threads: usize, next: &AtomicU64) -> Lap {
    let each = count.div_ceil(threads.max(1));
    let start = Barrier::new(threads);
    let cpu = cpu::of_process();
    let walk = |thread: usize| {
        let steps = steps.chunks(each).nth(thread).unwrap_or_default();
        start.wait();
        let began = Instant::now();
        let reads = peer.walk(steps, keys, each, next);
        (began, Instant::now(), reads)
    };
    let walked: Vec<_> = thread::scope(|scope| {
        let walk = &walk;
        let walkers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || walk(thread))).collect();
        upkeep::beside(peer, &walkers);
        let join = |walker: thread::ScopedJoinHandle<'_, _>| walker.join();
        walkers
            .into_iter()
            .map(join)
            .map(|it| it.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let cpu = cpu::of_process() - cpu;
    let began = walked.iter().map(|(began, ..)| *began).min();
    let ended = walked.iter().map(|(_, ended, _)| *ended).max();
    let wall = began.zip(ended).map_or(Duration::ZERO, |(began, ended)| ended - began);
    let reads = walked.iter().fold(Reads::default(), |sum, (.., reads)| Reads {
        all: sum.all + reads.all,
        hits: sum.hits + reads.hits,
    });
    let a_step = |time: Duration| time.as_secs_f64() * 1e9 / (each * threads) as f64;
    Lap { wall: a_step(wall), cpu: a_step(cpu), reads }
}
