//! Server CPU an operation under loads of all kinds, beside memcached and an echo.

mod event_loops;
mod loads;
mod track;

pub(crate) use event_loops::measure as measure_event_loops;

use super::{Trial, each_row, in_turn, laps_of_memcached};
use crate::{
    net::{
        figures::{mebibytes, middle, per_second, perhaps, ratio, round_trips},
        servers::{Contender, Kind, Server},
    },
    percentiles::Percentiles,
    table::Table,
};
use loads::{LOADS, Load};
use std::io::{self, Write};
use track::{Lap, Track};

const COLUMNS: [&str; 8] = [
    "server",
    "server CPU an operation",
    "of memcached's",
    "wanted",
    "operations a second",
    "round trips, p50 / p99 / p99.9, µs",
    "server's core in use",
    "resident",
];

/// # Errors
/// If a server does not start or answers something else than it should, or the table cannot be written.
pub(crate) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    let taken: Vec<&Load> = LOADS.iter().filter(|load| trial.only.includes(load.name)).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(out, "workload", &COLUMNS)?;
    each_row(taken, |load| race(load, trial, &mut table))
}

fn race(load: &Load, trial: &Trial, table: &mut Table<'_>) -> io::Result<()> {
    let racing: Vec<&Contender> = trial.contenders.iter().filter(|it| load.suits(it)).collect();
    let draws = load.draws();
    let mut tracks = racing
        .iter()
        .map(|it| Track::new(load, it.start(&load.setting(), trial.cores)?, draws.clone()))
        .collect::<io::Result<Vec<_>>>()?;
    let results = in_turn(&mut tracks, trial.laps, |track| track.lap(trial.lap))?;
    let theirs = laps_of_memcached(&racing, &results);
    for ((contender, track), laps) in racing.iter().zip(&tracks).zip(&results) {
        let wanted = load.wanted.filter(|_| matches!(contender.kind, Kind::Keyway(_)));
        let of_theirs = theirs.map(|theirs| ratio(laps, theirs, |lap| lap.cpu));
        table.row(load.name, &cells(&track.server, laps, of_theirs, wanted)?)?;
    }
    Ok(())
}

fn cells(
    server: &Server,
    laps: &[Lap],
    of_theirs: Option<f64>,
    wanted: Option<f64>,
) -> io::Result<[String; COLUMNS.len()]> {
    let times: Vec<Percentiles> = laps.iter().map(|lap| lap.round_trips).collect();
    Ok([
        server.name.clone(),
        format!("{:.2} µs", middle(laps, |lap| lap.cpu)),
        perhaps(of_theirs),
        perhaps(wanted),
        per_second(middle(laps, |lap| lap.rate)),
        round_trips(Percentiles::over(&times)),
        format!("{:.0} %", 100.0 * middle(laps, |lap| lap.busy)),
        mebibytes(server.resident()?),
    ])
}
