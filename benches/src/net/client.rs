//! A client that waits for each answer: for what is not measured.

use super::{
    login::{Credentials, Verdict},
    values::{Value, key},
    wire::{Answer, GET, NOT_FOUND, OK, Request, SET, SET_EXTRAS},
};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    ops::Range,
    time::Duration,
};

/// A server that says nothing for so long has stopped.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that are sent before answers are read.
const BATCH: usize = 128 << 10;

#[derive(Debug)]
pub(super) struct Client {
    socket: TcpStream,
    buffer: Vec<u8>,
    /// What of the buffer is read and not yet looked at.
    unread: Range<usize>,
}

impl Client {
    /// Connects, and logs in unless there is nobody to log in as.
    ///
    /// # Errors
    /// The connection's, or a login that fails.
    pub(super) fn connect(address: SocketAddr, credentials: Option<&Credentials>) -> io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self { socket, buffer: Vec::new(), unread: 0..0 };
        if let Some(credentials) = credentials {
            client.log_in(credentials)?;
        }
        Ok(client)
    }

    fn log_in(&mut self, credentials: &Credentials) -> io::Result<()> {
        let mut login = credentials.attempt();
        loop {
            let mut out = Vec::new();
            login.ask(&mut out);
            match login.hear(&self.ask(&out)?)? {
                Verdict::In => return Ok(()),
                Verdict::GoOn => {}
                Verdict::Refused => return Err(io::Error::other("the login was refused")),
                Verdict::PutOff => return Err(io::Error::other("the login was put off")),
            }
        }
    }

    /// Sends without waiting.
    pub(super) fn send(&mut self, requests: &[u8]) -> io::Result<()> {
        self.socket.write_all(requests)
    }

    /// Sends, and waits for one answer.
    pub(super) fn ask(&mut self, requests: &[u8]) -> io::Result<Answer<'_>> {
        self.send(requests)?;
        self.answer()
    }

    /// Stores all these, many at a time; the statuses of those that were refused.
    ///
    /// # Errors
    /// The connection's, and answers out of order.
    pub(super) fn store(&mut self, values: impl IntoIterator<Item = Value>) -> io::Result<Vec<u16>> {
        let mut values = values.into_iter().peekable();
        let (mut out, mut refused) = (Vec::new(), Vec::new());
        while values.peek().is_some() {
            out.clear();
            let mut asked = Vec::new();
            while out.len() < BATCH
                && let Some(value) = values.next()
            {
                let Value { number, len, .. } = value;
                let key = key(number);
                Request { opcode: SET, opaque: number, extras: &SET_EXTRAS, key: &key, value_len: len }
                    .append(&mut out);
                value.append(&mut out);
                asked.push(number);
            }
            self.socket.write_all(&out)?;
            for number in asked {
                let answer = self.answer()?;
                if answer.opcode != SET || answer.opaque != number {
                    return Err(answer.not("the answer to a set"));
                }
                if answer.status != OK {
                    refused.push(answer.status);
                }
            }
        }
        Ok(refused)
    }

    /// Reads all these, of about this many bytes each; how many are there. What is there must be one of what may be.
    ///
    /// # Errors
    /// The connection's, and a value that is another one.
    pub(super) fn check(
        &mut self,
        numbers: impl IntoIterator<Item = u32>,
        len: usize,
        mut may_be: impl FnMut(u32, &[u8]) -> bool,
    ) -> io::Result<u64> {
        /// Less than what the sockets hold, so nobody waits for anybody.
        const TOGETHER: usize = 400 << 10;
        let together = (TOGETHER / len.max(100)).clamp(1, 256);
        let mut numbers = numbers.into_iter().peekable();
        let (mut out, mut held) = (Vec::new(), 0);
        while numbers.peek().is_some() {
            out.clear();
            let asked: Vec<u32> = numbers.by_ref().take(together).collect();
            for number in &asked {
                Request { opcode: GET, opaque: *number, key: &key(*number), ..Request::default() }
                    .append(&mut out);
            }
            self.socket.write_all(&out)?;
            for number in asked {
                let answer = self.answer()?;
                match (answer.opcode, answer.status) {
                    (GET, OK) if answer.opaque == number && may_be(number, answer.value) => held += 1,
                    (GET, NOT_FOUND) if answer.opaque == number => {}
                    _ => return Err(answer.not(&format!("the value of key {number}"))),
                }
            }
        }
        Ok(held)
    }

    /// The next answer.
    pub(super) fn answer(&mut self) -> io::Result<Answer<'_>> {
        let len = loop {
            if let Some((_, len)) = Answer::read(&self.buffer[self.unread.clone()])? {
                break len;
            }
            self.fill()?;
        };
        let packet = self.unread.start..self.unread.start + len;
        self.unread.start = packet.end;
        let read = Answer::read(&self.buffer[packet])?;
        read.map(|(answer, _)| answer).ok_or_else(|| io::Error::other("an answer was cut"))
    }

    /// The connection alone. Nothing may be under way.
    pub(super) fn into_socket(self) -> TcpStream {
        self.socket
    }

    /// Gives the memory for answers back.
    pub(super) fn rest(&mut self) {
        self.buffer = Vec::new();
        self.unread = 0..0;
    }

    fn fill(&mut self) -> io::Result<()> {
        /// Bytes that are read at once.
        const ROOM: usize = 32 << 10;
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        self.buffer.resize((self.unread.end + ROOM).max(self.buffer.len()), 0);
        match self.socket.read(&mut self.buffer[self.unread.end..])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.unread.end += count;
                Ok(())
            }
        }
    }
}
