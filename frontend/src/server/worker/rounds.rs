//! A round: who gets a turn between two looks at what is new.

use super::Worker;
use crate::server::{limits::TENANT_SHARE, turns::Shared};
use std::time::Instant;

impl Worker {
    /// Gives turns to those who wait for one; what comes meanwhile is the next round's.
    pub(super) fn take_turns(&mut self) {
        self.take_turns_of_one();
        if self.turns.shared.is_some() {
            self.take_turns_of_tenants();
        }
    }

    /// A share for each tenant of whom somebody has something new. Then those that go on with what they have, a turn of each tenant
    /// by turns, as long as the others took, but one at least. What is left is for after the next look at who else there is.
    fn take_turns_of_tenants(&mut self) {
        let start = Instant::now();
        let (mut now, due) = (start, self.line(|shared| shared.new.tenants()).unwrap_or_default());
        for _ in 0..due {
            let Some(tenant) = self.line(|shared| shared.new.begin()).flatten() else { break };
            let until = now + TENANT_SHARE;
            while now < until
                && let Some(ticket) = self.line(|shared| shared.new.next_of(tenant)).flatten()
            {
                self.take_turn(ticket);
                now = Instant::now();
            }
            self.line(|shared| shared.new.end(tenant));
        }
        let until = now + (now - start);
        while let Some(tenant) = self.line(|shared| shared.going_on.begin()).flatten() {
            let ticket = self.line(|shared| shared.going_on.next_of(tenant)).flatten();
            ticket.into_iter().for_each(|ticket| self.take_turn(ticket));
            self.line(|shared| shared.going_on.end(tenant));
            if Instant::now() >= until {
                return;
            }
        }
    }

    /// Asked anew each time: a turn may put others in line.
    fn line<T>(&mut self, ask: impl FnOnce(&mut Shared) -> T) -> Option<T> {
        self.turns.shared.as_deref_mut().map(ask)
    }

    /// One turn for each connection of which something is new. Then those that go on with what they have, as long as the
    /// others took, but one at least: each waits for all others' one turn, and whoever asks for little is not kept waiting by
    /// all who ask for much. What comes meanwhile is the next round's.
    fn take_turns_of_one(&mut self) {
        let going_on = self.turns.going_on.len();
        let start = (going_on > 0).then(Instant::now);
        for _ in 0..self.turns.new.len() {
            if let Some(ticket) = self.turns.new.pop_front() {
                self.take_turn(ticket);
            }
        }
        let Some(start) = start else { return };
        let share = start.elapsed();
        for _ in 0..going_on {
            if let Some(ticket) = self.turns.going_on.pop_front() {
                self.take_turn(ticket);
            }
            if start.elapsed() >= 2 * share {
                return;
            }
        }
    }
}
