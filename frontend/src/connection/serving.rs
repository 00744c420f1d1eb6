//! Reading requests and letting the dialogue answer them.

use super::{
    Connection, Transport, Turn,
    limits::{COMPLETED_IN_BUFFER, READ_BEFORE_LOGIN, READ_BUFFER, ROUNDS_PER_TURN},
    receive::Received,
    stage::{Call, Stage},
};
use crate::{Advance, Next, Outbox};
use std::{io, mem};

impl<T: Transport> Connection<T> {
    pub(super) fn serve(&mut self, buffer: &mut [u8], outbox: &mut Outbox) -> io::Result<Turn> {
        if self.rest.len() >= self.wanted {
            let held = mem::take(&mut self.rest);
            return self.converse(&held, outbox);
        }
        if !self.readable {
            return Ok(self.pause());
        }
        if self.wanted > COMPLETED_IN_BUFFER {
            return self.read_into_rest(outbox);
        }
        let most = if self.dialogue.is_open() { READ_BUFFER } else { READ_BEFORE_LOGIN };
        let held = self.rest.len();
        let Some((kept, room)) = buffer.split_at_mut_checked(held) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let most = most.min(room.len());
        match self.receive(room.get_mut(..most).unwrap_or_default())? {
            Received::Bytes(count) => {
                kept.copy_from_slice(&self.rest);
                self.rest = Vec::new();
                self.converse(buffer.get(..held + count).unwrap_or_default(), outbox)
            }
            Received::Nothing => Ok(self.pause()),
            // All answers are written, or it would not have been read; the system delivers them.
            Received::End => Ok(Turn::Over),
        }
    }

    /// Reads a large frame straight into its own place, which is reserved whole and touched only as bytes arrive.
    fn read_into_rest(&mut self, outbox: &mut Outbox) -> io::Result<Turn> {
        let held = self.rest.len();
        let missing = self.wanted - held;
        self.rest.try_reserve_exact(missing)?;
        self.rest.resize(held + missing.min(READ_BUFFER), 0);
        let mut rest = mem::take(&mut self.rest);
        let received = self.receive(rest.get_mut(held..).unwrap_or_default());
        let count = if let Ok(Received::Bytes(count)) = received { count } else { 0 };
        rest.truncate(held + count);
        self.rest = rest;
        match received? {
            Received::Bytes(_) if count == missing => {
                let frame = mem::take(&mut self.rest);
                self.converse(&frame, outbox)
            }
            Received::Bytes(_) if self.readable => Ok(Turn::Again),
            Received::Bytes(_) | Received::Nothing => Ok(self.pause()),
            Received::End => Ok(Turn::Over),
        }
    }

    /// Lets the dialogue answer, and writes what it said.
    fn converse(&mut self, input: &[u8], outbox: &mut Outbox) -> io::Result<Turn> {
        let mut rest = input;
        for _ in 0..ROUNDS_PER_TURN {
            let Advance { consumed, next } = self.dialogue.advance(rest, outbox);
            rest = rest.get(consumed..).unwrap_or_default();
            match next {
                Next::Read { frame } => {
                    self.rest = rest.to_vec();
                    // Always more than there is, so that only new input brings the dialogue back.
                    self.wanted = frame.max(rest.len() + 1);
                    let sent = self.send(outbox)?;
                    return Ok(if sent && self.readable {
                        Turn::Again
                    } else if sent {
                        self.pause()
                    } else {
                        Turn::Rest
                    });
                }
                Next::Write => {
                    if !self.send(outbox)? {
                        return Ok(self.hold(rest, Turn::Rest));
                    }
                }
                Next::Verify(attempt) => {
                    if let Stage::Serving(call) = self.stage {
                        self.stage = Stage::Verifying(call);
                    }
                    self.send(outbox)?;
                    return Ok(self.hold(rest, Turn::Verify(attempt)));
                }
                Next::Close => {
                    self.send(outbox)?;
                    return Ok(self.leave());
                }
            }
        }
        Ok(self.hold(rest, Turn::Again))
    }

    /// Keeps input that the dialogue could get on with at once.
    fn hold(&mut self, rest: &[u8], turn: Turn) -> Turn {
        self.rest = rest.to_vec();
        self.wanted = 0;
        turn
    }

    /// All that was received is answered.
    fn pause(&mut self) -> Turn {
        match self.stage {
            Stage::Serving(Call::LastSpoken) => self.leave(),
            // Nothing is under way that a reset could destroy.
            Stage::Serving(Call::LastQuiet) => Turn::Over,
            _ => Turn::Rest,
        }
    }
}
