//! What a connection needs of a socket.

#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
};

/// A stream of bytes in both directions that does not block: [`WouldBlock`](io::ErrorKind::WouldBlock) where it would.
///
/// Reading and writing are those of the standard traits; [`Write::write_vectored`] is what answers go through, so it is
/// worth having a true one. A read of 0 bytes says that the peer has ended its side.
pub trait Transport: Read + Write {
    /// Ends our side: the peer reads what was written, and then its end. Reading goes on.
    ///
    /// # Errors
    /// The socket's; the connection is over then.
    fn end_output(&mut self) -> io::Result<()>;
}

/// In non-blocking mode, which is the caller's to set.
impl Transport for TcpStream {
    fn end_output(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// In non-blocking mode, which is the caller's to set.
#[cfg(unix)]
impl Transport for UnixStream {
    fn end_output(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}
