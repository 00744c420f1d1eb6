//! Keyway through a session, with items of one size and a budget in which the wanted number of them finds room.

use super::Peer;
use keyway::{Cache, Config, Role, Session, Users};

/// Large beside what index and order take, so that the number of items is what the budget says.
const VALUE: [u8; 1000] = [0; 1000];

pub(super) struct Keyway {
    session: Session,
}

impl Keyway {
    pub(super) fn with_room_for(room: usize) -> Self {
        let mut budget = 2048 + room * (VALUE.len() + 64);
        let mut best = (usize::MAX, budget);
        // The budget with which the right number is held, by correcting for what was held too many or too few.
        for _ in 0..8 {
            let held = Self::holds(budget, room);
            best = best.min((held.abs_diff(room), budget));
            budget = (budget + room * VALUE.len()).saturating_sub(held * VALUE.len());
        }
        let (off, budget) = best;
        assert!(off * 200 <= room.max(400), "{off} of {room} entries too many or too few");
        Self { session: Self::open(budget, room).0 }
    }

    /// How many items stay with this budget when three times the wanted number pass by.
    fn holds(budget: usize, room: usize) -> usize {
        let (session, cache) = Self::open(budget, room);
        let keys = u32::try_from(room * 3).unwrap_or(u32::MAX);
        (0..keys).for_each(|key| set(&session, u32::MAX - key));
        usize::try_from(cache.stats().items).unwrap_or_default()
    }

    fn open(budget: usize, room: usize) -> (Session, Cache) {
        let mut config = Config::new(budget);
        config.max_value = VALUE.len();
        config.stripes = super::stripes_for(room);
        let users = Users::new();
        let opened = users
            .add_trusted("bench", Role::ReadWrite)
            .ok()
            .and_then(|()| Cache::new(config, users).ok())
            .and_then(|cache| Some((cache.session_for("bench").ok()?, cache)));
        let Some(opened) = opened else { panic!("a cache with a budget of {budget} opens") };
        opened
    }
}

fn set(session: &Session, key: u32) {
    let stored = session.set(&key.to_be_bytes(), &VALUE[..]);
    assert!(stored.is_ok(), "{stored:?}");
}

impl Peer for Keyway {
    fn name(&self) -> &'static str {
        "Keyway"
    }

    fn holds(&mut self, key: u32) -> bool {
        matches!(self.session.get(&key.to_be_bytes()), Ok(Some(_)))
    }

    fn store(&mut self, key: u32) {
        set(&self.session, key);
    }
}
