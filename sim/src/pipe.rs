//! A socket that is none: what a peer sent and has not been read, what was written and the peer has not read.

use keyway_frontend::Transport;
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice, Read, Write},
};

/// How a peer's side ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It sends no more, and may still read.
    Half,
    /// Reading and writing fail.
    Reset,
}

/// The server's end of a connection. As with TCP a read takes all there is, as far as there is room for it.
#[derive(Debug)]
pub(crate) struct Pipe {
    incoming: VecDeque<u8>,
    end: Option<End>,
    outgoing: VecDeque<u8>,
    /// The most that `outgoing` holds.
    window: usize,
    /// Calls until one is interrupted.
    interrupt_in: Option<u32>,
    output_ended: bool,
    /// Bytes that were read so far.
    read: usize,
    /// Whether a write found no room since the last look.
    blocked: bool,
}

impl Pipe {
    /// A connection whose peer's side takes so many bytes that it has not read.
    #[must_use]
    pub(crate) fn new(window: usize) -> Self {
        Self {
            incoming: VecDeque::new(),
            end: None,
            outgoing: VecDeque::new(),
            window,
            interrupt_in: None,
            output_ended: false,
            read: 0,
            blocked: false,
        }
    }

    /// The peer sends.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.incoming.extend(bytes);
    }

    /// The peer reads so many bytes, if they are there.
    pub(crate) fn take(&mut self, most: usize) -> Vec<u8> {
        let most = most.min(self.outgoing.len());
        self.outgoing.drain(..most).collect()
    }

    /// The peer's side ends.
    pub(crate) fn end(&mut self, end: End) {
        self.end = Some(end);
        if end == End::Reset {
            self.incoming.clear();
            self.outgoing.clear();
        }
    }

    /// One of the next calls is interrupted by a signal.
    pub(crate) fn interrupt_in(&mut self, calls: u32) {
        self.interrupt_in = Some(calls);
    }

    /// Whether the server has said that no more comes.
    #[must_use]
    pub(crate) fn output_ended(&self) -> bool {
        self.output_ended
    }

    /// From now on it takes so many bytes at least.
    pub(crate) fn widen(&mut self, window: usize) {
        self.window = self.window.max(window);
    }

    /// Whether the peer has something to read.
    #[must_use]
    pub(crate) fn has_output(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// How many bytes the server has read.
    #[must_use]
    pub(crate) fn read_so_far(&self) -> usize {
        self.read
    }

    /// Bytes that the server has not read.
    #[must_use]
    pub(crate) fn unread(&self) -> usize {
        self.incoming.len()
    }

    /// Whether a write found no room since this was last asked, and there is room now: that is an event.
    pub(crate) fn has_become_writable(&mut self) -> bool {
        self.outgoing.len() < self.window && std::mem::take(&mut self.blocked)
    }

    fn call(&mut self) -> io::Result<()> {
        if self.end == Some(End::Reset) {
            return Err(ErrorKind::ConnectionReset.into());
        }
        match &mut self.interrupt_in {
            Some(0) => {
                self.interrupt_in = None;
                Err(ErrorKind::Interrupted.into())
            }
            Some(calls) => {
                *calls -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        assert!(!room.is_empty(), "a read without room looks like the end");
        self.call()?;
        if self.incoming.is_empty() && self.end.is_none() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.incoming.read(room)?;
        if count < room.len() && !self.incoming.is_empty() {
            // The queue's own seam.
            let more = self.incoming.read(&mut room[count..])?;
            self.read += count + more;
            return Ok(count + more);
        }
        self.read += count;
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(!self.output_ended, "written behind the end");
        self.call()?;
        let mut room = self.window.saturating_sub(self.outgoing.len());
        let mut written = 0;
        for part in parts {
            let taken = part.len().min(room);
            self.outgoing.extend(&part[..taken]);
            room -= taken;
            written += taken;
        }
        if written == 0 {
            self.blocked = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Pipe {
    fn end_output(&mut self) -> io::Result<()> {
        if self.end == Some(End::Reset) {
            return Err(ErrorKind::NotConnected.into());
        }
        assert!(!self.output_ended, "ended twice");
        self.output_ended = true;
        Ok(())
    }
}
