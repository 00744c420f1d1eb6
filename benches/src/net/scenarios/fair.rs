//! What those get who ask for one thing at a time, beside others with thousands of requests under way.

use super::{Trial, in_turn};
use crate::{
    net::{
        batch::{Answered, Batch, Kind, Questions},
        draws::Draws,
        driver::{Driver, Next, Pace, Script},
        figures::{middle, number, per_second, round_trips},
        ledger::Ledger,
        servers::{Server, Setting},
        wire::Answer,
    },
    percentiles::Percentiles,
    table::Table,
};
use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

const NAME: &str = "fair: 4 polite beside 4 x 2000";
const COLUMNS: [&str; 4] =
    ["server", "polite gets a second", "polite, p50 / p99 / p99.9, µs", "bulk gets a second"];
const WANTED: [&str; 4] = ["*wanted*", "*17.5k*", "*p99 900*", "*680.0k*"];
const CONNECTIONS: usize = 4;
const PIPELINE: usize = 2000;
const KEYS: u32 = 1_000_000;
const VALUE: usize = 100;

/// # Errors
/// If a server does not start or answers something else than it should, or the table cannot be written.
pub(crate) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    if !trial.only.includes(NAME) {
        return Ok(());
    }
    let draws = Draws::uniform(KEYS);
    let mut halls = trial
        .caches()
        .into_iter()
        .map(|it| Hall::new(it.start(&Setting::default(), trial.cores)?, draws.clone()))
        .collect::<io::Result<Vec<_>>>()?;
    let results = in_turn(&mut halls, trial.laps, |hall| hall.lap(trial.lap))?;
    let mut table = Table::new(out, "fairness", &COLUMNS)?;
    table.row(NAME, &WANTED)?;
    for (hall, laps) in halls.iter().zip(&results) {
        let times: Vec<Percentiles> = laps.iter().map(|lap| lap.times).collect();
        let cells = [
            hall.server.name.clone(),
            per_second(middle(laps, |lap| lap.polite)),
            round_trips(Percentiles::over(&times)),
            per_second(middle(laps, |lap| lap.bulk)),
        ];
        table.row(NAME, &cells)?;
    }
    Ok(())
}

/// A server that both kinds of clients share.
struct Hall {
    server: Server,
    driver: Driver<Guest>,
    questions: Questions,
}

#[derive(Debug)]
enum Guest {
    Polite(Batch),
    Bulk(Batch),
}

#[derive(Clone, Copy, Debug)]
struct Lap {
    /// Gets a second.
    polite: f64,
    bulk: f64,
    /// Of the polite ones.
    times: Percentiles,
}

impl Hall {
    fn new(server: Server, draws: Draws) -> io::Result<Self> {
        server.fill(&mut server.client()?, KEYS, VALUE)?;
        let mut driver = Driver::new()?;
        for _ in 0..CONNECTIONS {
            let polite = Guest::Polite(Batch::new(Kind::Get, 1));
            driver.add(server.client()?.into_socket(), Pace::Prompt, polite)?;
            let bulk = Guest::Bulk(Batch::new(Kind::Get, PIPELINE));
            driver.add(server.client()?.into_socket(), Pace::Patient, bulk)?;
        }
        Ok(Self { server, driver, questions: Questions::new(draws, Ledger::filled(KEYS, VALUE)) })
    }

    fn lap(&mut self, length: Duration) -> io::Result<Lap> {
        let mut sharing = Sharing {
            questions: &mut self.questions,
            polite: Answered::default(),
            bulk: Answered::default(),
        };
        let start = Instant::now();
        self.driver.run(&mut sharing, length).map_err(|error| self.server.blamed(&error))?;
        let rate = |answered: &Answered| number(answered.operations) / start.elapsed().as_secs_f64();
        let Sharing { polite, bulk, .. } = sharing;
        Ok(Lap { polite: rate(&polite), bulk: rate(&bulk), times: polite.round_trips() })
    }
}

struct Sharing<'a> {
    questions: &'a mut Questions,
    polite: Answered,
    bulk: Answered,
}

impl Script<Guest> for Sharing<'_> {
    fn ask(&mut self, guest: &mut Guest, out: &mut Vec<u8>) {
        let (Guest::Polite(batch) | Guest::Bulk(batch)) = guest;
        batch.ask(self.questions, out);
    }

    fn hear(&mut self, guest: &mut Guest, answer: &Answer<'_>) -> io::Result<Next> {
        match guest {
            Guest::Polite(batch) => batch.hear(self.questions, &mut self.polite, answer),
            Guest::Bulk(batch) => batch.hear(self.questions, &mut self.bulk, answer),
        }
    }
}
