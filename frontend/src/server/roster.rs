//! The connections of one worker, by tickets that never name a later one by mistake.

use super::sync::Token;
use slab::Slab;

/// Names one connection of a worker, also after it has gone: a place in the slab and, in the upper half, which
/// tenant of the place. It doubles as the token of the connection's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(usize);

const PLACE_BITS: u32 = usize::BITS / 2;
const PLACE_MASK: usize = (1 << PLACE_BITS) - 1;

/// So many places for each connection are too many,
const SPARSE: usize = 4;

/// beyond these, which nobody minds.
const KEPT: usize = 64;

/// The connections of one worker, or whatever stands for them.
#[derive(Debug)]
pub(super) struct Roster<Guest> {
    seated: Slab<(Ticket, Guest)>,
    arrivals: usize,
}

impl<Guest> Default for Roster<Guest> {
    fn default() -> Self {
        Self { seated: Slab::new(), arrivals: 0 }
    }
}

impl Ticket {
    /// The event token of the worker's mailbox; no ticket has it.
    pub(super) const MAIL: Token = Token(usize::MAX);

    fn new(place: usize, arrival: usize) -> Self {
        // Arrival numbers wrap within their half: to confuse two tenants, one place would have to be given away
        // that many times while a single event or verdict is under way.
        Self((arrival << PLACE_BITS) | (place & PLACE_MASK))
    }

    fn place(self) -> usize {
        self.0 & PLACE_MASK
    }

    pub(super) fn token(self) -> Token {
        Token(self.0)
    }

    pub(super) fn of(token: Token) -> Self {
        Self(token.0)
    }

    #[cfg(test)]
    pub(super) fn for_tests(number: usize) -> Self {
        Self::new(number, 0)
    }
}

impl<Guest> Roster<Guest> {
    /// The ticket that the next arrival gets; `None` if no ticket can name one more.
    pub(super) fn next_ticket(&self) -> Option<Ticket> {
        let place = self.seated.vacant_key();
        // The last place is left out, so that no ticket equals `Ticket::MAIL`.
        (place < PLACE_MASK).then(|| Ticket::new(place, self.arrivals))
    }

    /// Seats a connection under the ticket that [`next_ticket`](Self::next_ticket) named.
    pub(super) fn seat(&mut self, ticket: Ticket, guest: Guest) {
        let place = self.seated.insert((ticket, guest));
        debug_assert_eq!(place, ticket.place(), "nobody came in between");
        self.arrivals = self.arrivals.wrapping_add(1);
    }

    /// The connection with this ticket, unless it has gone.
    pub(super) fn find(&mut self, ticket: Ticket) -> Option<&mut Guest> {
        let (holder, guest) = self.seated.get_mut(ticket.place())?;
        (*holder == ticket).then_some(guest)
    }

    /// Like [`find`](Self::find), to look only.
    pub(super) fn look(&self, ticket: Ticket) -> Option<&Guest> {
        let (holder, guest) = self.seated.get(ticket.place())?;
        (*holder == ticket).then_some(guest)
    }

    /// Lets it go.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Guest> {
        self.look(ticket)?;
        let guest = self.seated.try_remove(ticket.place()).map(|(_, guest)| guest);
        // Most of them have gone: the places behind the last one that is left are given back, which costs nothing where
        // there are none.
        if self.seated.capacity() > SPARSE * self.seated.len() + KEPT {
            self.seated.shrink_to_fit();
        }
        guest
    }

    pub(super) fn len(&self) -> usize {
        self.seated.len()
    }

    /// Everybody, with their tickets.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Ticket, &mut Guest)> {
        self.seated.iter_mut().map(|(_, (ticket, guest))| (*ticket, guest))
    }
}
