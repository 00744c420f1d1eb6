//! A connection and what the server notes about it.

use super::{seats::Taken, stream::Stream, verifiers::Asker};
use crate::Connection;
use keyway::audit::Peer;
use mio::event::Event;
use tracing::{info_span, span::EnteredSpan};

/// A connection on its worker.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) connection: Connection<Stream>,
    /// Whether it waits for its turn already.
    pub(super) queued: bool,
    /// Whether its login deadline runs.
    pub(super) timed: bool,
    /// Whether it is looked at now and then, to find out whether it is idle.
    pub(super) watched: bool,
    /// At so many looks in a row nothing had been heard of it.
    pub(super) silent: u8,
    /// While it waits for a thread that derives.
    pub(super) asker: Option<Asker>,
    _seat: Taken,
}

impl Guest {
    pub(super) fn new(connection: Connection<Stream>, seat: Taken) -> Self {
        connection.dialogue().count_opened();
        Self { connection, queued: false, timed: false, watched: false, silent: 0, asker: None, _seat: seat }
    }

    /// Its number in the log.
    pub(super) fn number(&self) -> Option<u64> {
        self.connection.origin().number()
    }

    /// Who is at the other end. That is known of whoever was accepted.
    pub(super) fn peer(&self) -> Option<Peer> {
        self.connection.origin().peer()
    }

    /// What its entries in the log are marked with. Costs next to nothing while they are not wanted.
    pub(super) fn span(&self) -> EnteredSpan {
        info_span!("connection", number = self.number(), peer = self.peer().map(display)).entered()
    }

    /// Takes note of an event. Errors and ends show as both, and the next read or write meets them.
    pub(super) fn note(&mut self, event: &Event) {
        self.silent = 0;
        let failed = event.is_error();
        if event.is_readable() {
            self.connection.note_readable();
        }
        if event.is_read_closed() || failed {
            self.connection.note_ended();
        }
        if event.is_writable() || event.is_write_closed() || failed {
            self.connection.note_writable();
            if self.connection.transport().reads_when_writable() {
                self.connection.note_readable();
            }
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.connection.dialogue().count_closed();
    }
}

#[cfg(test)]
mod tests {
    use super::Guest;

    #[test]
    fn an_idle_connection_is_a_small_struct() {
        // Ten thousand idle clients cost 1.7 MB.
        assert!(size_of::<Guest>() <= 168, "{} bytes", size_of::<Guest>());
    }
}
