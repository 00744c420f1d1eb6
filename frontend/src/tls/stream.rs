//! A stream of bytes inside of TLS, over one that does not block.

mod scratch;

use super::identity;
use crate::{Transport, TransportNote};
use keyway::Channel;
use rustls::{ProtocolVersion, ServerConfig, ServerConnection};
use std::{
    fmt,
    io::{self, ErrorKind, IoSlice, Read, Write},
    sync::Arc,
};

/// Bytes that a client may send before its handshake is done. A greeting has some 500, with keys that withstand quantum computers
/// 1,800; what a stranger can make us remember is no more than this.
const HANDSHAKE_MAX: usize = 16 << 10;

/// The same where clients show certificates: four of 4 KiB, and more than any chain that is in use.
const HANDSHAKE_MAX_WITH_CERTIFICATES: usize = 32 << 10;

/// Bytes that are encrypted ahead of what the socket takes: two records. A peer that does not read costs this on top of its
/// unread answers.
const ENCRYPTED_AHEAD: usize = 32 << 10;

/// Reads of the socket in one read of the stream that bring nothing to read, as those of a handshake do and empty records; then the
/// others have their turns.
const FRUITLESS_READS: usize = 4;

/// Bytes that are read from the socket at once, at least, however little room there is.
const LEAST_READ: usize = 2 << 10;

/// Bytes taken apart and not read at which rustls takes no more: its own number.
const PLAINTEXT_HELD: usize = 16 << 10;

/// Reads and writes inside of TLS, the server's side, over a stream of bytes that does not block. Made by
/// [`Tls::accept`](super::Tls::accept).
///
/// The handshake goes on as it is read from, and answers nobody until it is done. What it has found out then,
/// [`Transport::note`] tells. The end is said by close_notify; an end of the socket without it counts as one, because requests have
/// their lengths, and one that was cut off is not served.
///
/// ```
/// # use keyway_frontend::{Tls, TlsError, TlsSettings};
/// # let place = tempfile::tempdir()?;
/// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
/// # let write = || {
/// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
/// #     std::fs::write(&certificate, made.cert.pem())?;
/// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
/// #     Ok::<(), Box<dyn std::error::Error>>(())
/// # };
/// # write()?;
/// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
/// let (_client, server) = std::os::unix::net::UnixStream::pair()?;
/// let stream = tls.accept(server)?;
/// assert_eq!(stream.version(), None); // the handshake is yet to come
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TlsStream<S: Transport> {
    socket: S,
    tls: ServerConnection,
    /// Bytes at the front of what the caller writes that are encrypted and have not all gone out. Until they have, the caller is
    /// told that it would block, and writes the same bytes again.
    ahead: usize,
    stage: Stage,
    output: Output,
    /// What came and cannot be taken apart before more was read; mostly nothing.
    held: Vec<u8>,
    /// What the handshake has found out, until it was told.
    opened: Option<Box<Channel>>,
    unread: Unread,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// So many more bytes may come before the handshake is done.
    Handshake {
        left: usize,
    },
    Open,
}

/// Whether the socket may have more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fetched {
    /// That was all for now.
    All,
    Perhaps,
}

/// What there is inside of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Open,
    Ended,
}

/// What is to be read of which no event will tell, until it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unread {
    Nothing,
    More,
    Ended,
}

/// How far our side has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Open,
    /// close_notify was said, and is perhaps on its way.
    Ending,
    Ended,
}

impl<S: Transport> TlsStream<S> {
    pub(super) fn new(
        socket: S,
        config: Arc<ServerConfig>,
        asks_clients: bool,
    ) -> Result<Self, rustls::Error> {
        let mut tls = ServerConnection::new(config)?;
        tls.set_buffer_limit(Some(ENCRYPTED_AHEAD));
        let left = if asks_clients { HANDSHAKE_MAX_WITH_CERTIFICATES } else { HANDSHAKE_MAX };
        Ok(Self {
            socket,
            tls,
            ahead: 0,
            stage: Stage::Handshake { left },
            output: Output::Open,
            held: Vec::new(),
            opened: None,
            unread: Unread::Nothing,
        })
    }

    /// What it goes over, for an event loop to see to.
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
    /// use std::os::{fd::AsRawFd, unix::net::UnixStream};
    ///
    /// let (_client, server) = UnixStream::pair()?;
    /// let fd = server.as_raw_fd();
    /// let stream = Tls::load(TlsSettings::new(&certificate, &key))?.accept(server)?;
    /// assert_eq!(stream.socket().as_raw_fd(), fd); // what to poll
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn socket(&self) -> &S {
        &self.socket
    }

    /// What it goes over, for an event loop to see to. Bytes that are read or written here are missing in the conversation.
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
    /// use std::{io::Read, os::unix::net::UnixStream};
    ///
    /// let (mut client, server) = UnixStream::pair()?;
    /// let mut stream = Tls::load(TlsSettings::new(&certificate, &key))?.accept(server)?;
    /// stream.socket_mut().end_output()?; // who has not even shaken hands is owed no word of parting
    /// assert_eq!(client.read(&mut [0])?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn socket_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Whether there is something to write that no write waits for, such as a part of the handshake: then a note that the socket
    /// takes output is one that this is to be read from.
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
    /// use std::os::unix::net::UnixStream;
    ///
    /// let (_client, server) = UnixStream::pair()?;
    /// let stream = Tls::load(TlsSettings::new(&certificate, &key))?.accept(server)?;
    /// assert!(!stream.owes_output()); // in TLS the client speaks first
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn owes_output(&self) -> bool {
        self.tls.wants_write()
    }

    /// The version, once it is agreed upon.
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
    /// use keyway_frontend::client::{Client, ServerAddress, TlsAddress};
    /// use std::{io::Read, net::TcpListener, thread, time::Duration};
    ///
    /// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let (name, address) = ("localhost".to_owned(), listener.local_addr()?);
    /// let to = ServerAddress::Tls(TlsAddress { address, name, authorities: certificate });
    /// let client = thread::spawn(move || Client::connect(to, Duration::from_secs(5)).is_ok());
    ///
    /// let mut stream = tls.accept(listener.accept()?.0)?;
    /// while stream.version().is_none() {
    ///     let _nothing_yet = stream.read(&mut [0; 16]);
    /// }
    /// assert_eq!(stream.version(), Some(rustls::ProtocolVersion::TLSv1_3));
    /// # drop(stream);
    /// # let _handshaken = client.join();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.tls.protocol_version()
    }

    /// Writes what is encrypted. Whether all of it is gone.
    fn send(&mut self) -> io::Result<bool> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        if self.output == Output::Ending {
            self.output = Output::Ended;
            self.socket.end_output()?;
        }
        Ok(true)
    }

    /// Takes apart what comes, at most about as much as there is room for.
    fn fetch(&mut self, room: usize) -> io::Result<Fetched> {
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            self.take_apart(&held)?;
            return Ok(Fetched::Perhaps);
        }
        scratch::lend(|scratch| {
            // One call of the system for as much as a turn has room for; rustls by itself takes less at once.
            let most = room.clamp(LEAST_READ, scratch.len());
            let count = self.socket.read(scratch.get_mut(..most).unwrap_or_default())?;
            if let Stage::Handshake { left } = &mut self.stage {
                *left = left.checked_sub(count).ok_or_else(|| io::Error::other("a handshake without end"))?;
            }
            if count == 0 {
                self.tls.read_tls(&mut io::empty())?;
            }
            self.take_apart(scratch.get(..count).unwrap_or_default())?;
            Ok(if count < most { Fetched::All } else { Fetched::Perhaps })
        })
    }

    fn take_apart(&mut self, mut fetched: &[u8]) -> io::Result<()> {
        while !fetched.is_empty() {
            self.tls.read_tls(&mut fetched)?;
            let state = self.tls.process_new_packets().map_err(|error| {
                // The peer is told, if it still listens.
                let _ = self.tls.write_tls(&mut self.socket);
                io::Error::new(ErrorKind::InvalidData, error)
            })?;
            if state.plaintext_bytes_to_read() > PLAINTEXT_HELD {
                // rustls takes no more before that is read.
                self.held = fetched.to_vec();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Notes what the handshake has found out, once it is done.
    fn settle(&mut self) {
        if !matches!(self.stage, Stage::Handshake { .. }) || self.tls.is_handshaking() {
            return;
        }
        self.stage = Stage::Open;
        self.opened = Some(Box::new(self.channel()));
    }

    /// Takes out what is there to be read, as far as there is room.
    fn take_out(&mut self, room: &mut [u8], filled: &mut usize) -> io::Result<Inside> {
        while let Some(left) = room.get_mut(*filled..).filter(|left| !left.is_empty()) {
            match self.tls.reader().read(left) {
                Ok(0) => return Ok(Inside::Ended),
                Ok(count) => *filled += count,
                // The socket's end.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(Inside::Ended),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Inside::Open)
    }

    fn channel(&self) -> Channel {
        // Of older versions it is not unique without extended master secret (RFC 9266, section 3), of which rustls does not tell.
        let binds = self.tls.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        let exported = binds.then(|| {
            let room = [0; 32];
            self.tls.export_keying_material(room, b"EXPORTER-Channel-Binding", Some(&[])).ok()
        });
        let certificate = self.tls.peer_certificates().and_then(<[_]>::first);
        Channel { tls_exporter: exported.flatten(), identity: certificate.and_then(identity::of) }
    }
}

impl<S: Transport> Read for TlsStream<S> {
    /// As much as there is: a short read says that the socket has no more, or a note does.
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.send()?;
        let (mut filled, mut fruitless) = (0, 0);
        let mut fetched = Fetched::Perhaps;
        loop {
            let before = filled;
            if self.take_out(room, &mut filled)? == Inside::Ended {
                self.unread = Unread::Ended;
                return Ok(filled);
            }
            if filled == room.len() || fetched == Fetched::All {
                break;
            }
            fruitless += usize::from(filled == before);
            if fruitless > FRUITLESS_READS {
                self.unread = Unread::More;
                break;
            }
            fetched = match self.fetch(room.len() - filled) {
                Ok(fetched) => fetched,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => Fetched::Perhaps,
                Err(error) => return Err(error),
            };
            self.settle();
            self.send()?;
        }
        if filled == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(filled) }
    }
}

impl<S: Transport> Write for TlsStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.ahead == 0 {
            if !self.send()? {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.ahead = self.tls.writer().write_vectored(pieces)?;
        }
        if !self.send()? {
            return Err(ErrorKind::WouldBlock.into());
        }
        let offered = pieces.iter().map(|piece| piece.len()).sum();
        Ok(std::mem::take(&mut self.ahead).min(offered))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.send()? { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
    }
}

impl<S: Transport> Transport for TlsStream<S> {
    fn end_output(&mut self) -> io::Result<()> {
        if self.output == Output::Open {
            self.tls.send_close_notify();
            self.output = Output::Ending;
        }
        self.send().map(drop)
    }

    fn note(&mut self) -> Option<TransportNote> {
        if let Some(channel) = self.opened.take() {
            return Some(TransportNote::Opened(channel));
        }
        match std::mem::replace(&mut self.unread, Unread::Nothing) {
            Unread::Nothing => None,
            Unread::More => Some(TransportNote::More),
            Unread::Ended => Some(TransportNote::Ended),
        }
    }

    fn is_established(&self) -> bool {
        self.stage == Stage::Open
    }
}

/// Says close_notify, if nobody has, the handshake is done and the socket takes it at once.
impl<S: Transport> Drop for TlsStream<S> {
    fn drop(&mut self) {
        if self.output == Output::Open && self.stage == Stage::Open {
            self.tls.send_close_notify();
            let _ = self.send();
        }
    }
}

impl<S: Transport + fmt::Debug> fmt::Debug for TlsStream<S> {
    /// The keys stay out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { socket, stage, output, .. } = self;
        f.debug_struct("TlsStream")
            .field("socket", socket)
            .field("stage", stage)
            .field("output", output)
            .finish_non_exhaustive()
    }
}
