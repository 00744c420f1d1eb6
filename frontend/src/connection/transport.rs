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
    /// ```
    /// use keyway_frontend::Transport;
    /// use std::{io::{Read, Write}, os::unix::net::UnixStream};
    ///
    /// let (mut ours, mut theirs) = UnixStream::pair()?;
    /// ours.write_all(b"bye")?;
    /// ours.end_output()?;
    /// let mut heard = String::new();
    /// theirs.read_to_string(&mut heard)?; // to the end
    /// theirs.write_all(b"!")?; // and the other way is open
    /// ours.read_exact(&mut [0])?;
    /// assert_eq!(heard, "bye");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The socket's; the connection is over then.
    fn end_output(&mut self) -> io::Result<()>;

    /// What it has found out since this was last asked; to be asked after each read until there is nothing more. A socket has
    /// nothing to tell.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
    /// # let place = tempfile::tempdir()?;
    /// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
    /// # let write = || {
    /// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// #     std::fs::write(&certificate, made.cert.pem())?;
    /// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
    /// #     Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # write()?;
    /// use keyway_frontend::{Transport, TransportNote};
    /// # use keyway_frontend::client::{Client, ServerAddress, TlsAddress};
    /// use std::io::Read;
    ///
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let (name, address) = ("localhost".to_owned(), listener.local_addr()?);
    /// # let to = ServerAddress::Tls(TlsAddress { address, name, authorities: certificate.clone() });
    /// # let client = std::thread::spawn(move || Client::connect(to, std::time::Duration::from_secs(5)).is_ok());
    /// # let socket = listener.accept()?.0;
    /// # socket.set_nonblocking(true)?;
    /// let mut stream = Tls::load(TlsSettings::new(&certificate, &key))?.accept(socket)?;
    /// let opened = loop {
    ///     let _nothing_yet = stream.read(&mut [0; 16]);
    ///     if let Some(note) = stream.note() {
    ///         break note; // the handshake is done
    ///     }
    /// };
    /// let TransportNote::Opened(channel) = opened else { panic!("{opened:?}") };
    /// assert!(channel.tls_exporter.is_some()); // to which a login can be bound
    /// # drop(stream);
    /// # let _handshaken = client.join();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn note(&mut self) -> Option<TransportNote> {
        None
    }

    /// Whether it carries a conversation by now, and does not do a handshake of its own first.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
    /// # let place = tempfile::tempdir()?;
    /// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
    /// # let write = || {
    /// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// #     std::fs::write(&certificate, made.cert.pem())?;
    /// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
    /// #     Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # write()?;
    /// use keyway_frontend::Transport;
    ///
    /// let (_client, socket) = std::os::unix::net::UnixStream::pair()?;
    /// assert!(socket.is_established());
    /// let stream = Tls::load(TlsSettings::new(&certificate, &key))?.accept(socket)?;
    /// assert!(!stream.is_established()); // a handshake comes first
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn is_established(&self) -> bool {
        true
    }

    /// Reads into memory that nobody has written yet, 256 KiB at most, and returns what it wrote there, from the front on. What does
    /// not fill it was all there is for now.
    ///
    /// As it stands, it zeroes the memory and reads there. Who can do without, as `rustix::io::read` can, spares large values much
    /// of what they cost.
    ///
    /// ```
    /// use keyway_frontend::Transport;
    /// use std::{io::Write, mem::MaybeUninit, os::unix::net::UnixStream};
    ///
    /// let (mut ours, mut theirs) = UnixStream::pair()?;
    /// theirs.write_all(b"hello")?;
    /// let mut room = [MaybeUninit::uninit(); 16];
    /// assert_eq!(ours.read_unwritten(&mut room)?, b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// ```
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
