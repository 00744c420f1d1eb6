//! How many connections are open, over all workers, and how many may be: in all, and before login in all and for one
//! address.

use super::places::{NoPlace, Place, Places};
use crate::Door;
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
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
    seats: usize,
    /// Before login.
    strangers: Arc<Places>,
    turned_away: Arc<TurnedAway>,
}

/// Connections that were closed at once, by what there was too much of. Relaxed: counters only.
#[derive(Debug, Default)]
pub(crate) struct TurnedAway([AtomicU64; 3]);

/// Why there is no seat, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSeat {
    Full,
    Strangers,
    StrangersOfAddress,
}

/// One connection's place; given back when dropped, whichever way the connection ends.
#[derive(Debug)]
pub(super) struct Seat {
    taken: Arc<AtomicUsize>,
    stranger: Option<Box<Place>>,
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
        let strangers = Places::new(room.strangers, room.strangers_per_address);
        Self { taken: Arc::default(), seats: room.seats, strangers, turned_away: Arc::default() }
    }

    /// How many found none.
    pub(super) fn turned_away(&self) -> Arc<TurnedAway> {
        Arc::clone(&self.turned_away)
    }

    /// A seat before login, if one is free.
    pub(super) fn take(&self, peer: IpAddr) -> Result<Seat, NoSeat> {
        self.find(peer).inspect_err(|why| self.turned_away.count(*why))
    }

    fn find(&self, peer: IpAddr) -> Result<Seat, NoSeat> {
        // Relaxed, here and in the drop: a counter only. Only the acceptor adds, so the bounds are exact.
        if self.taken.load(Ordering::Relaxed) >= self.seats {
            return Err(NoSeat::Full);
        }
        let stranger = self.strangers.take(peer).map_err(|none| match none {
            NoPlace::InAll => NoSeat::Strangers,
            NoPlace::OfAddress => NoSeat::StrangersOfAddress,
        })?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok(Seat { taken: Arc::clone(&self.taken), stranger: Some(Box::new(stranger)) })
    }
}

impl NoSeat {
    pub(crate) const ALL: [Self; 3] = [Self::Full, Self::Strangers, Self::StrangersOfAddress];

    /// The setting that says how many there may be.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Full => "max_connections",
            Self::Strangers => "strangers",
            Self::StrangersOfAddress => "strangers_per_address",
        }
    }
}

impl TurnedAway {
    fn count(&self, why: NoSeat) {
        self.0[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, why: NoSeat) -> u64 {
        self.0[why as usize].load(Ordering::Relaxed)
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
        assert_eq!(NoSeat::ALL.map(|why| seats.turned_away().of(why)), [1, 0, 0]);
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
    }
}
