//! Keyway through a session: the whole path of an embedder, permission and expiry included.

use super::{FAR, Peer, large::Promotes};
use crate::sample;
use keyway::{Cache, Clock, Config, Draft, Expiry, LargePages, Role, Users};
use std::sync::OnceLock;

pub(in crate::engine) struct Session {
    pub(in crate::engine) cache: Cache,
    pub(in crate::engine) session: keyway::Session,
    expiry: Expiry,
}

const USER: &str = "bench";
/// Items from which the charge of one is read off, so that the share of index, order and ghosts is in it.
const SAMPLES: usize = 1 << 16;
/// Bytes that one takes, roughly.
const ABOUT: usize = 190;
/// Takes long to measure, and leaves freed memory behind, which a process that measures memory must not have.
static CHARGE: OnceLock<u64> = OnceLock::new();

/// Bytes that one item of the samples is charged in a full cache.
pub(in crate::engine) fn charge() -> u64 {
    *CHARGE.get_or_init(|| {
        let full = Session::open(Config::new(SAMPLES * ABOUT), Expiry::After(FAR));
        for number in 0..3 * SAMPLES as u64 {
            full.set(&sample::key(number), &sample::value(number));
        }
        let stats = full.cache.stats();
        stats.budget.div_ceil(stats.items.max(1))
    })
}

/// Another process has found out what one is charged.
pub(in crate::engine) fn charge_is(bytes: u64) {
    CHARGE.get_or_init(|| bytes);
}

impl Session {
    /// The others count items and this one counts bytes: the budget is what so many items take.
    pub(super) fn with_room_for(items: usize) -> Self {
        let budget = usize::try_from(items as u64 * charge()).unwrap_or(usize::MAX);
        Self::with_budget(budget)
    }

    pub(in crate::engine) fn with_budget(bytes: usize) -> Self {
        Self::open(Config::new(bytes), Expiry::After(FAR))
    }

    /// With hashes that are the same on each run.
    pub(in crate::engine) fn repeatable(items: usize, expiry: Expiry, clock: Clock) -> Self {
        let mut config = Config::new(items * ABOUT);
        config.clock = clock;
        config.fixed_hash_key = Some([1, 2, 3, 4]);
        Self::open(config, expiry)
    }

    /// # Panics
    /// If the cache cannot be made: then there is nothing to measure.
    #[allow(clippy::expect_used, reason = "without a cache there is nothing to measure")]
    fn open(config: Config, expiry: Expiry) -> Self {
        let users = Users::new();
        users.add_trusted(USER, Role::ReadWrite).expect("the name is free");
        let cache = Cache::new(config, users).expect("the budget is no tiny one");
        let session = cache.session_for(USER).expect("the user was just made");
        Self { cache, session, expiry }
    }

    #[allow(clippy::expect_used, reason = "a refusal would be measured as speed")]
    pub(in crate::engine) fn set_until(&self, key: &[u8], value: &[u8], expiry: Expiry) {
        let draft = Draft::new(value).expires(expiry);
        self.session.set(key, draft).expect("the session may write and the item fits");
    }
}

impl<const KEY: usize> Peer<KEY> for Session {
    #[allow(clippy::expect_used, reason = "a refusal would be measured as speed")]
    fn holds(&self, key: &[u8; KEY], number: u64) -> Option<bool> {
        let item = self.session.get(key).expect("the session may read")?;
        Some(sample::belongs(item.value(), number))
    }

    fn set(&self, key: &[u8; KEY], value: &[u8]) {
        self.set_until(key, value, self.expiry);
    }

    fn maintain(&self) {
        self.cache.maintain();
    }
}

impl Promotes for Session {
    fn maintain_large_pages(&self, pages: &mut LargePages) {
        self.cache.maintain_large_pages(pages);
    }
}
