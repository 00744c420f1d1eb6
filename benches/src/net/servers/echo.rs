//! A server that looks nothing up: it reads once and writes one contiguous answer for all that it read. What it takes is what
//! waiting, reading and writing take.
//!
//! Values that it makes up lie in the processor's cache when they are written. Told to keep as many as a real server has, it
//! writes each from its own place, and so takes also what fetching them from memory takes, which nobody who stores values is
//! spared.

use super::super::{
    values::Value,
    wire::{GET, HEADER, OK},
};
use super::Setting;
use mio::{Events, Interest, Poll, Token, net::TcpListener};
use std::{
    collections::VecDeque,
    env,
    io::{self, IoSlice, Read, Write},
    net::{Ipv4Addr, SocketAddr},
    process::Command,
};

/// The option of this program that starts it; the port, bytes of a value, and how many are kept come after it.
const OPTION: &str = "--echo";

pub(super) fn command(setting: &Setting, kept: u32, port: u16) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args([OPTION, &port.to_string(), &setting.value.to_string(), &kept.to_string()]);
    Ok(command)
}

/// Serves for ever, if this process was started to.
///
/// # Errors
/// The system's, and options that are no numbers.
#[must_use]
pub fn serve() -> Option<io::Result<()>> {
    let mut arguments = env::args().skip(1);
    arguments.next().filter(|first| first == OPTION)?;
    let mut number = || arguments.next().and_then(|it| it.parse::<usize>().ok());
    let (port, value, kept) = (number()?, number()?, number()?);
    let numbers = u16::try_from(port).and_then(|port| Ok((port, u32::try_from(kept)?)));
    Some(numbers.map_err(io::Error::other).and_then(|(port, kept)| Echo::new(port, value, kept)?.run()))
}

struct Echo {
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    values: Values,
    input: Vec<u8>,
}

struct Values {
    len: usize,
    kept: Vec<Vec<u8>>,
}

struct Connection {
    socket: mio::net::TcpStream,
    /// The start of a request whose rest has not come.
    begun: Vec<u8>,
    out: Out,
}

/// What is to be written.
#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
    sent: usize,
    /// Which of the kept values goes out when `bytes` has up to where.
    kept: VecDeque<(usize, usize)>,
    /// Of the first of them.
    kept_sent: usize,
}

const LISTENER: Token = Token(usize::MAX);

impl Echo {
    fn new(port: u16, len: usize, kept: u32) -> io::Result<Self> {
        let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let made = |number| {
            let mut value = Vec::with_capacity(len);
            Value::filled(number, len).append(&mut value);
            value
        };
        let values = Values { len, kept: (0..kept).map(made).collect() };
        Ok(Self { poll, listener, connections: Vec::new(), values, input: vec![0; 256 << 10] })
    }

    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            self.poll.poll(&mut events, None)?;
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(at) => {
                        if let Some(Some(connection)) = self.connections.get_mut(at)
                            && connection.turn(&mut self.input, &self.values).is_err()
                        {
                            self.connections[at] = None;
                        }
                    }
                }
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        while let Ok((mut socket, _)) = self.listener.accept() {
            socket.set_nodelay(true)?;
            let free = self.connections.iter().position(Option::is_none).unwrap_or(self.connections.len());
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut socket, Token(free), interest)?;
            let connection = Connection { socket, begun: Vec::new(), out: Out::default() };
            match self.connections.get_mut(free) {
                Some(place) => *place = Some(connection),
                None => self.connections.push(Some(connection)),
            }
        }
        Ok(())
    }
}

impl Connection {
    fn turn(&mut self, input: &mut [u8], values: &Values) -> io::Result<()> {
        loop {
            if !self.out.write(&mut self.socket, values)? {
                return Ok(());
            }
            let kept = self.begun.len();
            input[..kept].copy_from_slice(&self.begun);
            self.begun.clear();
            let read = match self.socket.read(&mut input[kept..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.begun.extend_from_slice(&input[..kept]);
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let filled = kept + read;
            let answered = answer(&input[..filled], values, &mut self.out)?;
            self.begun.extend_from_slice(&input[answered..filled]);
            // A read that does not fill the buffer has taken all there was.
            if filled < input.len() {
                return self.out.write(&mut self.socket, values).map(drop);
            }
        }
    }
}

impl Out {
    /// Whether all is written.
    fn write(&mut self, socket: &mut impl Write, values: &Values) -> io::Result<bool> {
        while self.sent < self.bytes.len() || !self.kept.is_empty() {
            let next = self.kept.front();
            let end = next.map_or(self.bytes.len(), |(end, _)| *end);
            let value = next.map_or(&[][..], |(_, number)| &values.kept[*number][self.kept_sent..]);
            let taken = if value.is_empty() {
                socket.write(&self.bytes[self.sent..])
            } else {
                socket.write_vectored(&[IoSlice::new(&self.bytes[self.sent..end]), IoSlice::new(value)])
            };
            match taken {
                Ok(taken) => self.advance(taken, end, value.len()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.bytes.clear();
        self.sent = 0;
        Ok(true)
    }

    /// So many bytes were taken, of `bytes` up to `end` and of what was left of the first kept value.
    fn advance(&mut self, taken: usize, end: usize, left: usize) {
        let of_bytes = taken.min(end - self.sent);
        self.sent += of_bytes;
        self.kept_sent += taken - of_bytes;
        if taken == of_bytes + left && left > 0 {
            self.kept.pop_front();
            self.kept_sent = 0;
        }
    }
}

/// Answers each whole request; how many bytes those are.
fn answer(requests: &[u8], values: &Values, out: &mut Out) -> io::Result<usize> {
    let mut at = 0;
    while let Some(header) = requests[at..].first_chunk::<HEADER>() {
        let body = u32::from_be_bytes([header[8], header[9], header[10], header[11]]) as usize;
        if requests.len() < at + HEADER + body {
            break;
        }
        let value = if header[1] == GET { values.len } else { 0 };
        let flags = if header[1] == GET { 4 } else { 0 };
        let mut head = *header;
        head[0] = 0x81;
        head[2..8].copy_from_slice(&[0, 0, flags, 0, 0, u8::try_from(OK).unwrap_or_default()]);
        let len = u32::try_from(usize::from(flags) + value).map_err(io::Error::other)?;
        head[8..12].copy_from_slice(&len.to_be_bytes());
        out.bytes.extend_from_slice(&head);
        out.bytes.extend_from_slice(&[0; 4][..usize::from(flags)]);
        let number = u32::from_be_bytes([head[12], head[13], head[14], head[15]]);
        match values.kept.get(number as usize).filter(|kept| kept.len() == value) {
            Some(_) if value > 0 => out.kept.push_back((out.bytes.len(), number as usize)),
            _ => Value::filled(number, value).append(&mut out.bytes),
        }
        at += HEADER + body;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::{Answer, Request, SET, SET_EXTRAS};
    use super::*;

    /// A peer that takes so many bytes at once.
    struct Slow(Vec<u8>, usize);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.1);
            self.0.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn it_answers_as_if_it_had_looked_up_whether_or_not_it_keeps_values() {
        let mut requests = Vec::new();
        for number in [77, 3, 2] {
            Request { opcode: GET, opaque: number, key: b"key", ..Request::default() }.append(&mut requests);
        }
        Request { opcode: SET, opaque: 78, extras: &SET_EXTRAS, key: b"key", value_len: 2 }
            .append(&mut requests);
        requests.extend_from_slice(b"vv");
        let whole = requests.len();
        Request { opcode: GET, opaque: 79, key: b"key", ..Request::default() }.append(&mut requests);
        requests.pop();
        let filled = |number| {
            let mut value = Vec::new();
            Value::filled(number, 100).append(&mut value);
            value
        };
        for (kept, at_once) in [(0, 1000), (5, 1000), (5, 7)] {
            let values = Values { len: 100, kept: (0..kept).map(filled).collect() };
            let mut out = Out::default();
            assert_eq!(answer(&requests, &values, &mut out).unwrap(), whole);
            let mut peer = Slow(Vec::new(), at_once);
            assert!(out.write(&mut peer, &values).unwrap());
            let mut at = 0;
            for number in [77, 3, 2] {
                let (got, len) = Answer::read(&peer.0[at..]).unwrap().unwrap();
                assert!(Value::filled(number, 100).is(got.value) && got.opaque == number);
                at += len;
            }
            let (set, rest) = Answer::read(&peer.0[at..]).unwrap().unwrap();
            assert_eq!((set.opcode, set.opaque, set.value.len(), at + rest), (SET, 78, 0, peer.0.len()));
        }
    }
}
