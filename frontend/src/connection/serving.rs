//! Reading requests and letting the dialogue answer them.

use super::{
    Connection, Transport, Turn,
    limits::{COMPLETED_IN_BUFFER, LARGE_READ, READ_AT_ONCE, READ_BEFORE_LOGIN},
    receive::Received,
    rest::{Input, Rest},
    stage::{Call, Stage},
};
use crate::{Advance, Next, Outbox};
use std::{io, mem};

impl<T: Transport> Connection<T> {
    pub(super) fn serve(&mut self, buffer: &mut [u8], outbox: &mut Outbox) -> io::Result<Turn> {
        if self.rest.is_enough() {
            let rest = mem::replace(&mut self.rest, Rest::none());
            return self.converse(Input::Kept(rest), outbox);
        }
        if !self.readable {
            return Ok(self.pause());
        }
        if self.rest.wanted() > COMPLETED_IN_BUFFER {
            return self.read_into_rest(outbox);
        }
        let most = if self.dialogue.is_open() { READ_AT_ONCE } else { READ_BEFORE_LOGIN };
        let held = self.rest.len();
        let Some((kept, room)) = buffer.split_at_mut_checked(held) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let most = most.min(room.len());
        match self.receive(room.get_mut(..most).unwrap_or_default())? {
            Received::Bytes(count) => {
                kept.copy_from_slice(self.rest.bytes());
                self.rest = Rest::none();
                self.converse(Input::Read(buffer.get(..held + count).unwrap_or_default()), outbox)
            }
            Received::Nothing => Ok(self.pause()),
            // All answers are written, or it would not have been read; the system delivers them.
            Received::End => Ok(Turn::Over),
        }
    }

    /// Reads a large frame straight into its own place, which is reserved whole and touched only as bytes arrive.
    fn read_into_rest(&mut self, outbox: &mut Outbox) -> io::Result<Turn> {
        let mut rest = mem::replace(&mut self.rest, Rest::none());
        let most = rest.missing().min(LARGE_READ);
        let received = self.receive(rest.room(most)?);
        let count = if let Ok(Received::Bytes(count)) = received { count } else { 0 };
        rest.unroom(most - count);
        let enough = rest.is_enough();
        self.rest = rest;
        match received? {
            Received::Bytes(_) if enough => {
                let rest = mem::replace(&mut self.rest, Rest::none());
                self.converse(Input::Kept(rest), outbox)
            }
            Received::Bytes(_) if self.readable => Ok(Turn::Again),
            Received::Bytes(_) | Received::Nothing => Ok(self.pause()),
            Received::End => Ok(Turn::Over),
        }
    }

    /// Lets the dialogue answer as much as is one turn's share, and writes what it said.
    fn converse(&mut self, input: Input<'_>, outbox: &mut Outbox) -> io::Result<Turn> {
        let Advance { consumed, next } = self.dialogue.advance(input.bytes(), outbox);
        match next {
            Next::Read { frame } => {
                self.rest = input.unfinished(consumed, frame);
                let sent = self.send(outbox)?;
                Ok(if sent && self.readable {
                    Turn::Again
                } else if sent {
                    self.pause()
                } else {
                    Turn::Rest
                })
            }
            Next::Write => {
                self.rest = input.pending(consumed);
                Ok(if self.send(outbox)? { Turn::Again } else { Turn::Rest })
            }
            Next::Verify(attempt) => {
                if let Stage::Serving(call) = self.stage {
                    self.stage = Stage::Verifying(call);
                }
                self.rest = input.pending(consumed);
                self.send(outbox)?;
                Ok(Turn::Verify(attempt))
            }
            Next::Close => {
                self.send(outbox)?;
                Ok(self.leave())
            }
        }
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
