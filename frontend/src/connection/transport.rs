//! What a connection needs of a socket.

use super::limits::LARGE_READ;
use keyway::Channel;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::{
    io::{self, Read, Write},
    mem::MaybeUninit,
    net::{Shutdown, TcpStream},
};

/// For a transport that only reads into memory that was written before.
static ZEROS: [u8; LARGE_READ] = [0; LARGE_READ];

/// What a transport has found out while it was read from, of which no event tells.
///
/// ```
/// use keyway_frontend::Transport;
/// use std::os::unix::net::UnixStream;
///
/// let (mut socket, _peer) = UnixStream::pair()?;
/// assert!(socket.note().is_none()); // events tell all of a socket
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TransportNote {
    /// It is established, and this is known of it.
    Opened(Box<Channel>),
    /// It may have more to read, though the last read was short or would have blocked.
    More,
    /// The peer has ended its side, behind what was read.
    Ended,
}

/// A stream of bytes in both directions that does not block: [`WouldBlock`](io::ErrorKind::WouldBlock) where it would.
///
/// Reading and writing are those of the standard traits; [`Write::write_vectored`] is what answers go through, so it is
/// worth having a true one. A read of 0 bytes says that the peer has ended its side.
///
/// ```
/// use keyway_frontend::Transport;
/// use std::io::{Cursor, Read, Result, Write};
///
/// /// What a peer said, and what it is told.
/// struct Recorded(Cursor<Vec<u8>>, Vec<u8>);
///
/// impl Read for Recorded {
///     fn read(&mut self, room: &mut [u8]) -> Result<usize> {
///         self.0.read(room)
///     }
/// }
///
/// impl Write for Recorded {
///     fn write(&mut self, bytes: &[u8]) -> Result<usize> {
///         self.1.write(bytes)
///     }
///
///     fn flush(&mut self) -> Result<()> {
///         Ok(())
///     }
/// }
///
/// impl Transport for Recorded {
///     fn end_output(&mut self) -> Result<()> {
///         Ok(())
///     }
/// }
///
/// assert!(Recorded(Cursor::default(), Vec::new()).is_established());
/// ```
pub trait Transport: Read + Write {
    /// Ends our side: the peer reads what was written, and then its end. Reading goes on.
    ///
    /// # Errors
    /// The socket's; the connection is over then.
    fn end_output(&mut self) -> io::Result<()>;

    /// What it has found out since this was last asked; to be asked after each read until there is nothing more. A socket has
    /// nothing to tell.
    fn note(&mut self) -> Option<TransportNote> {
        None
    }

    /// Whether it carries a conversation by now, and does not do a handshake of its own first.
    fn is_established(&self) -> bool {
        true
    }

    /// Reads into memory that nobody has written yet, 256 KiB at most, and returns what it wrote there, from the front on. What does
    /// not fill it was all there is for now.
    ///
    /// As it stands, it zeroes the memory and reads there. Who can do without, as `rustix::io::read` can, spares large values much
    /// of what they cost.
    ///
    /// # Errors
    /// The socket's, as those of [`Read::read`].
    fn read_unwritten<'a>(&mut self, room: &'a mut [MaybeUninit<u8>]) -> io::Result<&'a mut [u8]> {
        let zeros = ZEROS.get(..room.len()).ok_or(io::ErrorKind::InvalidInput)?;
        let zeroed = room.write_copy_of_slice(zeros);
        let count = self.read(zeroed)?;
        zeroed.get_mut(..count).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// What `rustix::io::read` yields is what it wrote, and what it did not.
#[cfg(unix)]
pub(crate) fn read_unwritten(
    socket: impl std::os::fd::AsFd,
    room: &mut [MaybeUninit<u8>],
) -> io::Result<&mut [u8]> {
    let (written, _) = rustix::io::read(socket, room)?;
    Ok(written)
}

/// In non-blocking mode, which is the caller's to set.
impl Transport for TcpStream {
    fn end_output(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    #[cfg(unix)]
    fn read_unwritten<'a>(&mut self, room: &'a mut [MaybeUninit<u8>]) -> io::Result<&'a mut [u8]> {
        read_unwritten(self, room)
    }
}

/// In non-blocking mode, which is the caller's to set.
#[cfg(unix)]
impl Transport for UnixStream {
    fn end_output(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn read_unwritten<'a>(&mut self, room: &'a mut [MaybeUninit<u8>]) -> io::Result<&'a mut [u8]> {
        read_unwritten(self, room)
    }
}
