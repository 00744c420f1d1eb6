//! Keyway, through a session: the whole path of an embedder, permission and expiry included.

use super::Peer;
use crate::sample;
use keyway::{Cache, Config, Role, Session, Users};

pub(super) struct Keyway {
    session: Session,
}

const USER: &str = "bench";
/// Items from which the budget of one is read off, so that the share of index, order and ghosts is in it.
const SAMPLES: usize = 1 << 16;
/// Bytes that one takes, roughly.
const ABOUT: usize = 190;

impl Keyway {
    /// The others count items and we count bytes: the budget is what so many items of ours take.
    pub(super) fn with_room_for(items: usize) -> Self {
        let budget = items as u64 * bytes_of_one();
        Self { session: open(Config::new(usize::try_from(budget).unwrap_or(usize::MAX))).1 }
    }

    /// With hashes that are the same on each run.
    pub(super) fn repeatable(items: usize) -> Self {
        let mut config = Config::new(items * ABOUT);
        config.fixed_hash_key = Some([1, 2, 3, 4]);
        Self { session: open(config).1 }
    }
}

/// # Panics
/// If the cache cannot be made: then there is nothing to measure.
#[allow(clippy::expect_used, reason = "without a cache there is nothing to measure")]
fn open(config: Config) -> (Cache, Session) {
    let users = Users::new();
    users.add_trusted(USER, Role::ReadWrite).expect("the name is free");
    let cache = Cache::new(config, users).expect("the budget is no tiny one");
    let session = cache.session_for(USER).expect("the user was just made");
    (cache, session)
}

fn bytes_of_one() -> u64 {
    let (cache, session) = open(Config::new(SAMPLES * ABOUT));
    for number in 0..3 * SAMPLES as u64 {
        // A refused sample would show in the count of items.
        let _ = session.set(&sample::key(number), &sample::value(number));
    }
    let stats = cache.stats();
    stats.budget.div_ceil(stats.items.max(1))
}

impl Peer for Keyway {
    fn name(&self) -> &'static str {
        "keyway"
    }

    #[allow(clippy::expect_used, reason = "a refusal would be measured as speed")]
    fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
        let item = self.session.get(key).expect("the session may read")?;
        Some(sample::belongs(item.value(), number))
    }

    #[allow(clippy::expect_used, reason = "a refusal would be measured as speed")]
    fn set(&self, key: &[u8; sample::KEY], value: &[u8]) {
        self.session.set(key, value).expect("the session may write and the item fits");
    }
}
