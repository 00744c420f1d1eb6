//! A server under a load.

use super::loads::Load;
use crate::{
    net::{
        batch::{Answered, Batch, Kind, Questions},
        client::Client,
        draws::Draws,
        driver::{Driver, Next, Pace, Script},
        figures::number,
        ledger::Ledger,
        servers::Server,
        wire::Answer,
    },
    percentiles::Percentiles,
};
use std::{
    io,
    time::{Duration, Instant},
};

/// Keys that are looked at after a lap that wrote: no more than this, evenly apart.
const LOOKED_AT: u32 = 50_000;

pub(super) struct Track {
    pub(super) server: Server,
    kind: Kind,
    asker: Asker,
    /// For what is not measured.
    aside: Client,
}

/// All connections of one thread of the load.
pub(super) struct Asker {
    driver: Driver<Batch>,
    questions: Questions,
}

/// What a lap cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lap {
    /// Server CPU in microseconds an operation.
    pub(super) cpu: f64,
    /// Operations a second.
    pub(super) rate: f64,
    /// What part of its core the server took.
    pub(super) busy: f64,
    /// Of batches.
    pub(super) round_trips: Percentiles,
}

struct Asking<'a> {
    questions: &'a mut Questions,
    answered: Answered,
}

impl Script<Batch> for Asking<'_> {
    fn ask(&mut self, batch: &mut Batch, out: &mut Vec<u8>) {
        batch.ask(self.questions, out);
    }

    fn hear(&mut self, batch: &mut Batch, answer: &Answer<'_>) -> io::Result<Next> {
        batch.hear(self.questions, &mut self.answered, answer)
    }
}

impl Asker {
    /// Connects everybody.
    pub(super) fn new(load: &Load, server: &Server, draws: Draws) -> io::Result<Self> {
        let mut driver = Driver::new()?;
        for _ in 0..load.connections {
            let batch = Batch::new(load.kind, load.batch);
            driver.add(server.client()?.into_socket(), Pace::Prompt, batch)?;
        }
        let questions = Questions::new(draws, Ledger::filled(load.keys, load.value));
        Ok(Self { driver, questions })
    }

    /// Asks for so long.
    pub(super) fn ask(&mut self, length: Duration) -> io::Result<Answered> {
        self.questions.ledger.begin_round();
        let mut asking = Asking { questions: &mut self.questions, answered: Answered::default() };
        self.driver.run(&mut asking, length)?;
        Ok(asking.answered)
    }
}

impl Track {
    /// Connects everybody, and stores all keys.
    pub(super) fn new(load: &Load, server: Server, draws: Draws) -> io::Result<Self> {
        let mut aside = server.client()?;
        if server.stores() {
            server.fill(&mut aside, load.keys, load.value)?;
        }
        let asker = Asker::new(load, &server, draws)?;
        Ok(Self { server, kind: load.kind, asker, aside })
    }

    /// # Errors
    /// The connections', and an answer that is not the expected one.
    pub(super) fn lap(&mut self, length: Duration) -> io::Result<Lap> {
        let (before, start) = (self.server.cpu()?, Instant::now());
        let answered = self.asker.ask(length).map_err(|error| self.server.blamed(&error))?;
        let (took, cpu) = (start.elapsed().as_secs_f64(), (self.server.cpu()? - before).as_secs_f64());
        self.look_again()?;
        let operations = number(answered.operations);
        Ok(Lap {
            cpu: cpu * 1e6 / operations,
            rate: operations / took,
            busy: cpu / took,
            round_trips: answered.round_trips(),
        })
    }

    /// What was set must be there.
    fn look_again(&mut self) -> io::Result<()> {
        if !self.kind.writes() || !self.server.stores() {
            return Ok(());
        }
        let ledger = &self.asker.questions.ledger;
        let apart = ledger.keys().div_ceil(LOOKED_AT);
        let numbers = (0..ledger.keys()).step_by(apart as usize);
        let due = numbers.len() as u64;
        let held =
            self.aside.check(numbers, ledger.value_len(), |number, bytes| ledger.newest(number, bytes))?;
        if held == due {
            Ok(())
        } else {
            Err(io::Error::other(format!(
                "{}: {held} of {due} keys that were set are there",
                self.server.name
            )))
        }
    }
}
