//! What is left to good connections while others guess passwords as fast as they can.

mod guesser;

use super::{Trial, in_turn};
use crate::{
    net::{
        batch::{Answered, Batch, Kind, Questions},
        draws::Draws,
        driver::{AtTheEnd, Driver, Next, Pace, Script},
        figures::{middle, number, per_second},
        ledger::Ledger,
        login::Mechanism,
        servers::{Contender, Server, Setting, USER},
        wire::Answer,
    },
    percentiles::Percentiles,
    table::Table,
};
use guesser::{Guesser, Guesses};
use std::{
    io::{self, Write},
    thread,
    time::{Duration, Instant},
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
const GUESSERS: usize = 16;
const GOOD: usize = 4;
const KEYS: u32 = 10_000;
const VALUE: usize = 100;
/// After a storm some passwords wait yet; the calm begins when the server has nothing more to do.
const CALM_WITHIN: Duration = Duration::from_secs(10);

/// # Errors
/// If a server does not start, answers something else than it should or lets a guesser in, or the table cannot be written.
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
    taken.into_iter().try_for_each(|(name, mechanism)| row(name, *mechanism, trial, &mut table))
}

fn row(name: &str, mechanism: Mechanism, trial: &Trial, table: &mut Table<'_>) -> io::Result<()> {
    let caches = trial.caches();
    let mut doors =
        caches.iter().map(|it| Door::new(it, trial, mechanism)).collect::<io::Result<Vec<_>>>()?;
    // Passwords that are put off wait for seconds, so a storm lasts longer than that.
    let storm = trial.length.of(Duration::from_secs(5), Duration::from_secs(1));
    let results = in_turn(&mut doors, trial.laps, |door| door.lap(trial.lap, storm))?;
    for (door, laps) in doors.iter().zip(&results) {
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

/// A server at whose door they are.
struct Door {
    server: Server,
    driver: Driver<Caller>,
    questions: Questions,
    guesses: Guesses,
}

#[derive(Debug)]
enum Caller {
    Good(Batch),
    Guesser(Guesser),
}

#[derive(Clone, Copy, Debug)]
struct Lap {
    calm: Spell,
    storm: Spell,
    /// A second, of the storm.
    refused: f64,
    connections: f64,
    /// What part of the load's core was spent on the guessers, which is lost to good ones whatever the server does.
    guessing: f64,
}

impl Lap {
    /// What good ones got of what they had in the calm, if only the time counts that the load did not spend on guesses: it is
    /// what the server withheld from them, while the plain part counts what the load itself did.
    fn of_the_time_left(&self) -> f64 {
        self.storm.rate / (self.calm.rate * (1.0 - self.guessing))
    }
}

/// What the good ones got.
#[derive(Clone, Copy, Debug)]
struct Spell {
    rate: f64,
    times: Percentiles,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Calm,
    Storm,
}

impl Door {
    fn new(contender: &Contender, trial: &Trial, mechanism: Mechanism) -> io::Result<Self> {
        let server = contender.start(&Setting::default(), trial.cores)?;
        server.fill(&mut server.client()?, KEYS, VALUE)?;
        let mut driver = Driver::new()?;
        for _ in 0..GOOD {
            let good = Caller::Good(Batch::new(Kind::Get, 1));
            driver.add(server.client()?.into_socket(), Pace::Prompt, good)?;
        }
        for _ in 0..GUESSERS {
            driver.add_closed(server.address, Pace::Patient, Caller::Guesser(Guesser::default()));
        }
        let questions = Questions::new(Draws::uniform(KEYS), Ledger::filled(KEYS, VALUE));
        let guesses = Guesses::new(mechanism, USER);
        Ok(Self { server, driver, questions, guesses })
    }

    fn lap(&mut self, calm: Duration, storm: Duration) -> io::Result<Lap> {
        self.await_calm()?;
        let calm = self.spell(Weather::Calm, calm)?;
        let (refused, connections) = (self.guesses.refused, self.guesses.connections);
        let spent = self.driver.patiently();
        let during = self.spell(Weather::Storm, storm)?;
        let a_second = |count: u64| number(count) / storm.as_secs_f64();
        Ok(Lap {
            calm,
            storm: during,
            refused: a_second(self.guesses.refused - refused),
            connections: a_second(self.guesses.connections - connections),
            guessing: (self.driver.patiently() - spent).as_secs_f64() / storm.as_secs_f64(),
        })
    }

    fn spell(&mut self, weather: Weather, length: Duration) -> io::Result<Spell> {
        let Self { server, driver, questions, guesses } = self;
        let mut calling = Calling { weather, questions, guesses, good: Answered::default() };
        let start = Instant::now();
        driver.run(&mut calling, length).map_err(|error| server.blamed(&error))?;
        let rate = number(calling.good.operations) / start.elapsed().as_secs_f64();
        Ok(Spell { rate, times: calling.good.round_trips() })
    }

    /// Waits until the server takes less than a hundredth of its core.
    fn await_calm(&self) -> io::Result<()> {
        const LOOK: Duration = Duration::from_millis(200);
        let start = Instant::now();
        while start.elapsed() < CALM_WITHIN {
            let before = self.server.cpu()?;
            thread::sleep(LOOK);
            if self.server.cpu()? - before < LOOK / 100 {
                return Ok(());
            }
        }
        Err(io::Error::other(format!("{} is busy long after the last guess", self.server.name)))
    }
}

struct Calling<'a> {
    weather: Weather,
    questions: &'a mut Questions,
    guesses: &'a mut Guesses,
    good: Answered,
}

impl Script<Caller> for Calling<'_> {
    fn takes_part(&self, caller: &Caller) -> bool {
        self.weather == Weather::Storm || matches!(caller, Caller::Good(_))
    }

    fn connecting(&mut self, caller: &mut Caller) {
        if let Caller::Guesser(guesser) = caller {
            guesser.connecting(self.guesses);
        }
    }

    fn ask(&mut self, caller: &mut Caller, out: &mut Vec<u8>) {
        match caller {
            Caller::Good(batch) => batch.ask(self.questions, out),
            Caller::Guesser(guesser) => guesser.ask(self.guesses, out),
        }
    }

    fn hear(&mut self, caller: &mut Caller, answer: &Answer<'_>) -> io::Result<Next> {
        match caller {
            Caller::Good(batch) => batch.hear(self.questions, &mut self.good, answer),
            Caller::Guesser(guesser) => guesser.hear(self.guesses, answer),
        }
    }

    fn closed(&mut self, caller: &mut Caller) -> io::Result<()> {
        match caller {
            Caller::Good(_) => Err(io::Error::other("a good connection was closed")),
            Caller::Guesser(_) => Ok(()),
        }
    }

    fn at_the_end(&self, caller: &Caller) -> AtTheEnd {
        match caller {
            Caller::Good(_) => AtTheEnd::Wait,
            Caller::Guesser(_) => AtTheEnd::Leave,
        }
    }
}
