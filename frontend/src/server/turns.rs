//! Whose turn it is on an event loop.
//!
//! While all connections are of one tenant they stand in one line. Once a loop has seen two, each tenant has a line of its own and a
//! share of each round, however many connections it has; between two rounds the system is asked who else has something to do. So a
//! tenant with one connection waits for a share of each other tenant, and not for a turn of each of their connections.

use super::{guest::Guest, roster::Ticket};
use crate::dialogue::Tenant;
use std::collections::{HashMap, VecDeque};

/// Everybody who waits for a turn; each connection in one line at most.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Those of whom something is new.
    pub(super) new: VecDeque<Ticket>,
    /// Those whose turn ended before they had done all that they could.
    pub(super) going_on: VecDeque<Ticket>,
    /// The first who was seen.
    home: Option<Tenant>,
    /// Once another one was.
    pub(super) shared: Option<Box<Shared>>,
}

/// The same, tenant by tenant.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) new: Lines,
    pub(super) going_on: Lines,
}

/// A line for each tenant that has somebody in it.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: HashMap<Tenant, Line>,
    /// Those who had nobody in line a moment ago. They go first: a tenant that asks for little waits for the rest of one share, and
    /// not for a whole one besides. Each has one share a round all the same, so nobody gains by coming and going.
    fresh: VecDeque<Tenant>,
    /// Those who have waited since their last share.
    order: VecDeque<Tenant>,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Ticket>,
    /// Whether its tenant stands among those whose turn comes, or has its share at the moment.
    is_due: bool,
}

/// So many lines may stand empty, ready for the next one of theirs, before they are taken down.
const SPARE: usize = 64;

impl Turns {
    pub(super) fn is_empty(&self) -> bool {
        let none_shared = |shared: &Shared| shared.new.is_empty() && shared.going_on.is_empty();
        self.new.is_empty() && self.going_on.is_empty() && self.shared.as_deref().is_none_or(none_shared)
    }

    /// Puts a connection in line of which something is new, once.
    pub(super) fn queue(&mut self, ticket: Ticket, guest: &mut Guest) {
        if !std::mem::replace(&mut guest.queued, true) {
            match self.shared_with(guest) {
                None => self.new.push_back(ticket),
                Some((shared, tenant)) => shared.new.push(tenant, ticket),
            }
        }
    }

    /// The same for one that has had a turn and goes on.
    pub(super) fn go_on(&mut self, ticket: Ticket, guest: &mut Guest) {
        guest.queued = true;
        match self.shared_with(guest) {
            None => self.going_on.push_back(ticket),
            Some((shared, tenant)) => shared.going_on.push(tenant, ticket),
        }
    }

    /// Looks whether there are several tenants by now: after a turn, in which somebody may have logged in, so that the lines are
    /// there before the next one asks for anything. Those who have not logged in make none: they come and go.
    #[inline]
    pub(super) fn meet(&mut self, guest: &Guest) {
        if self.shared.is_some() {
            return;
        }
        let tenant = guest.connection.tenant();
        if tenant != Tenant::STRANGERS && *self.home.get_or_insert(tenant) != tenant {
            self.shared = Some(Box::default());
        }
    }

    /// Where it stands if there are several tenants.
    #[inline]
    fn shared_with(&mut self, guest: &Guest) -> Option<(&mut Shared, Tenant)> {
        let shared = self.shared.as_deref_mut()?;
        Some((shared, guest.connection.tenant()))
    }
}

impl Lines {
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.order.is_empty()
    }

    /// How many tenants have somebody in line.
    pub(super) fn tenants(&self) -> usize {
        self.fresh.len() + self.order.len()
    }

    fn push(&mut self, tenant: Tenant, ticket: Ticket) {
        if self.lines.len() > 2 * self.tenants() + SPARE {
            self.lines.retain(|_, line| line.is_due);
        }
        let line = self.lines.entry(tenant).or_default();
        line.waiting.push_back(ticket);
        if !std::mem::replace(&mut line.is_due, true) {
            self.fresh.push_back(tenant);
        }
    }

    /// The tenant whose share it is now; [`end`](Self::end) it.
    pub(super) fn begin(&mut self) -> Option<Tenant> {
        self.fresh.pop_front().or_else(|| self.order.pop_front())
    }

    /// The next one of its line.
    pub(super) fn next_of(&mut self, tenant: Tenant) -> Option<Ticket> {
        self.lines.get_mut(&tenant)?.waiting.pop_front()
    }

    /// Its share is over. Who is left waits for the next one, behind all other tenants.
    pub(super) fn end(&mut self, tenant: Tenant) {
        let Some(line) = self.lines.get_mut(&tenant) else { return };
        line.is_due = !line.waiting.is_empty();
        if line.is_due {
            self.order.push_back(tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_follow_each_other_and_each_ones_connections_too() {
        let (one, other) = (Tenant::STRANGERS, Tenant::MAIN);
        let (mut lines, all) = (Lines::default(), [0, 1, 2, 3, 4].map(Ticket::for_tests));
        for (tenant, at) in [(one, 0), (one, 1), (other, 2), (one, 3)] {
            lines.push(tenant, all[at]);
        }
        assert_eq!(lines.tenants(), 2);
        let mut order = Vec::new();
        while let Some(tenant) = lines.begin() {
            order.extend(lines.next_of(tenant));
            if order.len() == 2 {
                // While it has its share: it is not to be due twice.
                lines.push(tenant, all[4]);
            }
            lines.end(tenant);
        }
        assert_eq!(order, [0, 2, 1, 4, 3].map(|at| all[at]));
        assert!(lines.is_empty());
        // Who comes newly goes before whoever has had a share, and behind others who do.
        lines.push(one, all[0]);
        lines.push(one, all[1]);
        assert_eq!((lines.begin(), lines.next_of(one)), (Some(one), Some(all[0])));
        lines.push(other, all[2]);
        lines.end(one);
        assert_eq!((lines.begin(), lines.next_of(other)), (Some(other), Some(all[2])));
        lines.end(other);
        assert_eq!((lines.begin(), lines.next_of(one)), (Some(one), Some(all[1])));
        lines.end(one);
        assert!(lines.is_empty());
        lines.push(other, all[0]);
        assert_eq!(
            (lines.begin(), lines.next_of(other), lines.next_of(other)),
            (Some(other), Some(all[0]), None)
        );
    }
}
