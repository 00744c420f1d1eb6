//! A server, good connections that it has let in, and guessers who want to come in.

use super::guesser::{Guesser, Guesses};
use crate::{
    net::{
        batch::{Answered, Batch, Kind, Questions},
        draws::Draws,
        driver::{AtTheEnd, Driver, Next, Pace, Route, Script},
        figures::number,
        ledger::Ledger,
        login::Mechanism,
        scenarios::Trial,
        servers::{Contender, Server, Setting, USER},
        wire::Answer,
    },
    percentiles::Percentiles,
};
use std::{
    io, thread,
    time::{Duration, Instant},
};

pub(super) const GUESSERS: usize = 16;
pub(super) const GOOD: usize = 4;
const KEYS: u32 = 10_000;
const VALUE: usize = 100;
/// After a storm some passwords wait yet; the calm begins when the server has nothing more to do.
const CALM_WITHIN: Duration = Duration::from_secs(10);

/// A server at whose door they are.
pub(super) struct Door {
    pub(super) server: Server,
    driver: Driver<Caller>,
    questions: Questions,
    pub(super) guesses: Guesses,
}

#[derive(Debug)]
enum Caller {
    Good(Batch),
    Guesser(Guesser),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Lap {
    pub(super) calm: Spell,
    pub(super) storm: Spell,
    /// A second, of the storm.
    pub(super) refused: f64,
    pub(super) connections: f64,
    /// What part of the load's core was spent on the guessers, which is lost to good ones whatever the server does.
    pub(super) guessing: f64,
}

impl Lap {
    /// What good ones got of what they had in the calm, if only the time counts that the load did not spend on guesses: it is
    /// what the server withheld from them, while the plain part counts what the load itself did.
    pub(super) fn of_the_time_left(&self) -> f64 {
        self.storm.rate / (self.calm.rate * (1.0 - self.guessing))
    }
}

/// What the good ones got.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spell {
    pub(super) rate: f64,
    pub(super) times: Percentiles,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Calm,
    Storm,
}

impl Door {
    pub(super) fn new(contender: &Contender, trial: &Trial, mechanism: Mechanism) -> io::Result<Self> {
        let server = contender.start(&Setting::default(), trial.cores)?;
        server.fill(&mut server.client()?, KEYS, VALUE)?;
        let mut driver = Driver::new()?;
        for _ in 0..GOOD {
            let good = Caller::Good(Batch::new(Kind::Get, 1));
            driver.add(server.client()?.into_socket(), Pace::Prompt, good)?;
        }
        for _ in 0..GUESSERS {
            driver.add_closed(Route::to(server.address), Pace::Patient, Caller::Guesser(Guesser::default()));
        }
        let questions = Questions::new(Draws::uniform(KEYS), Ledger::filled(KEYS, VALUE));
        let guesses = Guesses::new(mechanism, USER);
        Ok(Self { server, driver, questions, guesses })
    }

    pub(super) fn lap(&mut self, calm: Duration, storm: Duration) -> io::Result<Lap> {
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
