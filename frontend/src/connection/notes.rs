//! What a loop tells its connection: that there may be something to read or to write, and that it is time to go.

use super::{
    Connection, Transport,
    stage::{Call, Stage},
};

impl<T: Transport> Connection<T> {
    /// There may be input.
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
    /// let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
    /// assert!(matches!(connection.turn(&mut desk)?, Turn::Rest)); // it has looked: there is nothing
    /// client.write_all(&version)?;
    /// connection.note_readable(); // so the event loop tells it
    /// while matches!(connection.turn(&mut desk)?, Turn::Again) {}
    /// let mut header = [0; 24];
    /// client.read_exact(&mut header)?;
    /// assert_eq!(header[..2], [0x81, 0x0b]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn note_readable(&mut self) {
        self.readable = true;
    }

    /// Output may be taken.
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
    /// client.write_all(&get_large)?; // a MiB, which no socket takes at once
    /// while matches!(connection.turn(&mut desk)?, Turn::Again) {}
    /// assert!(read_all(&client) > 0);
    /// let _turn = connection.turn(&mut desk)?;
    /// assert_eq!(read_all(&client), 0); // it does not try again by itself
    /// connection.note_writable();
    /// let _turn = connection.turn(&mut desk)?;
    /// assert!(read_all(&client) > 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn note_writable(&mut self) {
        self.writable = true;
    }

    /// The peer has ended its side, or the transport has failed: the next reads find out which. No further note of
    /// input needs to come after this one.
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
    /// let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
    /// client.write_all(&version)?;
    /// client.shutdown(std::net::Shutdown::Write)?; // that was its last request
    /// connection.note_ended();
    /// while !matches!(connection.turn(&mut desk)?, Turn::Over) {}
    /// drop(connection);
    /// let mut answer = Vec::new();
    /// client.read_to_end(&mut answer)?;
    /// assert_eq!(answer[..2], [0x81, 0x0b]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn note_ended(&mut self) {
        self.peer_ended = true;
        self.readable = true;
    }

    /// The server stops: what was received is answered, then this connection leaves.
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
    /// let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
    /// client.write_all(&version)?;
    /// connection.call_last(); // what has come is answered, and then it goes
    /// while !matches!(connection.turn(&mut desk)?, Turn::Leave) {}
    /// let _turn = connection.turn(&mut desk)?;
    /// let mut answer = Vec::new();
    /// client.read_to_end(&mut answer)?;
    /// assert_eq!(answer[..2], [0x81, 0x0b]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call_last(&mut self) {
        let quiet = self.rest.len() == 0 && self.filling.is_none() && self.unsent.is_none();
        let call = if quiet { Call::LastQuiet } else { Call::LastSpoken };
        match &mut self.stage {
            Stage::Serving(open) => *open = call,
            Stage::Verifying(open) => *open = Call::LastSpoken,
            Stage::Leaving { .. } | Stage::Lingering { .. } => {}
        }
        // The note of what came last may be still to come.
        self.readable = true;
    }
}
