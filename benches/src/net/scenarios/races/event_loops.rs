//! More than one event loop: each has a core, and as many threads load them, each with a core and connections of its own.

use super::{
    Trial,
    loads::{FOR_LOOPS, Load},
    track::Asker,
};
use crate::{
    net::{
        cores::Cores,
        figures::{middle, number, per_second},
        scenarios::{each_row, in_turn},
        servers::{Contender, Server, Setting},
    },
    table::Table,
};
use std::{
    io::{self, Write},
    thread,
    time::{Duration, Instant},
};

const LOOPS: [usize; 4] = [1, 2, 4, 8];
const COLUMNS: [&str; 4] =
    ["server", "operations a second", "server CPU an operation", "of the servers' cores in use"];

/// A server with so many loops, and who asks it.
struct Works {
    server: Server,
    loops: usize,
    askers: Vec<Asker>,
    cores: Cores,
}

struct Lap {
    cpu: f64,
    rate: f64,
    busy: f64,
}

/// # Errors
/// If a server does not start or answers something else than it should, or the table cannot be written.
pub(crate) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    let taken: Vec<&Load> = FOR_LOOPS.iter().filter(|load| trial.only.includes(&title(load))).collect();
    let cores = trial.cores.for_the_servers();
    if taken.is_empty() || cores < 2 {
        return Ok(());
    }
    let mut table = Table::new(out, "event loops", &COLUMNS)?;
    let rows = taken.into_iter().flat_map(|load| LOOPS.map(|loops| (load, loops)));
    each_row(rows.filter(|(_, loops)| *loops <= cores), |(load, loops)| race(load, loops, trial, &mut table))
}

fn title(load: &Load) -> String {
    format!("event loops: {} each", load.name)
}

fn race(load: &Load, loops: usize, trial: &Trial, table: &mut Table<'_>) -> io::Result<()> {
    let mut all = trial
        .caches()
        .into_iter()
        .map(|contender| Works::new(contender, load, loops, trial.cores))
        .collect::<io::Result<Vec<_>>>()?;
    let results = in_turn(&mut all, trial.laps, |works| works.lap(trial.lap))?;
    for (works, laps) in all.iter().zip(&results) {
        let cells = [
            works.server.name.clone(),
            per_second(middle(laps, |lap| lap.rate)),
            format!("{:.2} µs", middle(laps, |lap| lap.cpu)),
            format!("{:.0} %", 100.0 * middle(laps, |lap| lap.busy)),
        ];
        table.row(&format!("{} each, {loops}", load.name), &cells)?;
    }
    Ok(())
}

impl Works {
    fn new(contender: &Contender, load: &Load, loops: usize, cores: Cores) -> io::Result<Self> {
        let server = contender.start(&Setting { threads: loops, ..load.setting() }, cores)?;
        server.fill(&mut server.client()?, load.keys, load.value)?;
        let askers =
            (0..loops).map(|_| Asker::new(load, &server, load.draws())).collect::<io::Result<_>>()?;
        Ok(Self { server, loops, askers, cores })
    }

    fn lap(&mut self, length: Duration) -> io::Result<Lap> {
        let (before, start) = (self.server.cpu()?, Instant::now());
        let (loops, cores) = (self.loops, self.cores);
        let ask = |(number, asker): (usize, &mut Asker)| {
            cores.beyond_the_servers(loops, number)?;
            asker.ask(length)
        };
        let operations: u64 = thread::scope(|scope| {
            let asking: Vec<_> =
                self.askers.iter_mut().enumerate().map(|each| scope.spawn(move || ask(each))).collect();
            let join = |it: thread::ScopedJoinHandle<'_, _>| {
                it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            let answered = asking.into_iter().map(join).collect::<io::Result<Vec<_>>>()?;
            io::Result::Ok(answered.iter().map(|it| it.operations).sum())
        })
        .map_err(|error| self.server.blamed(&error))?;
        let (took, cpu) = (start.elapsed().as_secs_f64(), (self.server.cpu()? - before).as_secs_f64());
        let operations = number(operations);
        Ok(Lap { cpu: cpu * 1e6 / operations, rate: operations / took, busy: cpu / took / loops_of(loops) })
    }
}

#[allow(clippy::cast_precision_loss, reason = "there are some few")]
fn loops_of(count: usize) -> f64 {
    count as f64
}
