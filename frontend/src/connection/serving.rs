//! Reading requests and letting the dialogue answer them.

use super::{
    Connection, Transport, Turn,
    limits::{COMPLETED_IN_BUFFER, FIRST_READ, LARGE_READ, READ_AT_ONCE, READ_BEFORE_LOGIN},
    receive::Received,
    rest::{Input, Rest},
    stage::{Call, Stage},
};
use crate::{Advance, Dialogue, Next, Outbox};
use std::{io, mem};

impl<T: Transport> Connection<T> {
    pub(super) fn serve(&mut self, buffer: &mut [u8], outbox: &mut Outbox) -> io::Result<Turn> {
        if self.rest.is_enough() {
            let rest = mem::take(&mut self.rest);
            return self.converse(Input::Kept(rest), outbox);
        }
        if !self.readable {
            return Ok(self.pause());
        }
        if self.filling.is_some() {
            return self.read_into_value(outbox);
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
                self.rest = Rest::default();
                self.converse(Input::Read(buffer.get(..held + count).unwrap_or_default()), outbox)
            }
            Received::Nothing => Ok(self.go_on()),
            // All answers are written, or it would not have been read; the system delivers them.
            Received::End => Ok(Turn::Over),
        }
    }

    /// Reads a large frame in its own place. Once enough of it has come, the dialogue is asked for the place where its value
    /// will stay; if it has none, the frame is reserved whole, and touched only as it comes.
    fn read_into_rest(&mut self, outbox: &mut Outbox) -> io::Result<Turn> {
        let mut rest = mem::take(&mut self.rest);
        let asked_for = Dialogue::filling_from(rest.wanted()).saturating_sub(rest.len());
        let most = if asked_for > 0 {
            asked_for.min(FIRST_READ)
        } else {
            rest.reserve()?;
            rest.missing().min(LARGE_READ)
        };
        let received = self.receive(rest.room(most)?);
        let count = if let Ok(Received::Bytes(count)) = received { count } else { 0 };
        rest.unroom(most - count);
        let received = received?;
        if rest.is_enough() {
            return self.converse(Input::Kept(rest), outbox);
        }
        self.filling = if count > 0 { self.dialogue.filling(rest.bytes()) } else { None };
        if self.filling.is_none() {
            self.rest = rest;
        }
        Ok(self.after(received))
    }

    /// Reads a large value where it will stay.
    fn read_into_value(&mut self, outbox: &mut Outbox) -> io::Result<Turn> {
        let Some(mut filling) = self.filling.take() else { return Ok(Turn::Again) };
        let received = self.receive_into(&mut filling, LARGE_READ)?;
        if !filling.is_full() {
            self.filling = Some(filling);
            return Ok(self.after(received));
        }
        self.dialogue.filled(*filling, outbox);
        // What follows is another frame, and perhaps the connection is no longer open.
        self.converse(Input::Read(&[]), outbox)
    }

    /// How a turn ends in which nothing became whole.
    fn after(&mut self, received: Received) -> Turn {
        match received {
            Received::Bytes(_) | Received::Nothing if self.readable => Turn::Again,
            Received::Bytes(_) | Received::Nothing => self.pause(),
            Received::End => Turn::Over,
        }
    }

    /// Lets the dialogue answer as much as is one turn's share, and writes what it said.
    fn converse(&mut self, input: Input<'_>, outbox: &mut Outbox) -> io::Result<Turn> {
        let Advance { consumed, next } = self.dialogue.advance(input.bytes(), outbox);
        match next {
            Next::Read { frame } => {
                let large = frame > COMPLETED_IN_BUFFER;
                self.filling = if large { self.dialogue.filling(input.behind(consumed)) } else { None };
                if self.filling.is_none() {
                    self.rest = input.unfinished(consumed, frame);
                }
                if !self.send(outbox)? {
                    return Ok(Turn::Rest);
                }
                // More of it than of any other frame may be there already.
                if self.readable && self.filling.is_some() {
                    return self.read_into_value(outbox);
                }
                Ok(self.go_on())
            }
            Next::Write => {
                let all = input.behind(consumed).is_empty();
                self.rest = if all { Rest::default() } else { input.pending(consumed) };
                Ok(if self.send(outbox)? { self.go_on() } else { Turn::Rest })
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

    /// How a turn ends that may not be the last for now.
    fn go_on(&mut self) -> Turn {
        if self.readable || self.rest.is_enough() { Turn::Again } else { self.pause() }
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
