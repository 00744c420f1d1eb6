//! Passwords on their way to the threads that derive keys, past what limits guesses.

use super::Worker;
use crate::{
    Connection,
    server::{guesses::Guess, held::Deadline, roster::Ticket},
};
use keyway::Attempt;
use std::time::Instant;

impl Worker {
    /// Sees to a password that is not remembered.
    pub(super) fn verify(&mut self, ticket: Ticket, attempt: Attempt) {
        let now = Instant::now();
        self.admit_guess(now, Deadline::from(now), ticket, attempt);
    }

    /// Passes a password on to be verified, or holds it back where its address has used up its guesses.
    fn admit_guess(&mut self, now: Instant, deadline: Deadline, ticket: Ticket, attempt: Attempt) {
        let Some(peer) = self.roster.look(ticket).map(|guest| guest.peer().ip()) else {
            return;
        };
        if let Some(guess) = self.shared.guesses.admit(attempt.claimed_name(), peer, now) {
            self.submit(ticket, guess, attempt);
        } else if self.held.hold(now, deadline, (ticket, attempt)).is_err() {
            self.resume(ticket, Connection::verdict_unavailable);
        }
    }

    /// Gives those who wait another look, in their order: the password may be remembered by now, or there may be a
    /// guess again.
    pub(super) fn look_at_held(&mut self, now: Instant) {
        for (deadline, (ticket, attempt)) in self.held.take_due(now) {
            match attempt.recall() {
                Ok(login) => self.resume(ticket, |connection, desk| connection.verdict(login, desk)),
                Err(attempt) => self.admit_guess(now, deadline, ticket, attempt),
            }
        }
    }

    fn submit(&mut self, ticket: Ticket, guess: Guess, attempt: Attempt) {
        if self.shared.verifiers.submit(attempt, guess, ticket, self.post.clone()).is_err() {
            self.shared.guesses.give_back(guess);
            self.resume(ticket, Connection::verdict_unavailable);
        }
    }
}
