//! What is left to good connections while others guess passwords as fast as they can.

mod door;
mod guesser;

use super::{Trial, each_row, in_turn};
use crate::{
    net::{
        figures::{middle, per_second},
        login::Mechanism,
    },
    percentiles::Percentiles,
    table::Table,
};
use door::{Door, GOOD, GUESSERS, Lap, Spell};
use std::{
    io::{self, Write},
    time::Duration,
};

const COLUMNS: [&str; 12] = [
    "server",
    "guesses by",
    "good gets a second, calm",
    "in the storm",
    "part of calm (wanted 0.70)",
    "the same, of the time that the load had for them",
    "p50 / p99, calm, µs",
    "in the storm",
    "p99, times calm (wanted 3.00)",
    "guesses refused a second",
    "guessers' connections a second",
    "load's core spent on guesses",
];
const ROWS: [(&str, Mechanism); 2] =
    [("storm of PLAIN", Mechanism::Plain), ("storm of SCRAM-SHA-256", Mechanism::ScramSha256)];

/// # Errors
/// If a server does not start, answers something else than it should, lets a guesser in or hears no guess, or the table cannot
/// be written.
pub(crate) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    let taken: Vec<_> = ROWS.iter().filter(|(name, _)| trial.only.includes(name)).collect();
    if taken.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{GUESSERS} connections guess and come back when they are closed, beside {GOOD} good ones that ask for one thing at a time, \
         from one address and by one thread, which looks after the good ones first. A guesser that is let in fails this."
    )?;
    let mut table = Table::new(out, "storm", &COLUMNS)?;
    each_row(taken, |(name, mechanism)| row(name, *mechanism, trial, &mut table))
}

fn row(name: &str, mechanism: Mechanism, trial: &Trial, table: &mut Table<'_>) -> io::Result<()> {
    let caches = trial.caches();
    let mut doors =
        caches.iter().map(|it| Door::new(it, trial, mechanism)).collect::<io::Result<Vec<_>>>()?;
    // Passwords that are put off wait for seconds, so a storm lasts longer than that.
    let storm = trial.length.of(Duration::from_secs(5), Duration::from_secs(1));
    let results = in_turn(&mut doors, trial.laps, |door| door.lap(trial.lap, storm))?;
    for (door, laps) in doors.iter().zip(&results) {
        if door.guesses.refused == 0 {
            return Err(io::Error::other(format!(
                "{}: nobody has guessed, so this was no storm",
                door.server.name
            )));
        }
        table.row(name, &cells(door, laps))?;
    }
    Ok(())
}

fn cells(door: &Door, laps: &[Lap]) -> [String; COLUMNS.len()] {
    let part = |figure: fn(&Spell) -> f64| {
        let both: Vec<f64> = laps.iter().map(|lap| figure(&lap.storm) / figure(&lap.calm)).collect();
        format!("{:.2}", middle(&both, |it| *it))
    };
    let times = |spell: fn(&Lap) -> Spell| {
        let all: Vec<Percentiles> = laps.iter().map(|lap| spell(lap).times).collect();
        let Percentiles { p50, p99, .. } = Percentiles::over(&all);
        format!("{:.0} / {:.0}", f64::from(p50) / 1e3, f64::from(p99) / 1e3)
    };
    [
        door.server.name.clone(),
        door.guesses.mechanism().name().to_owned(),
        per_second(middle(laps, |lap| lap.calm.rate)),
        per_second(middle(laps, |lap| lap.storm.rate)),
        part(|spell| spell.rate),
        format!("{:.2}", middle(laps, Lap::of_the_time_left)),
        times(|lap| lap.calm),
        times(|lap| lap.storm),
        part(|spell| f64::from(spell.times.p99)),
        per_second(middle(laps, |lap| lap.refused)),
        per_second(middle(laps, |lap| lap.connections)),
        format!("{:.0} %", 100.0 * middle(laps, |lap| lap.guessing)),
    ]
}
