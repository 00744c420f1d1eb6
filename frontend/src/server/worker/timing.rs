//! What connections are given time for: to log in, to leave, and to be idle.

use super::Worker;
use crate::{
    server::{
        deadlines::Deadlines,
        guest::Guest,
        limits::{IDLE_LOOKS, LINGER},
        roster::Ticket,
    },
    tally::Count,
};
use std::time::{Duration, Instant};

/// The deadlines of a worker's connections.
#[derive(Debug)]
pub(super) struct Timing {
    logins: Deadlines,
    departures: Deadlines,
    /// When to look at those who are logged in; `None`: they may be idle for ever.
    looks: Option<Deadlines>,
}

impl Timing {
    pub(super) fn new(login: Duration, idle: Option<Duration>) -> Self {
        Self {
            logins: Deadlines::new(login),
            departures: Deadlines::new(LINGER),
            looks: idle.map(|idle| Deadlines::new(idle / u32::from(IDLE_LOOKS))),
        }
    }

    /// When the next one falls due.
    pub(super) fn next(&self) -> Option<Instant> {
        let looks = self.looks.as_ref().and_then(Deadlines::next);
        [self.logins.next(), self.departures.next(), looks].into_iter().flatten().min()
    }

    /// Starts what a connection is not timed by yet: the login deadline of one that is not logged in (a new one, or one
    /// whose session ended), and the looks at one that is.
    pub(super) fn see_to(&mut self, ticket: Ticket, guest: &mut Guest) {
        if !guest.timed && !guest.connection.is_past_login() {
            guest.timed = true;
            self.logins.arm(Instant::now(), ticket);
        }
        if let Some(looks) = &mut self.looks
            && !guest.watched
            && guest.connection.is_open()
        {
            guest.watched = true;
            looks.arm(Instant::now(), ticket);
        }
    }

    /// It began to leave.
    pub(super) fn leaves(&mut self, ticket: Ticket) {
        self.departures.arm(Instant::now(), ticket);
    }
}

impl Worker {
    pub(super) fn enforce_deadlines(&mut self, now: Instant) {
        while let Some(ticket) = self.timing.logins.take_due(now) {
            match self.roster.find(ticket) {
                Some(guest) if guest.connection.is_past_login() => guest.timed = false,
                Some(_) => self.drop_connection(ticket, "did not log in within the deadline"),
                None => {}
            }
        }
        while let Some(ticket) = self.timing.departures.take_due(now) {
            match self.roster.find(ticket).map(|guest| guest.connection.is_moving()) {
                Some(true) => self.timing.departures.arm(now, ticket),
                Some(false) => self.drop_connection(ticket, "the peer did not follow a close"),
                None => {}
            }
        }
        while let Some(ticket) = self.timing.looks.as_mut().and_then(|looks| looks.take_due(now)) {
            self.look_at(ticket, now);
        }
        let (present, roster) = (self.roster.len(), &self.roster);
        let Timing { logins, departures, looks } = &mut self.timing;
        for deadlines in [Some(logins), Some(departures), looks.as_mut()].into_iter().flatten() {
            deadlines.prune(present, |ticket| roster.look(ticket).is_some());
        }
    }

    /// Closes a connection of which nothing was heard at several looks in a row. Activity is only noted where it happens
    /// (`Guest::note`), so a request costs no clock and no timer.
    fn look_at(&mut self, ticket: Ticket, now: Instant) {
        let Some(guest) = self.roster.find(ticket) else { return };
        if !guest.connection.is_open() {
            // The deadlines of a login or a departure run for it.
            guest.watched = false;
        } else if guest.silent < IDLE_LOOKS {
            guest.silent += 1;
            if let Some(looks) = &mut self.timing.looks {
                looks.arm(now, ticket);
            }
        } else {
            self.shared.door.tally(self.thread).count(Count::IdleKicks);
            self.drop_connection(ticket, "idle for longer than --idle-timeout allows");
        }
    }
}
