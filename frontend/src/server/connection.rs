//! One connection on its worker: a socket, a dialogue, and what neither side could take yet.
//!
//! A connection works in turns. A turn writes what is left over, reads at most once, and lets the dialogue answer.
//! While anything is left over nothing is read, so a peer that does not read stalls itself and costs what fits in the
//! outbox. An idle connection holds no buffer: input comes into the worker's and only an unfinished rest is kept.

use super::{
    desk::Desk,
    limits::{COMPLETED_IN_BUFFER, LINGER_BYTES, READ_BEFORE_LOGIN, READ_BUFFER, ROUNDS_PER_TURN},
    receive::{Received, receive},
    seats::Occupied,
    stage::{Call, Stage, Turn},
};
use crate::{Advance, Dialogue, Next, Outbox};
use keyway::{LoginError, Session};
use mio::{event::Event, net::TcpStream};
use std::{
    io, mem,
    net::{Shutdown, SocketAddr},
};
use tracing::{info_span, span::EnteredSpan};

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    socket: TcpStream,
    dialogue: Dialogue,
    /// Input that the dialogue has not consumed.
    rest: Vec<u8>,
    /// How long `rest` must be for the dialogue to get on with it.
    wanted: usize,
    /// Answers that the socket did not take.
    unsent: Option<Box<Outbox>>,
    stage: Stage,
    /// Whether the socket may have input. Cleared by a short read, set by the next event.
    readable: bool,
    /// Whether the socket may take output. Cleared when it does not, set by the next event.
    writable: bool,
    /// Whether the peer has ended its side: then a short read does not mean that there is nothing behind it.
    peer_ended: bool,
    /// Whether the connection waits for its turn already.
    pub(super) queued: bool,
    /// Whether its login deadline runs.
    pub(super) timed: bool,
    number: u64,
    peer: SocketAddr,
    seat: Occupied,
}

impl Connection {
    pub(super) fn new(
        socket: TcpStream,
        peer: SocketAddr,
        dialogue: Dialogue,
        number: u64,
        seat: Occupied,
    ) -> Self {
        Self {
            socket,
            dialogue,
            rest: Vec::new(),
            // One byte is enough to ask the dialogue how much it needs.
            wanted: 1,
            unsent: None,
            stage: Stage::Serving(Call::Open),
            readable: true,
            writable: true,
            peer_ended: false,
            queued: false,
            timed: false,
            number,
            peer,
            seat,
        }
    }

    /// Its number in the log.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Gives the place before login back once somebody has logged in.
    pub(super) fn settle(&mut self) {
        if self.dialogue.is_open() {
            self.seat.logged_in();
        }
    }

    /// The other end's address.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// What its entries in the log are marked with. Costs next to nothing while they are not wanted.
    pub(super) fn span(&self) -> EnteredSpan {
        info_span!("connection", number = self.number, peer = %self.peer).entered()
    }

    /// Whether the login deadline has nothing to say any more: it is logged in, or leaving with its own deadline.
    pub(super) fn is_past_login(&self) -> bool {
        self.dialogue.is_open() || matches!(self.stage, Stage::Leaving { .. } | Stage::Lingering { .. })
    }

    /// Takes note of an event. Errors and ends show as both, and the next read or write meets them.
    pub(super) fn note(&mut self, event: &Event) {
        let ended = event.is_read_closed() || event.is_error();
        self.peer_ended |= ended;
        self.readable |= event.is_readable() || ended;
        self.writable |= event.is_writable() || event.is_write_closed() || event.is_error();
    }

    /// The server stops: what was received is answered, then this connection leaves. Needs a turn.
    pub(super) fn call_last(&mut self) {
        let call =
            if self.rest.is_empty() && self.unsent.is_none() { Call::LastQuiet } else { Call::LastSpoken };
        match &mut self.stage {
            Stage::Serving(open) => *open = call,
            Stage::Verifying(open) => *open = Call::LastSpoken,
            Stage::Leaving { .. } | Stage::Lingering { .. } => {}
        }
        // The event of what came last may not have been seen yet.
        self.readable = true;
    }

    /// Does a bounded piece of work.
    ///
    /// # Errors
    /// The socket's; the connection is over then.
    pub(super) fn turn(&mut self, desk: &mut Desk) -> io::Result<Turn> {
        desk.with_outbox(|buffer, outbox| {
            if !self.send_unsent(outbox)? {
                return Ok(Turn::Rest);
            }
            match self.stage {
                Stage::Serving(_) => self.serve(buffer, outbox),
                Stage::Verifying(_) => Ok(Turn::Rest),
                Stage::Leaving { .. } => self.take_leave(),
                Stage::Lingering { left } => self.linger(buffer, left),
            }
        })
    }

    /// The outcome of the verification that [`Turn::Verify`] asked for. Needs a turn.
    pub(super) fn verdict(
        &mut self,
        outcome: Result<Session, LoginError>,
        desk: &mut Desk,
    ) -> io::Result<()> {
        self.resume(desk, |dialogue, outbox| dialogue.verdict(outcome, outbox))
    }

    /// The verification that [`Turn::Verify`] asked for cannot be had. Needs a turn.
    pub(super) fn verdict_unavailable(&mut self, desk: &mut Desk) -> io::Result<()> {
        self.resume(desk, Dialogue::verdict_unavailable)
    }

    /// Whether a leaving connection showed a sign of life since it was last asked: output that moved.
    pub(super) fn is_moving(&mut self) -> bool {
        let now = self.unsent.as_ref().map_or(0, |outbox| outbox.len());
        match &mut self.stage {
            Stage::Leaving { unsent } => mem::replace(unsent, now) > now,
            Stage::Serving(_) | Stage::Verifying(_) | Stage::Lingering { .. } => false,
        }
    }

    fn resume(&mut self, desk: &mut Desk, answer: impl FnOnce(&mut Dialogue, &mut Outbox)) -> io::Result<()> {
        if let Stage::Verifying(call) = self.stage {
            self.stage = Stage::Serving(call);
        }
        if let Some(unsent) = &mut self.unsent {
            answer(&mut self.dialogue, unsent);
            return Ok(());
        }
        desk.with_outbox(|_, outbox| {
            answer(&mut self.dialogue, outbox);
            self.send(outbox).map(drop)
        })
    }

    fn serve(&mut self, buffer: &mut [u8], outbox: &mut Outbox) -> io::Result<Turn> {
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

    fn leave(&mut self) -> Turn {
        self.rest = Vec::new();
        self.stage = Stage::Leaving { unsent: self.unsent.as_ref().map_or(0, |outbox| outbox.len()) };
        Turn::Leave
    }

    /// Everything is written: tells the peer so, and listens on until it closes too.
    fn take_leave(&mut self) -> io::Result<Turn> {
        self.socket.shutdown(Shutdown::Write)?;
        self.stage = Stage::Lingering { left: LINGER_BYTES };
        Ok(Turn::Again)
    }

    fn linger(&mut self, buffer: &mut [u8], left: usize) -> io::Result<Turn> {
        if !self.readable {
            return Ok(Turn::Rest);
        }
        Ok(match self.receive(buffer)? {
            Received::Bytes(count) if count < left => {
                self.stage = Stage::Lingering { left: left - count };
                if self.readable { Turn::Again } else { Turn::Rest }
            }
            Received::Nothing => Turn::Rest,
            Received::Bytes(_) | Received::End => Turn::Over,
        })
    }

    fn receive(&mut self, room: &mut [u8]) -> io::Result<Received> {
        let offered = room.len();
        let received = receive(&mut self.socket, room)?;
        match received {
            Received::Bytes(count) => {
                // With edge-triggered events a short read says that the rest comes with an event, unless the event
                // of the end has been.
                self.readable = count == offered || self.peer_ended;
                if let Stage::Serving(call @ Call::LastQuiet) = &mut self.stage {
                    *call = Call::LastSpoken;
                }
            }
            Received::Nothing => self.readable = false,
            Received::End => {}
        }
        Ok(received)
    }

    fn send_unsent(&mut self, outbox: &mut Outbox) -> io::Result<bool> {
        let Some(unsent) = &mut self.unsent else {
            return Ok(true);
        };
        if !self.writable {
            return Ok(false);
        }
        if !unsent.write_to(&mut self.socket)? {
            self.writable = false;
            return Ok(false);
        }
        if let Some(emptied) = self.unsent.take() {
            // The desk gets its room back.
            *outbox = *emptied;
        }
        Ok(true)
    }

    /// Writes what the socket takes and keeps the remainder. Whether there was none.
    fn send(&mut self, outbox: &mut Outbox) -> io::Result<bool> {
        if outbox.is_empty() || outbox.write_to(&mut self.socket)? {
            return Ok(true);
        }
        self.writable = false;
        self.unsent = Some(Box::new(mem::take(outbox)));
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::Connection;

    #[test]
    fn an_idle_connection_is_a_small_struct() {
        // Ten thousand idle clients cost 2.5 MB.
        assert!(size_of::<Connection>() <= 256, "{} bytes", size_of::<Connection>());
    }
}
