//! Laps of all caches in turn, so that whatever else the machine does disturbs all of them alike.

use super::{
    child,
    peers::{ENTRANTS, Kind, Racer, YARDSTICK, charge, charge_is, held_of},
    plan::{Plan, Shown},
    scattered, upkeep,
    workload::{Reads, Scale, Step, WORKLOADS, Workload},
};
use crate::{
    asked::{Length, Wanted},
    cpu, median,
    table::Table,
};
use std::{
    io::{self, Write},
    sync::{Barrier, atomic::AtomicU64},
    thread,
    time::{Duration, Instant},
};

/// Asks a child for this, and how.
const RACE: &str = "race";
const FULL: &str = "full";
const QUICK: &str = "quick";
const WALL: &str = "wall";
const CPU: &str = "cpu";

/// What one lap of one cache came to, a step.
#[derive(Clone, Copy, Debug)]
struct Lap {
    wall: f64,
    cpu: f64,
    reads: Reads,
}

/// One cache in one workload: its laps for each number of threads.
struct Runner {
    name: &'static str,
    peer: Box<dyn Racer>,
    laps: Vec<Vec<Lap>>,
}

/// Millions of steps a second, beside quick_cache.
///
/// # Errors
/// If the table cannot be written or a child process fails.
pub fn race(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let scale = Scale::of(plan);
    writeln!(
        out,
        "Races: 20-byte keys, 100-byte values; {} items resident, or room for so many of ten",
        scale.room
    )?;
    writeln!(
        out,
        "times as many keys. {} laps in turn of {} steps, all threads together.",
        scale.laps, scale.steps
    )?;
    writeln!(
        out,
        "Millions of steps a second for {YARDSTICK}; for the others the median of their ratios to it, lap by lap;"
    )?;
    writeln!(
        out,
        "in brackets hits in % of gets. CPU: nanoseconds a step, mean over the numbers of threads; more than 1 is less CPU."
    )?;
    write_held(plan, scale, out)?;
    for workload in WORKLOADS.iter().filter(|workload| plan.workloads.includes(workload.name)) {
        let question = question(workload, plan);
        let question: Vec<&str> = question.iter().map(String::as_str).collect();
        writeln!(out, "\n{}", child::ask(&question)?)?;
    }
    Ok(())
}

/// To a child: each workload has a process of its own. What caches leave behind would be found by those of the next one, freed memory
/// and, of who was on large pages, such pages too.
fn question(workload: &Workload, plan: &Plan) -> Vec<String> {
    let threads: Vec<String> = plan.threads.iter().map(ToString::to_string).collect();
    let mut question = vec![
        RACE.to_owned(),
        workload.name.to_owned(),
        charge().to_string(),
        plan.length.of(FULL, QUICK).to_owned(),
        plan.items.map_or_else(String::new, |items| items.to_string()),
        threads.join(","),
        (if plan.shown == Shown::WallAndCpu { CPU } else { WALL }).to_owned(),
    ];
    question.extend(plan.peers.0.iter().cloned());
    question
}

/// In the child: the table of one workload.
pub(super) fn answer(question: &[&str]) -> Option<io::Result<String>> {
    let [RACE, workload, charge, length, items, threads, shown, peers @ ..] = question else { return None };
    let workload = WORKLOADS.iter().find(|it| it.name == *workload)?;
    charge_is(charge.parse().ok()?);
    let plan = Plan {
        length: if *length == QUICK { Length::Quick } else { Length::Full },
        items: items.parse().ok(),
        threads: threads.split(',').map(str::parse).collect::<Result<_, _>>().ok()?,
        peers: Wanted(peers.iter().map(|name| (*name).to_owned()).collect()),
        workloads: Wanted::default(),
        shown: if *shown == CPU { Shown::WallAndCpu } else { Shown::Wall },
        seconds: None,
        pace: None,
    };
    let mut out = Vec::new();
    let written = write_table(workload, &plan, &mut out);
    Some(written.map(|()| String::from_utf8_lossy(&out).into_owned()))
}

fn write_table(workload: &Workload, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    // All are filled from the same kind of memory then, and not the first from what is left of others.
    let _held = (plan.length == Length::Full).then(scattered::Held::all);
    let runners = run(workload, plan, Scale::of(plan));
    let yardstick = runners.iter().find(|runner| runner.name == YARDSTICK);
    let mut columns: Vec<String> = plan.threads.iter().map(|it| format!("{it} threads")).collect();
    columns.extend((plan.shown == Shown::WallAndCpu).then(|| "CPU".to_owned()));
    let mut table = Table::new(out, workload.name, &columns)?;
    for runner in &runners {
        table.row(runner.name, &runner.cells(yardstick, workload, plan.shown))?;
    }
    Ok(())
}

/// Capacity is equal when the caches say so; this is how many stay.
fn write_held(plan: &Plan, scale: Scale, out: &mut dyn Write) -> io::Result<()> {
    let room = scale.room / 10;
    write!(out, "\nHeld with room for {room}, after twice as many:")?;
    for entrant in ENTRANTS.iter().filter(|it| it.kind == Kind::Cache && plan.peers.includes(it.name)) {
        write!(out, " {} {};", entrant.name, held_of(&*(entrant.make)(room), 2 * room as u64))?;
    }
    writeln!(out)
}

fn run(workload: &Workload, plan: &Plan, scale: Scale) -> Vec<Runner> {
    let next = AtomicU64::new(1 << 40);
    let warm_up = workload.warm_up(scale);
    let mut runners: Vec<Runner> = ENTRANTS
        .iter()
        .filter(|it| plan.peers.includes(it.name) && (workload.is_resident() || it.kind != Kind::Map))
        .map(|entrant| Runner {
            name: entrant.name,
            peer: (entrant.make)(workload.capacity(scale)),
            laps: vec![Vec::new(); plan.threads.len()],
        })
        .collect();
    runners.iter().for_each(|runner| {
        runner.peer.walk(&warm_up, 0, &next);
        runner.peer.maintain();
    });
    let steps = workload.steps(scale.laps * plan.threads.len(), scale);
    let mut laps = steps.chunks(scale.steps);
    for _ in 0..scale.laps {
        for (at, threads) in plan.threads.iter().enumerate() {
            let steps = laps.next().unwrap_or_default();
            for runner in &mut runners {
                runner.laps[at].push(lap(&*runner.peer, steps, scale.steps, *threads, &next));
            }
        }
    }
    runners
}

/// One lap of one cache. Each thread looks at the clock itself: who started them may get the processor back late.
#[allow(clippy::cast_precision_loss, reason = "counts of steps are far below 2^53")]
fn lap(peer: &dyn Racer, steps: &[Step], count: usize, threads: usize, next: &AtomicU64) -> Lap {
    let each = count.div_ceil(threads.max(1));
    let start = Barrier::new(threads);
    let cpu = cpu::of_process();
    let walk = |thread: usize| {
        let steps = steps.chunks(each).nth(thread).unwrap_or_default();
        start.wait();
        let began = Instant::now();
        let reads = peer.walk(steps, each, next);
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

impl Runner {
    fn cells(&self, yardstick: Option<&Self>, workload: &Workload, shown: Shown) -> Vec<String> {
        let yardstick = yardstick.filter(|it| it.name != self.name);
        let mut cells: Vec<String> = (0..self.laps.len())
            .map(|at| {
                let speed = match yardstick {
                    Some(other) => format!("{:.2}", ratio(&other.laps[at], &self.laps[at], |lap| lap.wall)),
                    None => format!("{:.2} M/s", 1000.0 / of(&self.laps[at], |lap| lap.wall)),
                };
                let hits = (workload.reads() > 0).then(|| format!(" ({:.0})", hits(&self.laps[at])));
                speed + &hits.unwrap_or_default()
            })
            .collect();
        if shown == Shown::WallAndCpu {
            let cpu = |runner: &Self| mean(runner.laps.iter().map(|laps| of(laps, |lap| lap.cpu)));
            cells.push(match yardstick {
                Some(other) => format!("{:.2}", cpu(other) / cpu(self)),
                None => format!("{:.0} ns", cpu(self)),
            });
        }
        cells
    }
}

fn of(laps: &[Lap], part: fn(&Lap) -> f64) -> f64 {
    median(laps.iter().map(part).collect())
}

/// Lap by lap, since neighbouring laps are disturbed alike; then the median.
fn ratio(of: &[Lap], to: &[Lap], part: fn(&Lap) -> f64) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| part(of) / part(to)).collect())
}

#[allow(clippy::cast_precision_loss, reason = "there are some few")]
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[allow(clippy::cast_precision_loss, reason = "counts of steps are far below 2^53")]
fn hits(laps: &[Lap]) -> f64 {
    let sum = |part: fn(&Reads) -> u64| laps.iter().map(|lap| part(&lap.reads)).sum::<u64>() as f64;
    sum(|reads| reads.hits) * 100.0 / sum(|reads| reads.all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laps(walls: [f64; 3]) -> Vec<Lap> {
        walls.map(|wall| Lap { wall, cpu: wall, reads: Reads { all: 4, hits: 3 } }).to_vec()
    }

    #[test]
    fn ratios_are_taken_lap_by_lap() {
        // The machine was ten times slower in one lap, for both.
        assert!((ratio(&laps([2.0, 20.0, 4.0]), &laps([1.0, 10.0, 1.0]), |lap| lap.wall) - 2.0).abs() < 1e-9);
        assert!((hits(&laps([1.0; 3])) - 75.0).abs() < 1e-9);
        assert!((mean([1.0, 2.0, 6.0].into_iter()) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_child_answers_what_is_asked_of_it() {
        let plan = Plan {
            length: Length::Quick,
            items: Some(1000),
            threads: vec![2],
            peers: Wanted(vec!["=quick_cache".to_owned(), "=moka".to_owned()]),
            workloads: Wanted::default(),
            shown: Shown::WallAndCpu,
            seconds: None,
            pace: None,
        };
        let question = question(&WORKLOADS[3], &plan);
        let question: Vec<&str> = question.iter().map(String::as_str).collect();
        let said = answer(&question).unwrap().unwrap();
        let rows: Vec<&str> = said.trim().lines().collect();
        assert_eq!(rows[0], format!("| {} | 2 threads | CPU |", WORKLOADS[3].name));
        assert!(
            rows.len() == 4 && rows[2].starts_with("| quick_cache |") && rows[3].starts_with("| moka |"),
            "{said}"
        );
        assert!(answer(&["race", "nothing"]).is_none());
    }
}
