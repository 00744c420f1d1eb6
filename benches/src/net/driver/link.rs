//! One connection of a driver: what it still has to send, and what it has read.

use super::{Next, Pace, Route, Script, Term};
use crate::net::wire::Answer;
use mio::{Interest, Registry, Token, event::Event};
use std::{
    io::{self, Read, Write},
    ops::Range,
};

/// Bytes that one step reads: answers to some hundred small requests, which take some ten microseconds.
const ROOM: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Link<S> {
    pub(super) state: S,
    pub(super) pace: Pace,
    /// Whether it already waits for a step.
    pub(super) queued: bool,
    route: Route,
    socket: Option<mio::net::TcpStream>,
    phase: Phase,
    /// Whether there may be something to read. Events tell only of what is new, so this is kept until a read says no.
    readable: bool,
    /// The peer has closed its end: a short read is not the last one then.
    ended: bool,
    inbox: Vec<u8>,
    /// What of the inbox is read and not yet looked at.
    unread: Range<usize>,
    out: Vec<u8>,
    sent: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Connecting,
    /// Nothing is asked.
    Resting,
    Asked,
}

/// What has to be done after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An event will tell.
    Wait,
    /// Another step.
    GoOn,
    Reopen,
}

impl Step {
    fn after_closing(term: Term) -> Self {
        match term {
            Term::Running => Self::Reopen,
            Term::Ending => Self::Wait,
        }
    }
}

/// What a read came to.
enum Received {
    Bytes,
    Nothing,
    End,
}

impl<S> Link<S> {
    pub(super) fn of(
        socket: std::net::TcpStream,
        pace: Pace,
        state: S,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let mut link = Self::closed(Route::to(socket.peer_addr()?), pace, state);
        link.register(mio::net::TcpStream::from_std(socket), registry, token)?;
        link.phase = Phase::Resting;
        Ok(link)
    }

    pub(super) fn closed(route: Route, pace: Pace, state: S) -> Self {
        Self {
            state,
            pace,
            queued: false,
            route,
            socket: None,
            phase: Phase::Closed,
            readable: false,
            ended: false,
            inbox: Vec::new(),
            unread: 0..0,
            out: Vec::new(),
            sent: 0,
        }
    }

    /// Connects, without waiting for it.
    pub(super) fn open(
        &mut self,
        script: &mut impl Script<S>,
        registry: &Registry,
        token: Token,
    ) -> io::Result<()> {
        self.close();
        script.connecting(&mut self.state);
        let socket = self.route.connect()?;
        self.register(socket, registry, token)?;
        self.phase = Phase::Connecting;
        Ok(())
    }

    fn register(
        &mut self,
        mut socket: mio::net::TcpStream,
        registry: &Registry,
        token: Token,
    ) -> io::Result<()> {
        registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        self.socket = Some(socket);
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.socket = None;
        self.phase = Phase::Closed;
        (self.readable, self.ended) = (false, false);
        self.unread = 0..0;
        self.out.clear();
        self.sent = 0;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.phase, Phase::Connecting | Phase::Asked)
    }

    pub(super) fn is_connecting(&self) -> bool {
        self.phase == Phase::Connecting
    }

    pub(super) fn note(&mut self, event: &Event) {
        self.ended |= event.is_read_closed() || event.is_error();
        self.readable |= event.is_readable() || self.ended;
    }

    pub(super) fn ask(&mut self, script: &mut impl Script<S>) {
        script.ask(&mut self.state, &mut self.out);
        self.phase = Phase::Asked;
    }

    /// Sends what there is, reads once, and hears what came.
    pub(super) fn step(&mut self, script: &mut impl Script<S>, term: Term) -> io::Result<Step> {
        if self.phase == Phase::Connecting {
            match self.is_connected() {
                Ok(true) => self.follow(Next::Ask, script, term),
                Ok(false) if !self.ended => return Ok(Step::Wait),
                Ok(false) => return self.ended(script, term),
                Err(error) if is_end(&error) => return self.ended(script, term),
                Err(error) => return Err(error),
            }
        }
        if self.phase == Phase::Closed {
            return Ok(Step::Wait);
        }
        let received = match self.send().and_then(|()| self.receive()) {
            Ok(received) => received,
            Err(error) if is_end(&error) => Received::End,
            Err(error) => return Err(error),
        };
        let next = match received {
            Received::Nothing => Next::Hear,
            Received::Bytes => self.hear(script)?,
            Received::End => return self.ended(script, term),
        };
        self.follow(next, script, term);
        if next == Next::Reopen {
            return Ok(Step::after_closing(term));
        }
        match self.send() {
            Err(error) if is_end(&error) => (self.readable, self.ended) = (true, true),
            outcome => outcome?,
        }
        Ok(if self.readable { Step::GoOn } else { Step::Wait })
    }

    /// The peer has closed the connection, so whatever comes next needs another one.
    fn ended(&mut self, script: &mut impl Script<S>, term: Term) -> io::Result<Step> {
        script.closed(&mut self.state)?;
        self.close();
        Ok(Step::after_closing(term))
    }

    fn is_connected(&mut self) -> io::Result<bool> {
        let Some(socket) = &self.socket else { return Ok(false) };
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        match socket.peer_addr() {
            Ok(_) => socket.set_nodelay(true).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What comes next, unless nothing new is to be begun.
    fn follow(&mut self, next: Next, script: &mut impl Script<S>, term: Term) {
        match (next, term) {
            (Next::Hear, _) => {}
            (Next::GoOn, _) | (Next::Ask, Term::Running) => self.ask(script),
            (Next::Ask, Term::Ending) => self.phase = Phase::Resting,
            (Next::Reopen, _) => self.close(),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        while self.sent < self.out.len() {
            match socket.write(&self.out[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }

    fn receive(&mut self) -> io::Result<Received> {
        let Some(socket) = self.socket.as_mut().filter(|_| self.readable) else {
            return Ok(Received::Nothing);
        };
        self.inbox.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        let wanted = self.unread.end + ROOM;
        if self.inbox.len() < wanted {
            self.inbox.resize(wanted, 0);
        }
        match socket.read(&mut self.inbox[self.unread.end..wanted]) {
            Ok(0) => Ok(Received::End),
            Ok(count) => {
                self.unread.end += count;
                self.readable = count == ROOM || self.ended;
                Ok(Received::Bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(Received::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    /// Hears all whole answers; what the last of them led to is left to the caller.
    fn hear(&mut self, script: &mut impl Script<S>) -> io::Result<Next> {
        let mut next = Next::Hear;
        while let Some((answer, len)) = Answer::read(&self.inbox[self.unread.clone()])? {
            if next != Next::Hear {
                return Err(answer.not("nothing, for all is answered"));
            }
            next = script.hear(&mut self.state, &answer)?;
            self.unread.start += len;
        }
        Ok(next)
    }
}

/// Whether the peer is gone, whichever call was the first to see it.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionReset)
}
