//! The thread that accepts, and deals connections to the workers.

use super::{
    limits::{ACCEPT_BACKOFF, ACCEPTS_IN_A_ROW},
    listener::{Accepted, ListenSocket, Open},
    mail::Workers,
    mailbox::{Mailbox, Post, mailbox},
    network::Network,
    seats::Seats,
    stream::Stream,
    threads::StopAccepting,
    throttle::Throttle,
    worker::{Arrival, Verdict},
};
use crate::{Door, Tls, door::NoSeat};
use mio::{Events, Poll, Token};
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use tracing::{debug, error, warn};

/// The event token of the acceptor's mailbox; no listener has it.
const MAIL: Token = Token(usize::MAX);

/// The thread that accepts.
#[derive(Debug)]
pub(super) struct Acceptor {
    poll: Poll,
    mailbox: Mailbox<StopAccepting>,
    listeners: Vec<Watched>,
    workers: Workers<Arrival, Verdict>,
    seats: Seats,
    /// The number of the next connection, in the log.
    next_number: u64,
    refused: Throttle,
    failed: Throttle,
}

#[derive(Debug)]
struct Watched {
    socket: ListenSocket,
    /// What it is called in the log.
    name: String,
    door: Arc<Door>,
    tls: Option<Tls>,
    /// Whether connections may be waiting. Set by an event, cleared once there are none.
    ready: bool,
    /// After an error: not before this.
    rests_until: Option<Instant>,
}

impl Acceptor {
    /// An acceptor that hears of its listeners from now on, and where to send its mail.
    pub(super) fn new(
        listeners: Vec<(Open, Arc<Door>)>,
        workers: Workers<Arrival, Verdict>,
        seats: Seats,
    ) -> io::Result<(Self, Post<StopAccepting>)> {
        let poll = Poll::new()?;
        let (post, mailbox) = mailbox(poll.registry(), MAIL)?;
        let mut watched = Vec::with_capacity(listeners.len());
        for (place, (open, door)) in listeners.into_iter().enumerate() {
            let Open { mut socket, listening, tls, .. } = open;
            socket.register(poll.registry(), Token(place))?;
            let name = listening.address.to_string();
            watched.push(Watched { socket, name, door, tls, ready: true, rests_until: None });
        }
        let acceptor = Self {
            poll,
            mailbox,
            listeners: watched,
            workers,
            seats,
            next_number: 1,
            refused: Throttle::default(),
            failed: Throttle::default(),
        };
        Ok((acceptor, post))
    }

    /// Runs until it is stopped.
    ///
    /// # Errors
    /// The system's, if it cannot be asked for events.
    pub(super) fn run(mut self) -> io::Result<()> {
        // Linux keeps this for each thread.
        #[cfg(target_os = "linux")]
        if let Err(error) = rustix::process::nice(super::limits::ACCEPTOR_NICER) {
            debug!(%error, "the acceptor keeps its ordinary priority");
        }
        let mut events = Events::with_capacity(self.listeners.len() + 1);
        while self.mailbox.take().is_none() {
            let now = Instant::now();
            for place in 0..self.listeners.len() {
                self.accept_from(place, now);
            }
            match self.poll.poll(&mut events, self.patience(Instant::now())) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                if let Some(listener) = self.listeners.get_mut(event.token().0) {
                    listener.ready = true;
                }
            }
        }
        Ok(())
    }

    /// How long there is nothing to do unless something happens; `None`: for ever.
    fn patience(&self, now: Instant) -> Option<Duration> {
        let retries = self.listeners.iter().filter(|listener| listener.ready);
        let next = retries.map(|listener| listener.rests_until.unwrap_or(now)).min();
        next.map(|retry| retry.saturating_duration_since(now))
    }

    fn accept_from(&mut self, place: usize, now: Instant) {
        let Some(listener) = self.listeners.get_mut(place) else {
            return;
        };
        if !listener.ready || listener.rests_until.is_some_and(|until| now < until) {
            return;
        }
        listener.rests_until = None;
        for _ in 0..ACCEPTS_IN_A_ROW {
            let Some(listener) = self.listeners.get_mut(place) else {
                return;
            };
            match listener.socket.accept() {
                Ok(accepted) => {
                    let (door, tls) = (Arc::clone(&listener.door), listener.tls.clone());
                    self.welcome(accepted, door, tls.as_ref());
                }
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    listener.ready = false;
                    return;
                }
                Err(error) => {
                    // No error is fatal: what is short now comes back when something else closes.
                    listener.rests_until = Some(now + ACCEPT_BACKOFF);
                    if let Some(left_out) = self.failed.admit(now) {
                        warn!(address = %listener.name, %error, left_out, "a connection could not be accepted; trying on");
                    }
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, Accepted { stream, peer }: Accepted, door: Arc<Door>, tls: Option<&Tls>) {
        let seat = match self.seats.take(Network::from(peer), door.max_connections()) {
            Ok(seat) => seat,
            Err(why) => {
                door.turned_away().count(why);
                if let Some(left_out) = self.refused.admit(Instant::now()) {
                    warn!(%peer, left_out, "{}; closed at once", told(why));
                }
                return;
            }
        };
        let number = self.next_number;
        self.next_number += 1;
        #[cfg(not(target_os = "linux"))]
        if let Stream::Tcp(socket) = &stream
            && let Err(error) = super::listener::tune(&socket2::SockRef::from(socket))
        {
            debug!(connection = number, %peer, %error, "connection lost before it began");
            return;
        }
        let Some(tls) = tls else {
            return self.workers.deal(Arrival { stream, peer, number, seat, door });
        };
        let stream = match tls.accept(stream) {
            Ok(inside) => Stream::Tls(Box::new(inside)),
            Err(error) => {
                error!(connection = number, %peer, %error, "no TLS could begin; closed");
                return;
            }
        };
        self.workers.deal(Arrival { stream, peer, number, seat, door });
    }
}

fn told(why: NoSeat) -> &'static str {
    match why {
        NoSeat::Full => "too many connections (-c)",
        NoSeat::Strangers => "too many connections that have not logged in (--strangers)",
        NoSeat::StrangersOfAddress => {
            "too many connections of this address that have not logged in (--strangers-per-address)"
        }
    }
}

/// Whether the error is about the one connection that would have been accepted, which is gone with it: then the next
/// one is as good as ever, and resting would let a stranger slow the acceptor down. These are what accept(2) lists.
fn concerns_one_connection(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let passed_on = [
        Errno::INTR,
        Errno::CONNABORTED,
        Errno::CONNRESET,
        Errno::NETDOWN,
        Errno::PROTO,
        Errno::NOPROTOOPT,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::OPNOTSUPP,
        Errno::NETUNREACH,
        Errno::TIMEDOUT,
    ];
    passed_on.iter().any(|errno| Some(errno.raw_os_error()) == error.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn row_40_only_a_shortage_makes_the_acceptor_rest() {
        let concerns_one = |errno: Errno| concerns_one_connection(&errno.into());
        for errno in [Errno::CONNABORTED, Errno::PROTO, Errno::INTR, Errno::NETUNREACH] {
            assert!(concerns_one(errno), "{errno}");
        }
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS, Errno::PERM, Errno::AGAIN] {
            assert!(!concerns_one(errno), "{errno}");
        }
    }
}
