//! How far a connection has come, and how a turn of it can end.

use keyway::Attempt;

/// How far a connection has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// Requests are read and answered.
    Serving(Call),
    /// A guess is being verified elsewhere; nothing is read.
    Verifying(Call),
    /// Nothing more is read; what is unsent goes out. `unsent` is its length at the last look of the worker.
    Leaving { unsent: u32 },
    /// All is said; input is thrown away until the peer closes too, at most this many bytes of it.
    Lingering { left: u32 },
}

/// Whether the server is still open for more requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// It is.
    Open,
    /// It stops, and since it does, this connection has said nothing.
    LastQuiet,
    /// It stops; something was received since, so an answer may be under way.
    LastSpoken,
}

/// How a turn ended.
///
/// ```
/// # use keyway::{Cache, Config, Users};
/// # use keyway_frontend::{Connection, Desk, Dialogue, Door, Policy, Turn};
/// # use std::{os::unix::net::UnixStream, sync::Arc};
/// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), Users::new())?, Policy::default()));
/// # let (client, server) = UnixStream::pair()?;
/// # server.set_nonblocking(true)?;
/// let (mut desk, mut connection) = (Desk::new(), Connection::new(server, Dialogue::new(door, 0)));
/// drop(client);
/// connection.note_ended(); // an event loop was told so
/// loop {
///     match connection.turn(&mut desk)? {
///         Turn::Again | Turn::Leave => {}
///         Turn::Over => break,
///         other => panic!("{other:?}"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub enum Turn {
    /// Nothing to do before the next event.
    Rest,
    /// There is more to do when the others have had their turns.
    Again,
    /// Have this verified, which may [take long](Attempt::may_take_long), and tell
    /// [`Connection::verdict`](super::Connection::verdict).
    Verify(Attempt),
    /// It began to leave: give it another turn, and a deadline.
    Leave,
    /// Over: drop it.
    Over,
}
