//! One connection: a [`Transport`], a dialogue, and what neither side could take yet. It knows no event loop, no clock
//! and no thread, so that any loop can drive it: the server's (over mio), a simulator, or one of your own.
//!
//! A connection works in turns. A turn writes what is left over, reads at most once (and on into the place of a large value that begins), and lets the dialogue answer as much
//! as is one turn's share.
//! While anything is left over nothing is read, so a peer that does not read stalls itself and costs what fits in the
//! outbox. An idle connection holds no buffer: input comes into the thread's [`Desk`] and only an unfinished rest is
//! kept.

mod closing;
mod desk;
mod limits;
mod moving;
mod notes;
mod receive;
mod rest;
mod serving;
mod stage;
mod state;
mod transport;

pub use desk::Desk;
pub use stage::Turn;
pub(crate) use transport::read_unwritten;
pub use transport::{Transport, TransportNote};

use crate::{Dialogue, Filling, Outbox, PutOff};
use keyway::{LoginError, Verified};
use rest::Rest;
use stage::{Call, Stage};
use std::io;

/// One connection, driven in turns.
///
/// What a loop owes it:
/// - a [`turn`](Self::turn) after it was made, after each note of readiness, after each verdict, after
///   [`call_last`](Self::call_last), and whenever a turn says so;
/// - a note when the transport may be ready again after it would have blocked. Edge-triggered events are enough: what
///   is noted counts until a read or a write finds otherwise. A new connection takes both for granted;
/// - verdicts on what [`Turn::Verify`] hands out, and whatever deadlines it wants to set.
///
/// An error of a turn or a verdict is the transport's, and the connection is over.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
/// use keyway_frontend::{Connection, Desk, Dialogue, Door, Entrance, Policy, Turn};
/// use std::{io::{Read, Write}, os::unix::net::UnixStream, sync::Arc};
///
/// let users = Users::new();
/// users.add_trusted("guest", Role::ReadWrite)?;
/// let cache = Cache::new(Config::new(1 << 20), users)?;
/// let mut entrance = Entrance::default();
/// entrance.anonymous = Some(cache.session_for("guest")?); // or the loop sees to `Turn::Verify`
/// let door = Arc::new(Door::new(cache, Policy::default()).through(entrance));
///
/// let (mut client, server) = UnixStream::pair()?;
/// server.set_nonblocking(true)?;
/// let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
///
/// let mut noop = [0; 24];
/// (noop[0], noop[1]) = (0x80, 0x0a);
/// client.write_all(&noop)?;
/// connection.note_readable(); // an event loop was told so
/// while matches!(connection.turn(&mut desk)?, Turn::Again) {}
///
/// let mut answer = [0; 24];
/// client.read_exact(&mut answer)?;
/// assert_eq!(answer[..2], [0x81, 0x0a]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Connection<T> {
    transport: T,
    dialogue: Dialogue,
    /// Input that the dialogue has not consumed.
    rest: Rest,
    /// A large value on its way in, instead of a rest.
    filling: Option<Box<Filling>>,
    /// Answers that the socket did not take.
    unsent: Option<Box<Outbox>>,
    stage: Stage,
    /// Whether the socket may have input. Cleared by a short read, set by the next event.
    readable: bool,
    /// Whether the socket may take output. Cleared when it does not, set by the next event.
    writable: bool,
    /// Whether the peer has ended its side: then a short read does not mean that there is nothing behind it.
    peer_ended: bool,
}

impl<T: Transport> Connection<T> {
    /// A connection that has just been accepted. Give it a turn.
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
    /// assert!(matches!(connection.turn(&mut desk)?, Turn::Rest)); // nobody has said anything
    /// assert!(!connection.is_open() && connection.buffered() == 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(transport: T, dialogue: Dialogue) -> Self {
        Self {
            transport,
            dialogue,
            rest: Rest::default(),
            filling: None,
            unsent: None,
            stage: Stage::Serving(Call::Open),
            readable: true,
            writable: true,
            peer_ended: false,
        }
    }

    /// Does a bounded piece of work.
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
    /// client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?; // a browser
    /// assert!(matches!(connection.turn(&mut desk)?, Turn::Leave)); // has nothing to seek here
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The transport's; the connection is over then.
    pub fn turn(&mut self, desk: &mut Desk) -> io::Result<Turn> {
        desk.lend(|buffer, outbox| {
            if !self.send_unsent()? {
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

    /// The outcome of the verification that [`Turn::Verify`] asked for.
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
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
    /// client.write_all(&frame(0x21, b"PLAIN", b"\0ada\0pencil"))?;
    /// let Turn::Verify(attempt) = connection.turn(&mut desk)? else { panic!("that was a guess") };
    /// let verified = attempt.verify(); // on another thread, say
    /// connection.verdict(verified, &mut desk)?;
    /// assert!(connection.is_open());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The transport's; the connection is over then.
    pub fn verdict(&mut self, verified: Result<Verified, LoginError>, desk: &mut Desk) -> io::Result<()> {
        self.resume(desk, |dialogue, outbox| dialogue.verdict(verified, outbox))
    }

    /// The verification that [`Turn::Verify`] asked for cannot be had; the client is told that it may try again.
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
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// use keyway_frontend::PutOff;
    ///
    /// let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
    /// client.write_all(&frame(0x21, b"PLAIN", b"\0ada\0pencil"))?;
    /// let Turn::Verify(_attempt) = connection.turn(&mut desk)? else { panic!("that was a guess") };
    /// connection.verdict_unavailable(PutOff::QueueFull, &mut desk)?;
    /// let mut header = [0; 24];
    /// client.read_exact(&mut header)?;
    /// assert_eq!(header[6..8], [0, 0x86]); // "temporary failure"
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The transport's; the connection is over then.
    pub fn verdict_unavailable(&mut self, why: PutOff, desk: &mut Desk) -> io::Result<()> {
        self.resume(desk, |dialogue, outbox| dialogue.verdict_unavailable(why, outbox))
    }

    fn resume(&mut self, desk: &mut Desk, answer: impl FnOnce(&mut Dialogue, &mut Outbox)) -> io::Result<()> {
        if let Stage::Verifying(call) = self.stage {
            self.stage = Stage::Serving(call);
        }
        if let Some(unsent) = &mut self.unsent {
            answer(&mut self.dialogue, unsent);
            return Ok(());
        }
        desk.lend(|_, outbox| {
            answer(&mut self.dialogue, outbox);
            self.send(outbox).map(drop)
        })
    }
}
