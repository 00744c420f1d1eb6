//! What a login request does to its connection.

use super::{Dialogue, Next, Phase, Turn, journal, phase::Verifying};
use crate::{
    Outbox,
    sasl::Outcome,
    tally::Count,
    wire::{Answer, Asked, Status},
};
use keyway::{Attempt, LoginFailure, audit::FailureId};

/// What the answer to a good login carries, unless it is the server's proof; clients compare it.
const WELCOME: &[u8] = b"Authenticated";

impl Dialogue {
    /// Ends the turn of a login request of `len` bytes.
    pub(super) fn login(&mut self, outcome: Outcome, asked: Asked, len: usize, out: &mut Outbox) -> Turn {
        match self.settle(outcome, asked, out) {
            Some(attempt) => Turn::Pause(len, Next::Verify(attempt)),
            None => Turn::Behind(len),
        }
    }

    /// Moves to the phase that the outcome leads to, and answers; or yields what has to be verified before there is
    /// an answer. Each outcome sets the phase, so nothing of an earlier login survives a later one.
    pub(super) fn settle(&mut self, outcome: Outcome, asked: Asked, out: &mut Outbox) -> Option<Attempt> {
        let mut answer = Answer::to(asked, out);
        match outcome {
            Outcome::Challenge(message, pending) => {
                answer.challenge(&message);
                self.phase = Phase::Exchanging(Box::new(pending));
            }
            Outcome::Verify(mechanism, attempt) => {
                let (claimed, told) = (attempt.claimed_name().into(), attempt.claimed());
                self.phase = Phase::Verifying(Box::new(Verifying { mechanism, asked, claimed, told }));
                return Some(attempt);
            }
            Outcome::Open(mechanism, session, proof) => {
                journal::login(mechanism, &session);
                // Before the answer goes out: whoever has read it may connect again, and find the place free.
                self.end_until_login();
                answer.authenticated(if proof.is_empty() { WELCOME } else { &proof });
                self.phase = Phase::Open(session);
                self.tally().count(Count::Logins);
            }
            Outcome::Refused(mechanism, error) if error.failure() == LoginFailure::SourceUnavailable => {
                // The source's own entry says why it does not tell.
                let claimed = error.claimed_name().unwrap_or_default();
                journal::login_put_off(error.id(), mechanism, claimed, error.failure());
                self.put_off(answer);
            }
            Outcome::Refused(mechanism, error) if error.failure().is_for_want_of_a_place() => {
                // Nothing was guessed at: it was right.
                let claimed = error.claimed_name().unwrap_or_default();
                journal::login_put_off(error.id(), mechanism, claimed, error.failure());
                self.put_off_as(Status::LimitedConnections, answer);
            }
            Outcome::Refused(mechanism, error) => {
                journal::login_refused(mechanism, &error);
                answer.refuse(Status::AuthFailed);
                self.strike();
            }
            Outcome::OutOfPlace(misplaced) => {
                let id = FailureId::next();
                journal::login_out_of_place(id, &misplaced);
                self.tell_failed_login(id, misplaced.name());
                answer.refuse(Status::AuthFailed);
                self.strike();
            }
        }
        None
    }

    /// Leaves nobody logged in, and says that it may be tried again: nothing was found wrong.
    pub(super) fn put_off(&mut self, answer: Answer<'_>) {
        self.put_off_as(Status::TemporaryFailure, answer);
    }

    fn put_off_as(&mut self, status: Status, mut answer: Answer<'_>) {
        self.phase = Phase::Locked;
        self.tally().count(Count::Logins);
        self.tally().count(Count::LoginErrors);
        answer.refuse(status);
    }

    /// Counts a refused login, which leaves nobody logged in; the last one that is allowed ends the connection.
    pub(super) fn strike(&mut self) {
        self.phase = Phase::Locked;
        self.tally().count(Count::Logins);
        self.tally().count(Count::LoginErrors);
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.door.policy().login_attempts {
            journal::too_many_failures();
            self.phase = Phase::Closed;
        }
    }
}
