//! Guesses on their way to a verdict, past what limits them: passwords on the threads that derive keys, proofs of SCRAM
//! here.

use super::{Verdict, Worker};
use crate::{
    PutOff,
    server::{
        guesses::Guess, guest::Guest, held::Deadline, network::Network, places::Place, roster::Ticket,
        verifiers::QueueFull,
    },
};
use keyway::{Attempt, LoginError};
use std::time::Instant;

impl Worker {
    /// Sees to a password that is not remembered, or to a proof.
    pub(super) fn verify(&mut self, ticket: Ticket, attempt: Attempt) {
        let now = Instant::now();
        self.admit_guess(now, Deadline::from(now), ticket, attempt);
    }

    /// Has a guess verified, or holds it back where its address has used up its own, or has as many derivations under way
    /// as it may. Whether it would be right is not looked at before, or whoever waits could go on guessing by how long it
    /// takes.
    fn admit_guess(&mut self, now: Instant, deadline: Deadline, ticket: Ticket, attempt: Attempt) {
        let Some(peer) = self.roster.look(ticket).and_then(Guest::peer).map(Network::from) else {
            return;
        };
        let place = attempt.may_take_long().then(|| self.shared.derivations.take(peer)).transpose();
        let admitted = place.map_err(|_| PutOff::TooManyDerivations).and_then(|place| {
            let guess = self.shared.guesses.admit(&attempt.target(), peer, now);
            guess.map(|guess| (place, guess)).ok_or(PutOff::TooManyGuesses)
        });
        match admitted {
            Ok((Some(place), guess)) => self.submit(ticket, guess, place, attempt),
            Ok((None, guess)) => self.conclude(ticket, Verdict { guess, verified: attempt.verify() }),
            Err(why) => {
                if self.held.hold(now, deadline, (ticket, attempt)).is_err() {
                    self.put_off(ticket, why);
                }
            }
        }
    }

    /// Gives those who wait another look, in their order: the password may be remembered by now, or there may be a
    /// guess again.
    pub(super) fn look_at_held(&mut self, now: Instant) {
        for (deadline, (ticket, attempt)) in self.held.take_due(now) {
            match attempt.recall() {
                Ok(login) => {
                    self.resume(ticket, |connection, desk| connection.verdict(login.map(Into::into), desk));
                }
                Err(attempt) => self.admit_guess(now, deadline, ticket, attempt),
            }
        }
    }

    fn submit(&mut self, ticket: Ticket, guess: Guess, place: Place, attempt: Attempt) {
        match self.shared.verifiers.submit(attempt, guess, place, ticket, self.post.clone()) {
            Ok(asker) => {
                if let Some(guest) = self.roster.find(ticket) {
                    guest.asker = Some(asker);
                }
            }
            Err(QueueFull) => {
                self.shared.guesses.give_back(guess);
                self.put_off(ticket, PutOff::QueueFull);
            }
        }
    }

    fn put_off(&mut self, ticket: Ticket, why: PutOff) {
        self.resume(ticket, |connection, desk| connection.verdict_unavailable(why, desk));
    }

    /// Tells a connection what came out. A right guess was none.
    pub(super) fn conclude(&mut self, ticket: Ticket, Verdict { guess, verified }: Verdict) {
        let too_many = |error: &LoginError| error.failure().is_for_want_of_a_place();
        if verified.as_ref().map_or_else(too_many, |_| true) {
            self.shared.guesses.give_back(guess);
        }
        if let Some(guest) = self.roster.find(ticket) {
            guest.asker = None;
        }
        self.resume(ticket, |connection, desk| connection.verdict(verified, desk));
    }
}
