//! How many connections are open, over all workers, and how many may be: in all, and before login in all and for one
//! address.

use super::{
    network::Network,
    places::{NoPlace, Place, Places},
};
use crate::door::NoSeat;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The seats of a server.
#[derive(Debug)]
pub(super) struct Seats {
    taken: Arc<AtomicUsize>,
    /// Before login.
    strangers: Arc<Places>,
}

/// One connection's place.
#[derive(Debug)]
pub(super) struct Seat {
    /// Whichever way the connection ends.
    pub(super) taken: Taken,
    /// Until somebody has logged in; whoever is logged out later does without.
    pub(super) stranger: Place,
}

/// One of the seats; given back when dropped.
#[derive(Debug)]
pub(super) struct Taken(Arc<AtomicUsize>);

impl Seats {
    /// With these places before login.
    pub(super) fn new(strangers: Arc<Places>) -> Self {
        Self { taken: Arc::default(), strangers }
    }

    /// A seat before login, if one of so many is free.
    pub(super) fn take(&self, peer: Network, most: usize) -> Result<Seat, NoSeat> {
        // Relaxed, here and in the drop: a counter only. Only the acceptor adds, so the bounds are exact.
        if self.taken.load(Ordering::Relaxed) >= most {
            return Err(NoSeat::Full);
        }
        let stranger = self.strangers.take(peer).map_err(|none| match none {
            NoPlace::InAll => NoSeat::Strangers,
            NoPlace::OfAddress => NoSeat::StrangersOfAddress,
        })?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok(Seat { taken: Taken(Arc::clone(&self.taken)), stranger })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn peer(number: u8) -> Network {
        IpAddr::from([192, 0, 2, number]).into()
    }

    #[test]
    fn a_seat_given_back_can_be_taken_again_and_never_one_more() {
        let seats = Seats::new(Places::new(9, 9));
        let (first, _second) = (seats.take(peer(1), 2).unwrap(), seats.take(peer(1), 2).unwrap());
        assert_eq!(seats.take(peer(2), 2).err(), Some(NoSeat::Full));
        drop(first);
        let _third = seats.take(peer(1), 2).unwrap();
        assert_eq!(seats.take(peer(1), 2).err(), Some(NoSeat::Full));
    }

    #[test]
    fn strangers_are_bounded_by_address_and_in_all_until_they_log_in() {
        let seats = Seats::new(Places::new(3, 2));
        let Seat { taken: first, stranger } = seats.take(peer(1), 9).unwrap();
        let second = seats.take(peer(1), 9).unwrap();
        assert_eq!(seats.take(peer(1), 9).err(), Some(NoSeat::StrangersOfAddress));
        let _other = seats.take(peer(2), 9).unwrap();
        assert_eq!(seats.take(peer(3), 9).err(), Some(NoSeat::Strangers));
        drop(stranger);
        let third = seats.take(peer(1), 9).unwrap();
        assert_eq!(seats.take(peer(1), 9).err(), Some(NoSeat::Strangers));
        drop((first, second, third));
        let _room_again = (seats.take(peer(1), 9).unwrap(), seats.take(peer(1), 9).unwrap());
    }
}
