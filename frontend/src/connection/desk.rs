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
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::Origin};
    /// # use keyway_frontend::{Connection, Desk, Dialogue, Door, Policy, Turn};
    /// # use std::{io::{Read, Write}, os::unix::net::UnixStream, sync::Arc, time::Duration};
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// # let (mut client, server) = UnixStream::pair()?;
    /// # client.set_read_timeout(Some(Duration::from_secs(5)))?;
    /// # server.set_nonblocking(true)?;
    /// # let mut version = [0; 24];
    /// # (version[0], version[1]) = (0x80, 0x0b);
    /// # let (mut other_client, other_server) = UnixStream::pair()?;
    /// # other_client.set_read_timeout(Some(Duration::from_secs(5)))?;
    /// # other_server.set_nonblocking(true)?;
    /// // Two connections at one desk; each answer goes to who has asked.
    /// let mut desk = Desk::new();
    /// let mut one = Connection::new(server, Dialogue::new(door.clone(), 0));
    /// let mut other = Connection::new(other_server, Dialogue::new(door, 0));
    /// client.write_all(&version)?;
    /// while matches!(one.turn(&mut desk)?, Turn::Again) {}
    /// assert!(matches!(other.turn(&mut desk)?, Turn::Rest)); // it was asked nothing
    /// let mut header = [0; 24];
    /// client.read_exact(&mut header)?;
    /// assert_eq!(header[..2], [0x81, 0x0b]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
