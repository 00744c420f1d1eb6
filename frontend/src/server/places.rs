//! Places of which there are so many in all and so many for one address.

use super::network::Network;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Places that are taken by address.
#[derive(Debug)]
pub(super) struct Places {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    most: Most,
    in_all: usize,
    by_address: HashMap<Network, usize>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default)]
struct Most {
    in_all: usize,
    per_address: usize,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    InAll,
    OfAddress,
}

/// One place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    address: Network,
}

impl Places {
    pub(super) fn new(in_all: usize, per_address: usize) -> Arc<Self> {
        let most = Most { in_all, per_address };
        Arc::new(Self { taken: Mutex::new(Taken { most, ..Taken::default() }) })
    }

    /// So many from now on. Whoever has a place keeps it, also where there are fewer now.
    pub(super) fn bound(&self, in_all: usize, per_address: usize) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).most = Most { in_all, per_address };
    }

    /// A place for this address, if one is free.
    pub(super) fn take(self: &Arc<Self>, address: Network) -> Result<Place, NoPlace> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.in_all >= taken.most.in_all {
            return Err(NoPlace::InAll);
        }
        let here = taken.by_address.get(&address).copied().unwrap_or_default();
        if here >= taken.most.per_address {
            return Err(NoPlace::OfAddress);
        }
        taken.by_address.insert(address, here + 1);
        taken.in_all += 1;
        Ok(Place { places: Arc::clone(self), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all -= 1;
        let left = taken.by_address.get(&self.address).copied().unwrap_or_default();
        if left > 1 {
            taken.by_address.insert(self.address, left - 1);
        } else {
            taken.by_address.remove(&self.address);
        }
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
    fn places_are_bounded_by_address_and_in_all_and_come_back() {
        let places = Places::new(3, 2);
        let (first, second) = (places.take(peer(1)).unwrap(), places.take(peer(1)).unwrap());
        assert_eq!(places.take(peer(1)).err(), Some(NoPlace::OfAddress));
        let _other = places.take(peer(2)).unwrap();
        assert_eq!(places.take(peer(3)).err(), Some(NoPlace::InAll));
        drop(first);
        let third = places.take(peer(1)).unwrap();
        assert_eq!(places.take(peer(1)).err(), Some(NoPlace::InAll));
        drop((second, third));
        let _room_again = (places.take(peer(1)).unwrap(), places.take(peer(1)).unwrap());
        assert_eq!(places.taken.lock().unwrap().by_address.len(), 2, "who left is forgotten");
    }
}
