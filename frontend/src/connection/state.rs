//! What a connection says of itself.

use super::{Connection, Transport, stage::Stage};
use crate::{Dialogue, Outbox, dialogue::Tenant};
use keyway::audit::Origin;

impl<T: Transport> Connection<T> {
    /// Whether somebody is logged in.
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
    /// # let users = Users::new();
    /// # users.add_trusted("guest", Role::ReadOnly)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// let mut entrance = keyway_frontend::Entrance::default();
    /// entrance.anonymous = Some(cache.session_for("guest")?);
    /// let everybody = Arc::new(door.through(entrance));
    /// assert!(Connection::new(server.try_clone()?, Dialogue::new(everybody, 0)).is_open());
    /// assert!(!Connection::new(server, Dialogue::new(door, 0)).is_open());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.dialogue.is_open()
    }

    /// For whom it works now.
    pub(crate) fn tenant(&self) -> Tenant {
        self.dialogue.tenant()
    }

    /// Whether a deadline to log in has nothing to say any more: it is logged in, or leaving with a deadline of its own.
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
    /// let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
    /// assert!(!connection.is_past_login());
    /// client.write_all(&[0; 24])?; // no request at all
    /// while !matches!(connection.turn(&mut desk)?, Turn::Leave) {}
    /// assert!(connection.is_past_login() && !connection.is_open()); // it goes
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_past_login(&self) -> bool {
        self.is_open() && self.transport.is_established()
            || matches!(self.stage, Stage::Leaving { .. } | Stage::Lingering { .. })
    }

    /// Bytes of its own buffers: input that is not yet a whole frame or value, and answers that were not taken. Large values that
    /// are on their way out are the cache's and not counted. 0 while it is idle.
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
    /// client.write_all(&version[..10])?; // the rest is on its way
    /// while matches!(connection.turn(&mut desk)?, Turn::Again) {}
    /// assert!(connection.buffered() >= 10);
    /// client.write_all(&version[10..])?;
    /// connection.note_readable();
    /// while matches!(connection.turn(&mut desk)?, Turn::Again) {}
    /// assert_eq!(connection.buffered(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn buffered(&self) -> usize {
        let unsent = self.unsent.as_ref().map_or(0, |outbox| size_of::<Outbox>() + outbox.capacity());
        self.rest.capacity() + self.filling.as_ref().map_or(0, |filling| filling.capacity()) + unsent
    }

    /// Where the peer is, as its dialogue was told.
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
    /// let dialogue = Dialogue::new(door, 0).coming_from(Origin::connection(7, None));
    /// assert_eq!(Connection::new(server, dialogue).origin().number(), Some(7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.dialogue.origin()
    }

    pub(crate) fn dialogue(&self) -> &Dialogue {
        &self.dialogue
    }

    /// What it reads from and writes to.
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
    /// use std::os::fd::AsRawFd;
    ///
    /// let fd = server.as_raw_fd();
    /// let connection = Connection::new(server, Dialogue::new(door, 0));
    /// assert_eq!(connection.transport().as_raw_fd(), fd); // what to poll
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// What it reads from and writes to, for an event loop to see to. Bytes that are read or written here are missing
    /// in the conversation.
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
    /// use keyway_frontend::Transport;
    ///
    /// let mut connection = Connection::new(server, Dialogue::new(door, 0));
    /// connection.transport_mut().end_output()?; // without a word
    /// assert_eq!(client.read(&mut [0])?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }
}
