//! What connections ask for that are logged in: batches, each sent in one piece when the one before it is answered.

use super::{
    draws::Draws,
    driver::Next,
    ledger::{Known, Ledger},
    values::key,
    wire::{Answer, GET, GETKQ, NOOP, OK, Request, SET, SET_EXTRAS},
};
use crate::{dice::Dice, percentiles::Percentiles};
use std::{io, time::Instant};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Get,
    Set,
    /// One set for nine gets.
    Mixed,
    /// Quiet gets, and a noop that ends them.
    Multiget,
}

impl Kind {
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Set | Self::Mixed)
    }
}

/// What all connections to one server share.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) draws: Draws,
    pub(super) ledger: Ledger,
    dice: Dice,
}

/// The batch that one connection waits for.
#[derive(Debug)]
pub(super) struct Batch {
    kind: Kind,
    size: usize,
    asked: Vec<Asked>,
    heard: usize,
    since: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Get(u32, Known),
    Set(u32),
}

/// What was answered since this was made.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub(super) operations: u64,
    /// How long each batch took.
    round_trips: Vec<u32>,
}

impl Answered {
    /// Notes a batch, or whatever is asked in one go, that was asked for then.
    pub(super) fn add(&mut self, operations: u64, since: Instant) {
        self.operations += operations;
        self.round_trips.push(u32::try_from(since.elapsed().as_nanos()).unwrap_or(u32::MAX));
    }

    pub(super) fn round_trips(self) -> Percentiles {
        Percentiles::of(self.round_trips)
    }
}

impl Questions {
    pub(super) fn new(draws: Draws, ledger: Ledger) -> Self {
        Self { draws, ledger, dice: Dice::new(5) }
    }
}

impl Batch {
    pub(super) fn new(kind: Kind, size: usize) -> Self {
        Self { kind, size, asked: Vec::with_capacity(size), heard: 0, since: Instant::now() }
    }

    pub(super) fn ask(&mut self, questions: &mut Questions, out: &mut Vec<u8>) {
        self.asked.clear();
        self.heard = 0;
        for _ in 0..self.size {
            let number = questions.draws.draw();
            let asked = match self.kind {
                Kind::Set => Asked::Set(number),
                Kind::Mixed if questions.dice.below(10) == 0 => Asked::Set(number),
                Kind::Get | Kind::Mixed | Kind::Multiget => {
                    Asked::Get(number, questions.ledger.known(number))
                }
            };
            self.append(asked, &mut questions.ledger, out);
            self.asked.push(asked);
        }
        if self.kind == Kind::Multiget {
            Request { opcode: NOOP, ..Request::default() }.append(out);
        }
        self.since = Instant::now();
    }

    fn append(&self, asked: Asked, ledger: &mut Ledger, out: &mut Vec<u8>) {
        match asked {
            Asked::Get(number, _) => {
                let opcode = if self.kind == Kind::Multiget { GETKQ } else { GET };
                Request { opcode, opaque: number, key: &key(number), ..Request::default() }.append(out);
            }
            Asked::Set(number) => {
                let (key, value) = (key(number), ledger.sending(number));
                Request { opcode: SET, opaque: number, extras: &SET_EXTRAS, key: &key, value_len: value.len }
                    .append(out);
                value.append(out);
            }
        }
    }

    /// # Errors
    /// If it is not the next answer, or another value than the key can have.
    pub(super) fn hear(
        &mut self,
        questions: &mut Questions,
        answered: &mut Answered,
        answer: &Answer<'_>,
    ) -> io::Result<Next> {
        let Some(asked) = self.asked.get(self.heard) else {
            if self.kind != Kind::Multiget || answer.opcode != NOOP {
                return Err(answer.not("the noop that ends a multiget"));
            }
            return Ok(self.finish(answered));
        };
        let (number, right) = match *asked {
            Asked::Get(number, known) => (number, questions.ledger.allows(number, known, answer.value)),
            Asked::Set(number) => (number, answer.opcode == SET),
        };
        if answer.status != OK || answer.opaque != number || !right {
            return Err(answer.not(&format!("the answer for key {number}")));
        }
        if let Asked::Set(number) = *asked {
            questions.ledger.stored(number);
        }
        self.heard += 1;
        let all = self.heard == self.asked.len() && self.kind != Kind::Multiget;
        Ok(if all { self.finish(answered) } else { Next::Hear })
    }

    fn finish(&self, answered: &mut Answered) -> Next {
        answered.add(self.size as u64, self.since);
        Next::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::super::values::Value;
    use super::*;

    fn questions() -> Questions {
        let mut ledger = Ledger::filled(50, 100);
        ledger.begin_round();
        Questions::new(Draws::uniform(50), ledger)
    }

    fn value(number: u32, round: u32) -> Vec<u8> {
        let mut out = Vec::new();
        Value { number, round, len: 100 }.append(&mut out);
        out
    }

    /// Answers a batch as a server does that holds first values, with one byte changed at one place.
    fn answer(kind: Kind, spoiled: Option<usize>) -> io::Result<u64> {
        let (mut questions, mut answered) = (questions(), Answered::default());
        let (mut batch, mut out) = (Batch::new(kind, 20), Vec::new());
        batch.ask(&mut questions, &mut out);
        for at in 0..batch.asked.len() {
            let (opcode, number, mut value) = match batch.asked[at] {
                Asked::Get(number, _) => (GET, number, value(number, 0)),
                Asked::Set(number) => (SET, number, Vec::new()),
            };
            if spoiled == Some(at) {
                value[99] ^= 1;
            }
            let said = Answer { opcode, status: OK, opaque: number, value: &value };
            assert_eq!(answered.operations, 0);
            batch.hear(&mut questions, &mut answered, &said)?;
        }
        if kind == Kind::Multiget {
            let noop = Answer { opcode: NOOP, status: OK, opaque: 0, value: &[] };
            assert_eq!(batch.hear(&mut questions, &mut answered, &noop).unwrap(), Next::Ask);
        }
        Ok(answered.operations)
    }

    #[test]
    fn every_kind_is_done_when_all_is_answered() {
        for kind in [Kind::Get, Kind::Set, Kind::Multiget] {
            assert_eq!(answer(kind, None).unwrap(), 20, "{kind:?}");
        }
    }

    #[test]
    fn a_wrong_byte_anywhere_shows() {
        for at in [0, 7, 19] {
            assert!(answer(Kind::Get, Some(at)).is_err());
            assert!(answer(Kind::Multiget, Some(at)).is_err());
        }
    }

    #[test]
    fn a_tenth_of_a_mix_is_set_and_read_back_as_such() {
        let (mut questions, mut batch) = (questions(), Batch::new(Kind::Mixed, 10_000));
        batch.ask(&mut questions, &mut Vec::new());
        let sets = batch.asked.iter().filter(|it| matches!(it, Asked::Set(_))).count();
        assert!((900..1100).contains(&sets), "{sets}");
        let Some(Asked::Set(number)) = batch.asked.iter().copied().find(|it| matches!(it, Asked::Set(_)))
        else {
            panic!("there are sets");
        };
        questions.ledger.stored(number);
        assert!(questions.ledger.allows(number, questions.ledger.known(number), &value(number, 1)));
        assert!(!questions.ledger.allows(number, questions.ledger.known(number), &value(number, 0)));
    }

    #[test]
    fn refusals_and_answers_to_another_question_are_errors() {
        for (status, shift) in [(1, 0), (OK, 1)] {
            let (mut questions, mut answered) = (questions(), Answered::default());
            let mut batch = Batch::new(Kind::Set, 1);
            batch.ask(&mut questions, &mut Vec::new());
            let Asked::Set(number) = batch.asked[0] else { panic!("it sets") };
            let said = Answer { opcode: SET, status, opaque: number + shift, value: &[] };
            assert!(batch.hear(&mut questions, &mut answered, &said).is_err());
        }
    }
}
