//! The end of a connection: everything is written, the peer is told so, and gets the time to hear it.

use super::{Connection, Transport, Turn, limits::LINGER_BYTES, receive::Received, rest::Rest, stage::Stage};
use std::{io, mem};

impl<T: Transport> Connection<T> {
    /// Whether a connection that leaves showed a sign of life since this was last asked: output that moved. One that does
    /// not, for as long as the loop cares to wait, is to be dropped.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Draft, Role, Users};
    /// # use keyway_frontend::{Connection, Desk, Dialogue, Door, Entrance, Policy, Turn};
    /// # use std::{io::{Read, Write}, os::unix::net::UnixStream, sync::Arc};
    /// # let users = Users::new();
    /// # users.add_trusted("guest", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(8 << 20), users)?;
    /// # let guest = cache.session_for("guest")?;
    /// # guest.set("large", Draft::new(&vec![7; 1 << 20]))?;
    /// # let mut entrance = Entrance::default();
    /// # entrance.anonymous = Some(guest);
    /// # let mut policy = Policy::default();
    /// # policy.unread_output = 4 << 20;
    /// # let door = Arc::new(Door::new(cache, policy).through(entrance));
    /// # let (mut client, server) = UnixStream::pair()?;
    /// # client.set_nonblocking(true)?;
    /// # server.set_nonblocking(true)?;
    /// # let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
    /// # let mut get_large = vec![0x80, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5];
    /// # get_large.extend([0; 12]);
    /// # get_large.extend(b"large");
    /// # let read_all = |mut client: &UnixStream| {
    /// #     let (mut room, mut all) = (vec![0; 1 << 16], 0);
    /// #     while let Ok(count) = client.read(&mut room) {
    /// #         all += count;
    /// #     }
    /// #     all
    /// # };
    /// # let mut get_and_quit = get_large;
    /// # get_and_quit.extend([0x80, 0x07]);
    /// # get_and_quit.extend([0; 22]);
    /// client.write_all(&get_and_quit)?; // a large value, and a quit
    /// while !matches!(connection.turn(&mut desk)?, Turn::Leave) {}
    /// assert!(!connection.is_moving()); // the client reads nothing
    /// read_all(&client);
    /// connection.note_writable();
    /// let _turn = connection.turn(&mut desk)?;
    /// assert!(connection.is_moving());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_moving(&mut self) -> bool {
        let now = self.unsent_len();
        match &mut self.stage {
            Stage::Leaving { unsent } => mem::replace(unsent, now) > now,
            Stage::Serving(_) | Stage::Verifying(_) | Stage::Lingering { .. } => false,
        }
    }

    /// Up to what a `u32` can say, which is more than an outbox holds.
    fn unsent_len(&self) -> u32 {
        let len = self.unsent.as_ref().map_or(0, |outbox| outbox.len());
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    pub(super) fn leave(&mut self) -> Turn {
        self.rest = Rest::default();
        self.filling = None;
        self.stage = Stage::Leaving { unsent: self.unsent_len() };
        Turn::Leave
    }

    /// Everything is written: tells the peer so, and listens on until it closes too.
    pub(super) fn take_leave(&mut self) -> io::Result<Turn> {
        self.transport.end_output()?;
        self.stage = Stage::Lingering { left: LINGER_BYTES };
        Ok(Turn::Again)
    }

    pub(super) fn linger(&mut self, buffer: &mut [u8], left: u32) -> io::Result<Turn> {
        if !self.readable {
            return Ok(Turn::Rest);
        }
        Ok(match self.receive(buffer)? {
            Received::Bytes(count) => {
                match u32::try_from(count).ok().and_then(|count| left.checked_sub(count)) {
                    None | Some(0) => Turn::Over,
                    Some(left) => {
                        self.stage = Stage::Lingering { left };
                        if self.readable { Turn::Again } else { Turn::Rest }
                    }
                }
            }
            Received::Nothing if self.readable => Turn::Again,
            Received::Nothing => Turn::Rest,
            Received::End => Turn::Over,
        })
    }
}
