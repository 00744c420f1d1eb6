//! An event loop: one thread, its connections, and whose turn it is.

mod rounds;
mod timing;
mod verification;

use super::{
    guesses::{Guess, Guesses},
    guest::Guest,
    held::Held,
    identity,
    limits::{EVENTS, STOP_DEADLINE},
    mail::Mail,
    mailbox::{Mailbox, Post, mailbox},
    pace::Sampling,
    places::Places,
    roster::{Roster, Ticket},
    seats::Seat,
    stream::Stream,
    turns::Turns,
    verifiers::Verifiers,
    view::Vitals,
};
use crate::{Connection, Desk, Dialogue, Door, Turn, tally::Count};
use keyway::{
    Attempt, LoginError, Verified,
    audit::{Origin, Peer},
};
use mio::{Events, Interest, Poll, event::Event};
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use timing::Timing;
use tracing::{debug, error};

/// The outcome of a verification.
#[derive(Debug)]
pub(super) struct Verdict {
    /// What it took.
    pub(super) guess: Guess,
    pub(super) verified: Result<Verified, LoginError>,
}

/// What a worker is told.
pub(super) type WorkerMail = Mail<Arrival, Verdict>;

/// A connection on its way to its worker.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) stream: Stream,
    pub(super) peer: Peer,
    /// Its number in the log.
    pub(super) number: u64,
    pub(super) seat: Seat,
    /// That of its listener.
    pub(super) door: Arc<Door>,
}

/// What all workers of a server share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    /// What all doors have alike.
    pub(super) door: Arc<Door>,
    pub(super) verifiers: Verifiers,
    pub(super) guesses: Arc<Guesses>,
    /// Of each address, those that wait or are under way.
    pub(super) derivations: Arc<Places>,
    pub(super) login_deadline: Duration,
    /// One for each.
    pub(super) vitals: Arc<[Vitals]>,
}

/// An event loop. Edge-triggered: a connection is registered once, and what it may still do is remembered here,
/// in a queue of turns, instead of being asked of the system again.
#[derive(Debug)]
pub(super) struct Worker {
    poll: Poll,
    mailbox: Mailbox<WorkerMail>,
    post: Post<WorkerMail>,
    shared: Shared,
    thread: usize,
    roster: Roster<Guest>,
    turns: Turns,
    timing: Timing,
    /// Guesses of those whose address has used up its own, or its derivations; at most one for each connection.
    held: Held<(Ticket, Attempt)>,
    desk: Desk,
    /// Turns until one is timed, that one included.
    until_timed: u32,
    sampling: Sampling,
    /// Set once it stops: when it ends at the latest.
    ends_by: Option<Instant>,
}

impl Worker {
    /// A worker and where to send its mail.
    pub(super) fn new(shared: Shared, thread: usize) -> io::Result<(Self, Post<WorkerMail>)> {
        let poll = Poll::new()?;
        let (post, mailbox) = mailbox(poll.registry(), Ticket::MAIL)?;
        let worker = Self {
            poll,
            mailbox,
            post: post.clone(),
            timing: Timing::new(shared.login_deadline, shared.door.policy().idle_timeout),
            shared,
            thread,
            roster: Roster::default(),
            turns: Turns::default(),
            held: Held::default(),
            desk: Desk::new(),
            until_timed: 1,
            sampling: Sampling::new(thread),
            ends_by: None,
        };
        Ok((worker, post))
    }

    /// Runs until it is stopped.
    ///
    /// # Errors
    /// The system's, if it cannot be asked for events.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.wait(&mut events)?;
            for event in &events {
                self.note(event);
            }
            while let Some(mail) = self.mailbox.take() {
                self.open(mail);
            }
            self.enforce_deadlines(Instant::now());
            self.look_at_held(Instant::now());
            self.take_turns();
            if let Some(ends_by) = self.ends_by
                && (self.roster.len() == 0 || Instant::now() >= ends_by)
            {
                debug!(thread = self.thread, cut_off = self.roster.len(), "event loop ends");
                return Ok(());
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let timeout = if self.turns.is_empty() {
            let next = [self.timing.next(), self.held.next(), self.ends_by].into_iter().flatten().min();
            next.map(|due| due.saturating_duration_since(Instant::now()))
        } else {
            Some(Duration::ZERO)
        };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn note(&mut self, event: &Event) {
        if event.token() == Ticket::MAIL {
            return;
        }
        let ticket = Ticket::of(event.token());
        if let Some(guest) = self.roster.find(ticket) {
            guest.note(event);
            if guest.asker.is_some() && (event.is_error() || event.is_write_closed()) {
                // Nobody is there to hear the verdict; a peer that has only ended its own side is.
                return self.drop_connection(ticket, "lost while its password was verified");
            }
            self.turns.queue(ticket, guest);
        }
    }

    fn open(&mut self, mail: WorkerMail) {
        match mail {
            Mail::Arrival(arrival) => self.admit(arrival),
            Mail::Verdict { ticket, outcome } => self.conclude(ticket, outcome),
            Mail::Pulse => {
                if let Some(vitals) = self.shared.vitals.get(self.thread) {
                    vitals.pulse.answer();
                }
            }
            Mail::Stop => self.stop(),
        }
    }

    fn admit(&mut self, arrival: Arrival) {
        let Arrival { mut stream, peer, number, seat, door } = arrival;
        let Some(ticket) = self.roster.next_ticket() else {
            error!(connection = number, "an event loop can name no more connections; closed");
            return;
        };
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(&mut stream, ticket.token(), interest) {
            error!(connection = number, %error, "a connection could not be watched; closed");
            return;
        }
        debug!(connection = number, %peer, thread = self.thread, "connection opened");
        let origin = Origin::connection(number, Some(peer));
        let dialogue = Dialogue::new(door, self.thread).coming_from(origin);
        let dialogue = dialogue.holding_until_login(seat.stranger);
        let dialogue = if identity::is_proven(peer) { dialogue.proven_by_the_system() } else { dialogue };
        let mut guest = Guest::new(Connection::new(stream, dialogue), seat.taken);
        self.timing.see_to(ticket, &mut guest);
        self.turns.queue(ticket, &mut guest);
        self.roster.seat(ticket, guest);
    }

    fn stop(&mut self) {
        self.ends_by.get_or_insert_with(|| Instant::now() + STOP_DEADLINE);
        for (ticket, guest) in self.roster.iter_mut() {
            guest.connection.call_last();
            self.turns.queue(ticket, guest);
        }
    }

    /// Two instructions more than the turn itself, but for the one that is timed.
    #[inline]
    fn take_turn(&mut self, ticket: Ticket) {
        self.until_timed -= 1;
        if self.until_timed == 0 {
            self.take_timed_turn(ticket);
        } else {
            self.take_plain_turn(ticket);
        }
    }

    #[cold]
    #[inline(never)]
    fn take_timed_turn(&mut self, ticket: Ticket) {
        self.until_timed = self.sampling.next();
        let before = self.shared.door.tally(self.thread).counts();
        let start = Instant::now();
        self.take_plain_turn(ticket);
        let took = start.elapsed();
        let counted = self.shared.door.tally(self.thread).counts().since(&before);
        if let Some(vitals) = self.shared.vitals.get(self.thread) {
            vitals.pace.note(took, &counted);
        }
    }

    fn take_plain_turn(&mut self, ticket: Ticket) {
        let Some(guest) = self.roster.find(ticket) else {
            return;
        };
        guest.queued = false;
        let span = guest.span();
        let turn = guest.connection.turn(&mut self.desk);
        drop(span);
        self.timing.see_to(ticket, guest);
        self.turns.meet(guest);
        match turn {
            Ok(Turn::Rest) => {}
            Ok(Turn::Again) => {
                self.shared.door.tally(self.thread).count(Count::Yields);
                self.turns.go_on(ticket, guest);
            }
            Ok(Turn::Leave) => {
                self.turns.queue(ticket, guest);
                self.timing.leaves(ticket);
            }
            Ok(Turn::Verify(attempt)) => self.verify(ticket, attempt),
            Ok(Turn::Over) => self.drop_connection(ticket, "closed"),
            Err(error) => self.fail(ticket, &error),
        }
    }

    /// Lets a connection go on that waited for a verdict, if it is still there.
    fn resume(
        &mut self,
        ticket: Ticket,
        tell: impl FnOnce(&mut Connection<Stream>, &mut Desk) -> io::Result<()>,
    ) {
        let Some(guest) = self.roster.find(ticket) else {
            return;
        };
        let span = guest.span();
        let told = tell(&mut guest.connection, &mut self.desk);
        drop(span);
        match told {
            Ok(()) => self.turns.queue(ticket, guest),
            Err(error) => self.fail(ticket, &error),
        }
    }

    fn fail(&mut self, ticket: Ticket, error: &io::Error) {
        if let Some(guest) = self.roster.remove(ticket) {
            debug!(connection = guest.number(), %error, "connection lost");
        }
    }

    fn drop_connection(&mut self, ticket: Ticket, why: &'static str) {
        if let Some(guest) = self.roster.remove(ticket) {
            debug!(connection = guest.number(), why, "connection closed");
        }
    }
}
