//! A server that looks nothing up: it reads once and writes one contiguous answer for all that it read. What it takes is what
//! waiting, reading and writing take.

use super::super::{
    values::Value,
    wire::{GET, HEADER, OK},
};
use super::Setting;
use mio::{Events, Interest, Poll, Token, net::TcpListener};
use std::{
    env,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr},
    process::Command,
};

/// The option of this program that starts it; the port, and bytes of a value come after it.
const OPTION: &str = "--echo";

pub(super) fn command(setting: &Setting, port: u16) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args([OPTION, &port.to_string(), &setting.value.to_string()]);
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
    let (port, value) = (number()?, number()?);
    Some(u16::try_from(port).map_err(io::Error::other).and_then(|port| Echo::new(port, value)?.run()))
}

struct Echo {
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    value: usize,
    input: Vec<u8>,
}

struct Connection {
    socket: mio::net::TcpStream,
    /// The start of a request whose rest has not come.
    begun: Vec<u8>,
    out: Vec<u8>,
    sent: usize,
}

const LISTENER: Token = Token(usize::MAX);

impl Echo {
    fn new(port: u16, value: usize) -> io::Result<Self> {
        let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self { poll, listener, connections: Vec::new(), value, input: vec![0; 256 << 10] })
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
                            && connection.turn(&mut self.input, self.value).is_err()
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
            let connection = Connection { socket, begun: Vec::new(), out: Vec::new(), sent: 0 };
            match self.connections.get_mut(free) {
                Some(place) => *place = Some(connection),
                None => self.connections.push(Some(connection)),
            }
        }
        Ok(())
    }
}

impl Connection {
    fn turn(&mut self, input: &mut [u8], value: usize) -> io::Result<()> {
        loop {
            if !self.write()? {
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
            let answered = answer(&input[..filled], value, &mut self.out)?;
            self.begun.extend_from_slice(&input[answered..filled]);
            // A read that does not fill the buffer has taken all there was.
            if filled < input.len() {
                return self.write().map(drop);
            }
        }
    }

    /// Whether all is written.
    fn write(&mut self) -> io::Result<bool> {
        while self.sent < self.out.len() {
            match self.socket.write(&self.out[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(true)
    }
}

/// Answers each whole request; how many bytes those are.
fn answer(requests: &[u8], value: usize, out: &mut Vec<u8>) -> io::Result<usize> {
    let mut at = 0;
    while let Some(header) = requests[at..].first_chunk::<HEADER>() {
        let body = u32::from_be_bytes([header[8], header[9], header[10], header[11]]) as usize;
        if requests.len() < at + HEADER + body {
            break;
        }
        let value = if header[1] == GET { value } else { 0 };
        let flags = if header[1] == GET { 4 } else { 0 };
        let mut head = *header;
        head[0] = 0x81;
        head[2..8].copy_from_slice(&[0, 0, flags, 0, 0, u8::try_from(OK).unwrap_or_default()]);
        let len = u32::try_from(usize::from(flags) + value).map_err(io::Error::other)?;
        head[8..12].copy_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(&[0; 4][..usize::from(flags)]);
        let number = u32::from_be_bytes([head[12], head[13], head[14], head[15]]);
        Value::filled(number, value).append(out);
        at += HEADER + body;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::{Answer, Request, SET, SET_EXTRAS};
    use super::*;

    #[test]
    fn it_answers_as_if_it_had_looked_up() {
        let mut requests = Vec::new();
        Request { opcode: GET, opaque: 77, key: b"key", ..Request::default() }.append(&mut requests);
        Request { opcode: SET, opaque: 78, extras: &SET_EXTRAS, key: b"key", value_len: 2 }
            .append(&mut requests);
        requests.extend_from_slice(b"vv");
        let whole = requests.len();
        Request { opcode: GET, opaque: 79, key: b"key", ..Request::default() }.append(&mut requests);
        requests.pop();
        let mut out = Vec::new();
        assert_eq!(answer(&requests, 100, &mut out).unwrap(), whole);
        let (got, len) = Answer::read(&out).unwrap().unwrap();
        assert!(Value::filled(77, 100).is(got.value) && got.opaque == 77);
        let (set, rest) = Answer::read(&out[len..]).unwrap().unwrap();
        assert_eq!((set.opcode, set.opaque, set.value.len(), len + rest), (SET, 78, 0, out.len()));
    }
}
