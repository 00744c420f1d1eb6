//! How many connections are open, over all workers, and how many may be: in all, and before login in all and for one
//! address.

use super::guesses::network;
use crate::Door;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How many seats there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) seats: usize,
    /// Before login.
    pub(super) strangers: usize,
    pub(super) strangers_per_address: usize,
}

/// The seats of a server.
#[derive(Debug)]
pub(super) struct Seats {
    taken: Arc<AtomicUsize>,
    room: Room,
    lobby: Arc<Lobby>,
}

/// Who has not logged in, by address.
#[derive(Debug, Default)]
struct Lobby(Mutex<Strangers>);

#[derive(Debug, Default)]
struct Strangers {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why there is no seat, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSeat {
    Full,
    Strangers,
    StrangersOfAddress,
}

/// One connection's place; given back when dropped, whichever way the connection ends.
#[derive(Debug)]
pub(super) struct Seat {
    taken: Arc<AtomicUsize>,
    stranger: Option<Box<Stranger>>,
}

/// One place before login; given back when dropped.
#[derive(Debug)]
struct Stranger {
    lobby: Arc<Lobby>,
    address: IpAddr,
}

/// A seat whose connection has reached its worker and is counted for `stats`, until it is dropped.
#[derive(Debug)]
pub(super) struct Occupied {
    seat: Seat,
    door: Arc<Door>,
    thread: usize,
}

impl Seats {
    pub(super) fn new(room: Room) -> Self {
        Self { taken: Arc::default(), room, lobby: Arc::default() }
    }

    /// A seat before login, if one is free.
    pub(super) fn take(&self, peer: IpAddr) -> Result<Seat, NoSeat> {
        // Relaxed, here and in the drop: a counter only. Only the acceptor adds, so the bounds are exact.
        if self.taken.load(Ordering::Relaxed) >= self.room.seats {
            return Err(NoSeat::Full);
        }
        let stranger = self.lobby.enter(network(peer), &self.room)?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok(Seat { taken: Arc::clone(&self.taken), stranger: Some(Box::new(stranger)) })
    }
}

impl Lobby {
    fn enter(self: &Arc<Self>, address: IpAddr, room: &Room) -> Result<Stranger, NoSeat> {
        let mut strangers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if strangers.all >= room.strangers {
            return Err(NoSeat::Strangers);
        }
        let here = strangers.by_address.get(&address).copied().unwrap_or_default();
        if here >= room.strangers_per_address {
            return Err(NoSeat::StrangersOfAddress);
        }
        strangers.by_address.insert(address, here + 1);
        strangers.all += 1;
        Ok(Stranger { lobby: Arc::clone(self), address })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut strangers = self.lobby.0.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.all -= 1;
        let left = strangers.by_address.get(&self.address).copied().unwrap_or_default();
        if left > 1 {
            strangers.by_address.insert(self.address, left - 1);
        } else {
            strangers.by_address.remove(&self.address);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Seat {
    /// Counts the connection in the tally of its worker's thread.
    pub(super) fn occupy(self, door: Arc<Door>, thread: usize) -> Occupied {
        door.connection_opened(thread);
        Occupied { seat: self, door, thread }
    }
}

impl Occupied {
    /// Somebody has logged in: the place before login is free again. Whoever is logged out later keeps the seat only.
    pub(super) fn logged_in(&mut self) {
        self.seat.stranger = None;
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.door.connection_closed(self.thread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    #[test]
    fn a_seat_given_back_can_be_taken_again_and_never_one_more() {
        let seats = Seats::new(Room { seats: 2, strangers: 9, strangers_per_address: 9 });
        let (first, _second) = (seats.take(peer(1)).unwrap(), seats.take(peer(1)).unwrap());
        assert_eq!(seats.take(peer(2)).err(), Some(NoSeat::Full));
        drop(first);
        let _third = seats.take(peer(1)).unwrap();
        assert_eq!(seats.take(peer(1)).err(), Some(NoSeat::Full));
    }

    #[test]
    fn strangers_are_bounded_by_address_and_in_all_until_they_log_in() {
        let seats = Seats::new(Room { seats: 9, strangers: 3, strangers_per_address: 2 });
        let door = Arc::new(Door::new(
            keyway::Cache::new(keyway::Config::new(1 << 20), keyway::Users::new()).unwrap(),
            crate::Policy::default(),
        ));
        let mut first = seats.take(peer(1)).unwrap().occupy(door, 0);
        let second = seats.take(peer(1)).unwrap();
        assert_eq!(seats.take(peer(1)).err(), Some(NoSeat::StrangersOfAddress));
        let _other = seats.take(peer(2)).unwrap();
        assert_eq!(seats.take(peer(3)).err(), Some(NoSeat::Strangers));
        first.logged_in();
        let third = seats.take(peer(1)).unwrap();
        assert_eq!(seats.take(peer(1)).err(), Some(NoSeat::Strangers));
        drop((first, second, third));
        let _room_again = (seats.take(peer(1)).unwrap(), seats.take(peer(1)).unwrap());
        assert_eq!(seats.lobby.0.lock().unwrap().by_address.len(), 2, "who left is forgotten");
    }
}
