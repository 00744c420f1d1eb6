//! The thread: listeners and connections in one loop.

use super::{
    connection::{Connection, Fate},
    limits::{ACCEPT_BACKOFF, ACCEPTS_IN_A_ROW, CONNECTIONS, STREAMS},
    routes::Routes,
};
use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener, TcpStream},
};
use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tracing::{debug, warn};

const STOP: Token = Token(usize::MAX);

/// Events taken at once: one for each connection, some for the listeners.
const EVENTS: usize = CONNECTIONS + 16;

pub(super) struct EventLoop {
    poll: Poll,
    listeners: Vec<Listener>,
    /// By their tokens, which grow: the first is the oldest.
    connections: BTreeMap<usize, Connection<TcpStream>>,
    /// Of the next connection; the listeners have the ones below.
    next: usize,
    routes: Routes,
    stopping: Arc<AtomicBool>,
}

struct Listener {
    socket: TcpListener,
    /// Connections may be waiting.
    ready: bool,
    /// After an error: not before this.
    rests_until: Option<Instant>,
}

/// Ends the loop.
#[derive(Debug)]
pub(super) struct Stop {
    stopping: Arc<AtomicBool>,
    waker: Waker,
}

impl Stop {
    pub(super) fn now(&self) {
        // Release: partner is the load in `run`. (Waking orders them as well; this does not lean on it.)
        self.stopping.store(true, Ordering::Release);
        let _woken = self.waker.wake();
    }
}

impl EventLoop {
    pub(super) fn new(listeners: Vec<TcpListener>, routes: Routes) -> io::Result<(Self, Stop)> {
        let poll = Poll::new()?;
        let mut watched = Vec::new();
        for (place, mut socket) in listeners.into_iter().enumerate() {
            poll.registry().register(&mut socket, Token(place), Interest::READABLE)?;
            watched.push(Listener { socket, ready: true, rests_until: None });
        }
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Stop { stopping: Arc::clone(&stopping), waker: Waker::new(poll.registry(), STOP)? };
        let next = watched.len();
        Ok((Self { poll, listeners: watched, connections: BTreeMap::new(), next, routes, stopping }, stop))
    }

    /// Runs until it is stopped.
    ///
    /// # Errors
    /// The system's, if it cannot be asked for events.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        // Acquire: partner is the store in `Stop::now`.
        while !self.stopping.load(Ordering::Acquire) {
            match self.poll.poll(&mut events, self.patience(Instant::now())) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let now = Instant::now();
            for event in &events {
                match self.listeners.get_mut(event.token().0) {
                    Some(listener) => listener.ready = true,
                    None => self.serve(event.token().0, now),
                }
            }
            self.look_at_due(now);
            for place in 0..self.listeners.len() {
                self.accept_from(place, now);
            }
        }
        Ok(())
    }

    /// How long there is nothing to do unless something happens; `None`: for ever.
    fn patience(&self, now: Instant) -> Option<Duration> {
        let waiting = self.listeners.iter().filter(|listener| listener.ready);
        let accepts = waiting.map(|listener| listener.rests_until.unwrap_or(now));
        let due = self.connections.values().map(Connection::due);
        accepts.chain(due).min().map(|due| due.saturating_duration_since(now))
    }

    fn look_at_due(&mut self, now: Instant) {
        let due = self.connections.iter().filter(|(_, connection)| connection.due() <= now);
        let due: Vec<usize> = due.map(|(token, _)| *token).collect();
        for token in due {
            self.serve(token, now);
        }
    }

    fn serve(&mut self, token: usize, now: Instant) {
        let streams = self.connections.values().filter(|connection| connection.is_stream()).count();
        let Some(connection) = self.connections.get_mut(&token) else { return };
        if connection.go_on(&self.routes, streams < STREAMS, now) == Fate::Over {
            self.connections.remove(&token);
        }
    }

    fn accept_from(&mut self, place: usize, now: Instant) {
        for _ in 0..ACCEPTS_IN_A_ROW {
            let Some(listener) = self.listeners.get_mut(place) else { return };
            if !listener.ready || listener.rests_until.is_some_and(|until| now < until) {
                return;
            }
            listener.rests_until = None;
            match listener.socket.accept() {
                Ok((socket, _)) => self.admit(socket, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => listener.ready = false,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    warn!(%error, "a connection for HTTP could not be accepted; trying on");
                    listener.rests_until = Some(now + ACCEPT_BACKOFF);
                }
            }
        }
    }

    fn admit(&mut self, mut socket: TcpStream, now: Instant) {
        if self.connections.len() >= CONNECTIONS && !self.make_room() {
            debug!("a connection for HTTP was closed: {CONNECTIONS} others are being answered");
            return;
        }
        let Ok(local) = socket.local_addr() else { return };
        let token = self.next;
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(&mut socket, Token(token), interest) {
            warn!(%error, "a connection for HTTP could not be watched; closed");
            return;
        }
        self.next += 1;
        self.connections.insert(token, Connection::new(socket, local.ip(), now));
        // Edge-triggered: what was there before is not told.
        self.serve(token, now);
    }

    /// Closes the oldest that may go.
    fn make_room(&mut self) -> bool {
        let oldest = self.connections.iter().find(|(_, connection)| connection.may_go());
        let Some(token) = oldest.map(|(token, _)| *token) else { return false };
        if let Some(mut connection) = self.connections.remove(&token) {
            let _forgotten = self.poll.registry().deregister(connection.socket());
        }
        true
    }
}
