//! Reading from a socket that does not block.

use std::io::{self, ErrorKind};

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

/// Reads once, by `read`, into room that must not be empty.
pub(super) fn receive(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<Received> {
    loop {
        return match read() {
            Ok(0) => Ok(Received::End),
            Ok(count) => Ok(Received::Bytes(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Received::Nothing),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
    }
}
