//! One line at a time, of bounded length and within bounded time, from a peer that may send none.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    io::{self, Read},
    os::{fd::AsFd, unix::net::UnixStream},
    time::{Duration, Instant},
};

/// The longest request, in bytes: rules of a role may take some lines of text.
pub(super) const LONGEST: usize = 64 << 10;

/// Reads lines from a socket, until it is told to stop.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    socket: &'a UnixStream,
    stop: &'a UnixStream,
    patience: Duration,
    /// What was read and not yet taken.
    read: Vec<u8>,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// A line, without its end.
    Line(Vec<u8>),
    /// More than a line may have.
    TooLong,
    /// The peer has ended, or said nothing for too long, or this end stops.
    Nothing,
}

impl<'a> Lines<'a> {
    /// `stop` becomes readable when nothing more is to be waited for; `patience` is for each line.
    pub(super) fn new(socket: &'a UnixStream, stop: &'a UnixStream, patience: Duration) -> Self {
        Self { socket, stop, patience, read: Vec::new() }
    }

    /// The next one.
    ///
    /// # Errors
    /// The socket's.
    pub(super) fn next(&mut self) -> io::Result<Came> {
        let until = Instant::now() + self.patience;
        let mut looked = 0;
        loop {
            if let Some(end) = self.read[looked..].iter().position(|byte| *byte == b'\n') {
                let rest = self.read.split_off(looked + end + 1);
                let mut line = std::mem::replace(&mut self.read, rest);
                line.pop();
                return Ok(Came::Line(line));
            }
            looked = self.read.len();
            if looked > LONGEST {
                return Ok(Came::TooLong);
            }
            if wait(self.socket, self.stop, Some(until))? != Wait::Readable {
                return Ok(Came::Nothing);
            }
            let mut buffer = [0; 4096];
            match self.socket.read(&mut buffer) {
                Ok(0) => return Ok(Came::Nothing),
                Ok(count) => self.read.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// There is something, or it has ended.
    Readable,
    /// The time is over.
    TooLong,
    /// It is time to stop.
    Stop,
}

/// Waits until the first has something, or has ended; not longer than said, and not when it is time to stop.
pub(super) fn wait(it: &impl AsFd, stop: &UnixStream, until: Option<Instant>) -> io::Result<Wait> {
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        let mut both = [PollFd::new(it, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        match poll(&mut both, timeout.as_ref()) {
            Ok(0) => return Ok(Wait::TooLong),
            Ok(_) if !both[1].revents().is_empty() => return Ok(Wait::Stop),
            Ok(_) => return Ok(Wait::Readable),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, thread};

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn lines_come_one_by_one_however_they_were_cut() {
        let (mut client, server) = UnixStream::pair().unwrap();
        let (_go, stop) = UnixStream::pair().unwrap();
        let mut lines = Lines::new(&server, &stop, PATIENCE);
        client.write_all(b"one\ntw").unwrap();
        assert_eq!(lines.next().unwrap(), Came::Line(b"one".to_vec()));
        client.write_all(b"o\n\nrest").unwrap();
        assert_eq!(lines.next().unwrap(), Came::Line(b"two".to_vec()));
        assert_eq!(lines.next().unwrap(), Came::Line(Vec::new()));
        drop(client);
        assert_eq!(lines.next().unwrap(), Came::Nothing, "half a line is none");
    }

    #[test]
    fn a_line_is_bounded_in_length_and_in_time() {
        let (mut client, server) = UnixStream::pair().unwrap();
        let (_go, stop) = UnixStream::pair().unwrap();
        let mut lines = Lines::new(&server, &stop, Duration::from_millis(30));
        assert_eq!(lines.next().unwrap(), Came::Nothing);
        let flood = thread::spawn(move || {
            let _ = client.write_all(&[b'x'; 2 * LONGEST]);
        });
        let mut lines = Lines::new(&server, &stop, PATIENCE);
        assert_eq!(lines.next().unwrap(), Came::TooLong);
        assert!(lines.read.len() <= LONGEST + 4096);
        drop(server);
        flood.join().unwrap();
    }

    #[test]
    fn a_stop_ends_the_wait() {
        let (_client, server) = UnixStream::pair().unwrap();
        let (go, stop) = UnixStream::pair().unwrap();
        drop(go);
        assert_eq!(Lines::new(&server, &stop, PATIENCE).next().unwrap(), Came::Nothing);
    }
}
