//! One frame of a conversation: what it asks for, and what becomes of it.

use super::{Dialogue, Next, journal, phase::Phase};
use crate::{
    Outbox,
    sasl::{self, Misplaced},
    serve,
    stats::VERSION_TEXT,
    wire::{self, Answer, Asked, BadFrame, Frame, Gate, Limits, Loudness, Parsed, Request, Status, Then},
};
use keyway::audit::FailureId;

/// How one turn of the loop ended.
pub(super) enum Turn {
    /// On to what follows these bytes; they may reach beyond the input.
    Behind(usize),
    /// A frame of these bytes was the last one for now.
    Pause(usize, Next),
}

impl Dialogue {
    pub(super) fn limits(&self) -> Limits {
        let gate = if self.is_open() { Gate::Open } else { Gate::Closed };
        Limits { gate, value_max: self.door.policy().max_item }
    }

    /// One frame.
    pub(super) fn turn(&mut self, input: &[u8], out: &mut Outbox) -> Turn {
        match wire::parse(input, &self.limits()) {
            Parsed::Incomplete { needed } => self.wait_for(needed, input, out),
            Parsed::Bad(bad) => {
                self.give_room_back();
                self.refuse(bad, input, out)
            }
            Parsed::Request { asked, frame, len } => {
                self.give_room_back();
                self.answer(&frame, asked, len, out)
            }
        }
    }

    fn refuse(&mut self, bad: BadFrame, input: &[u8], out: &mut Outbox) -> Turn {
        let mut status = bad.status;
        if bad.then != Then::Close && bad.verb.is_some_and(wire::Verb::carries_a_login) {
            if self.door.entrance().mechanisms.is_empty() {
                status = Some(Status::UnknownCommand);
            } else {
                let id = FailureId::next();
                journal::login_misshapen(id, &bad);
                self.tell_failed_login(id, "Misshapen");
                self.strike();
            }
        } else if status == Some(Status::AuthFailed) {
            let id = FailureId::next();
            journal::login_missing(id, &bad);
            self.tell_failed_login(id, "NoLogin");
        }
        journal::bad_frame(&bad, status);
        if let Some(status) = status {
            Answer::to(bad.asked, out).refuse(status);
        }
        match bad.then {
            Then::Skip(len) => Turn::Behind(len),
            Then::Close => self.close(input.len()),
        }
    }

    fn answer(&mut self, frame: &Frame<'_>, asked: Asked, len: usize, out: &mut Outbox) -> Turn {
        match frame.request {
            Request::ListMechs | Request::Auth { .. } | Request::Step { .. }
                if self.door.entrance().mechanisms.is_empty() =>
            {
                Answer::to(asked, out).refuse(Status::UnknownCommand);
                Turn::Behind(len)
            }
            Request::ListMechs => {
                let listed = sasl::list(&self.door, &self.channel());
                Answer::to(asked, out).text(&listed);
                Turn::Behind(len)
            }
            Request::Auth { mechanism, message } => {
                // However it ends, nothing of an earlier login survives; now, so that the new one has its place.
                self.phase = Phase::Locked;
                let outcome = sasl::begin(&self.door, &self.origin, self.channel(), mechanism, message);
                self.login(outcome, asked, len, out)
            }
            Request::Step { mechanism, message } => {
                let outcome = match std::mem::replace(&mut self.phase, Phase::Locked) {
                    Phase::Exchanging(pending) => pending.resume(mechanism, message),
                    _ => sasl::Outcome::OutOfPlace(Misplaced::NoLoginUnderWay),
                };
                self.login(outcome, asked, len, out)
            }
            Request::Quit => {
                if frame.opcode.loudness == Loudness::Loud {
                    Answer::to(asked, out).done();
                }
                self.close(len)
            }
            _ => self.serve(frame, asked, len, out),
        }
    }

    /// Everything that needs a session; and the version, which does not.
    fn serve(&mut self, frame: &Frame<'_>, asked: Asked, len: usize, out: &mut Outbox) -> Turn {
        let mut answer = Answer::to(asked, out);
        let status = match (&self.phase, frame.request) {
            (Phase::Open(session), _) => serve::serve(session, &self.door, self.tally(), frame, &mut answer),
            (_, Request::Version) => {
                answer.text(VERSION_TEXT);
                Status::Done
            }
            // The parser let nothing else through; if it ever should, nobody is served.
            _ => {
                answer.refuse(Status::AuthFailed);
                return self.close(len);
            }
        };
        journal::command(asked, frame, status);
        self.mind(status);
        Turn::Behind(len)
    }

    /// A session that was ended from outside is given up.
    pub(super) fn mind(&mut self, status: Status) {
        if status == Status::Stale {
            self.phase = Phase::Locked;
        }
    }

    pub(super) fn close(&mut self, len: usize) -> Turn {
        self.phase = Phase::Closed;
        Turn::Pause(len, Next::Close)
    }
}
