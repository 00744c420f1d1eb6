//! Reading from a socket that does not block.

use std::io::{self, ErrorKind, Read};

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing for now.
    Nothing,
    /// Nothing any more: the peer has ended its side.
    End,
}

/// Reads once into `room`, which must not be empty.
pub(super) fn receive(socket: &mut impl Read, room: &mut [u8]) -> io::Result<Received> {
    loop {
        return match socket.read(room) {
            Ok(0) => Ok(Received::End),
            Ok(count) => Ok(Received::Bytes(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Received::Nothing),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
    }
}
