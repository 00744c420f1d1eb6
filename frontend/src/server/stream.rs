//! A connection's socket, whichever kind of listener it came by.

use crate::{TlsStream, Transport, TransportNote, connection::read_unwritten};
#[cfg(unix)]
use mio::net::UnixStream;
use mio::{Interest, Registry, Token, event::Source, net::TcpStream};
use std::{
    io::{self, IoSlice, Read, Write},
    mem::MaybeUninit,
    net::Shutdown,
};

/// A connection's socket.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    /// Boxed, so that all others are small.
    Tls(Box<TlsStream<Self>>),
}

/// The same for each kind.
macro_rules! each {
    ($stream:expr, $socket:ident => $done:expr) => {
        match $stream {
            Self::Tcp($socket) => $done,
            #[cfg(unix)]
            Self::Unix($socket) => $done,
            Self::Tls($socket) => $done,
        }
    };
}

impl Stream {
    /// Whether a note that it takes output is one to read from it, too: a handshake that could not be written whole goes on then.
    pub(super) fn reads_when_writable(&self) -> bool {
        matches!(self, Self::Tls(inside) if inside.owes_output())
    }
}

impl Read for Stream {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        each!(self, socket => socket.read(room))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, socket => socket.write(bytes))
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        each!(self, socket => socket.write_vectored(pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        each!(self, socket => socket.flush())
    }
}

impl Transport for Stream {
    fn end_output(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(socket) => socket.shutdown(Shutdown::Write),
            Self::Tls(inside) => inside.end_output(),
        }
    }

    #[cfg(unix)]
    fn read_unwritten<'a>(&mut self, room: &'a mut [MaybeUninit<u8>]) -> io::Result<&'a mut [u8]> {
        match self {
            Self::Tcp(socket) => read_unwritten(socket, room),
            Self::Unix(socket) => read_unwritten(socket, room),
            Self::Tls(inside) => inside.read_unwritten(room),
        }
    }

    fn note(&mut self) -> Option<TransportNote> {
        match self {
            Self::Tls(inside) => inside.note(),
            _ => None,
        }
    }

    fn is_established(&self) -> bool {
        match self {
            Self::Tls(inside) => inside.is_established(),
            _ => true,
        }
    }
}

impl Source for Stream {
    fn register(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.register(registry, token, interest),
            #[cfg(unix)]
            Self::Unix(socket) => socket.register(registry, token, interest),
            Self::Tls(inside) => inside.socket_mut().register(registry, token, interest),
        }
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.reregister(registry, token, interest),
            #[cfg(unix)]
            Self::Unix(socket) => socket.reregister(registry, token, interest),
            Self::Tls(inside) => inside.socket_mut().reregister(registry, token, interest),
        }
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.deregister(registry),
            #[cfg(unix)]
            Self::Unix(socket) => socket.deregister(registry),
            Self::Tls(inside) => inside.socket_mut().deregister(registry),
        }
    }
}
