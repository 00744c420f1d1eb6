//! Over the network: `keyway serve` beside memcached and an echo, each with one thread on one core and the load on the other.

mod client;
mod cores;
mod load;
mod login;
mod scram;
mod servers;
mod values;
mod wire;

pub use servers::serve_echo;

use crate::{Length, Wanted, median, table::Table};
use cores::Cores;
use load::{LOADS, Lap, Load};
use servers::{Contender, Kind};
use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long it may take.
    pub length: Length,
    /// Laps of each server, if it is said.
    pub laps: Option<usize>,
    /// Workloads.
    pub only: Wanted,
    /// Servers.
    pub peers: Wanted,
    /// Builds of the server, with names for the tables.
    pub builds: Vec<(String, PathBuf)>,
}

/// Measures it, server by server in turn.
///
/// # Errors
/// If a server does not start, answers something else than it should, or the tables cannot be written.
pub fn measure(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let cores = Cores::take_apart();
    let contenders = contenders(plan, out)?;
    let laps = plan.laps.unwrap_or_else(|| plan.length.of(5, 3)).max(1);
    let length = plan.length.of(Duration::from_secs(2), Duration::from_millis(400));
    let place = match cores {
        Cores::Apart => "servers on core 0, the load on core 1",
        Cores::Shared => "SERVERS AND LOAD SHARE CORES: the system does not let them be kept apart",
    };
    writeln!(out, "16-byte keys, 100-byte values, all checked; {place}; median of {laps} laps in turn.")?;
    let columns =
        ["server", "server CPU an operation", "of memcached's", "wanted", "operations a second", "resident"];
    let mut table = Table::new(out, "workload", &columns)?;
    for load in LOADS.iter().filter(|load| plan.only.includes(load.name)) {
        race(load, &contenders, cores, laps, length, &mut table)?;
    }
    Ok(())
}

fn contenders(plan: &Plan, out: &mut dyn Write) -> io::Result<Vec<Contender>> {
    let ours = plan.builds.iter().map(|(name, path)| (name.as_str(), Kind::Keyway(path.clone())));
    let others = [("memcached", Kind::Memcached(&[])), ("echo", Kind::Echo)];
    let all = ours.chain(others).map(|(name, kind)| Contender { name: name.to_owned(), kind });
    let mut taken: Vec<Contender> = all.filter(|it| plan.peers.includes(&it.name)).collect();
    let missing = servers::memcached_is_missing();
    if !missing.is_empty() {
        writeln!(out, "without memcached: {} is not installed", missing.join(" and "))?;
        taken.retain(|it| !matches!(it.kind, Kind::Memcached(_)));
    }
    Ok(taken)
}

fn race(
    load: &Load,
    contenders: &[Contender],
    cores: Cores,
    laps: usize,
    length: Duration,
    table: &mut Table<'_>,
) -> io::Result<()> {
    let racing: Vec<&Contender> = contenders.iter().filter(|it| load.suits(it)).collect();
    let mut tracks = racing
        .iter()
        .map(|it| load.track(it.start(&Load::setting(), cores)?))
        .collect::<io::Result<Vec<_>>>()?;
    let mut results: Vec<Vec<Lap>> = vec![Vec::new(); tracks.len()];
    for _ in 0..laps {
        for (track, result) in tracks.iter_mut().zip(&mut results) {
            result.push(load.lap(track, length)?);
        }
    }
    let theirs =
        racing.iter().position(|it| matches!(it.kind, Kind::Memcached(_))).map(|at| results[at].clone());
    for ((contender, track), result) in racing.iter().zip(&tracks).zip(&results) {
        let ratio = theirs.as_ref().map(|theirs| {
            median(result.iter().zip(theirs).map(|(lap, their)| lap.cpu / their.cpu).collect())
        });
        let wanted = matches!(contender.kind, Kind::Keyway(_)).then_some(load.wanted);
        let figure = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
        table.row(
            load.name,
            &[
                contender.name.clone(),
                format!("{:.2} µs", median(result.iter().map(|lap| lap.cpu).collect())),
                figure(ratio),
                figure(wanted),
                format!("{:.0}k", median(result.iter().map(|lap| lap.rate).collect())),
                format!("{} MiB", track.server.resident()? >> 20),
            ],
        )?;
    }
    Ok(())
}
