//! Bytes between the transport and the connection, and what they say about its readiness.

use super::{
    Connection, Transport, TransportNote,
    receive::{Received, receive},
    stage::{Call, Stage},
};
use crate::{Filling, Outbox};
use std::io;

impl<T: Transport> Connection<T> {
    /// Reads once.
    pub(super) fn receive(&mut self, room: &mut [u8]) -> io::Result<Received> {
        let received = receive(|| self.transport.read(room))?;
        self.heed(received, room.len());
        Ok(received)
    }

    /// Reads once into a value, up to `most` bytes of what it misses.
    pub(super) fn receive_into(&mut self, filling: &mut Filling, most: usize) -> io::Result<Received> {
        let mut offered = 0;
        let received = receive(|| {
            filling.read(most, |room| {
                offered = room.len();
                self.transport.read_unwritten(room)
            })
        })?;
        self.heed(received, offered);
        Ok(received)
    }

    fn heed(&mut self, received: Received, offered: usize) {
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
        while let Some(note) = self.transport.note() {
            self.heed_note(note);
        }
    }

    #[cold]
    fn heed_note(&mut self, note: TransportNote) {
        match note {
            TransportNote::Opened(channel) => self.dialogue.note_channel(*channel),
            TransportNote::More => self.readable = true,
            TransportNote::Ended => self.note_ended(),
        }
    }

    /// Writes what was left over. Whether nothing is left any more.
    pub(super) fn send_unsent(&mut self) -> io::Result<bool> {
        let Some(unsent) = &mut self.unsent else {
            return Ok(true);
        };
        if !self.writable {
            return Ok(false);
        }
        if !unsent.write_to(&mut self.transport)? {
            self.writable = false;
            return Ok(false);
        }
        self.unsent = None;
        Ok(true)
    }

    /// Writes what the socket takes and keeps the remainder. Whether there was none.
    pub(super) fn send(&mut self, outbox: &mut Outbox) -> io::Result<bool> {
        if outbox.is_empty() || outbox.write_to(&mut self.transport)? {
            return Ok(true);
        }
        self.writable = false;
        self.unsent = Some(Box::new(outbox.take_rest()));
        Ok(false)
    }
}
