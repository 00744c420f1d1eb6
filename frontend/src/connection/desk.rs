//! What the connections of a thread share, one at a time: the read buffer and the outbox.

use super::limits::READ_BUFFER;
use crate::Outbox;
use std::fmt;

/// The read buffer and the outbox that the connections of one thread share, one at a time. Each thread has one.
///
/// ```
/// # use keyway::{Cache, Config, Users};
/// # use keyway_frontend::{Connection, Desk, Dialogue, Door, Policy, Turn};
/// # use std::{os::unix::net::UnixStream, sync::Arc};
/// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), Users::new())?, Policy::default()));
/// # let (client, server) = UnixStream::pair()?;
/// # server.set_nonblocking(true)?;
/// let mut desk = Desk::new(); // one for all connections of a thread
/// let mut connection = Connection::new(server, Dialogue::new(door, 0));
/// assert!(matches!(connection.turn(&mut desk)?, Turn::Rest)); // nothing has come
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Desk {
    buffer: Box<[u8]>,
    outbox: Outbox,
}

impl Desk {
    /// A desk for one thread.
    #[must_use]
    pub fn new() -> Self {
        Self { buffer: vec![0; READ_BUFFER].into_boxed_slice(), outbox: Outbox::default() }
    }

    /// Lends both for one connection's turn. Answers that are left in the outbox, because the socket failed, are
    /// thrown away here and so can never reach the next connection.
    pub(super) fn lend<T>(&mut self, work: impl FnOnce(&mut [u8], &mut Outbox) -> T) -> T {
        let done = work(&mut self.buffer, &mut self.outbox);
        if !self.outbox.is_empty() {
            self.outbox = Outbox::default();
        }
        done
    }
}

impl fmt::Debug for Desk {
    /// The buffer stays out: what was read last may have been a login.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("outbox", &self.outbox).finish_non_exhaustive()
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_connection_left_behind_never_reaches_the_next() {
        let mut desk = Desk::new();
        desk.lend(|_, outbox| outbox.push(b"for somebody else"));
        desk.lend(|_, outbox| assert!(outbox.is_empty()));
    }
}
