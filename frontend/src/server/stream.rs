//! A connection's socket, whichever kind of listener it came by.

use crate::{Transport, connection::read_unwritten};
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
}

/// The same for each kind.
macro_rules! each {
    ($stream:expr, $socket:ident => $done:expr) => {
        match $stream {
            Self::Tcp($socket) => $done,
            #[cfg(unix)]
            Self::Unix($socket) => $done,
        }
    };
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
        each!(self, socket => socket.shutdown(Shutdown::Write))
    }

    #[cfg(unix)]
    fn read_unwritten<'a>(&mut self, room: &'a mut [MaybeUninit<u8>]) -> io::Result<&'a mut [u8]> {
        each!(self, socket => read_unwritten(socket, room))
    }
}

impl Source for Stream {
    fn register(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        each!(self, socket => socket.register(registry, token, interest))
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        each!(self, socket => socket.reregister(registry, token, interest))
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        each!(self, socket => socket.deregister(registry))
    }
}
