//! The core of the engine: a lock-striped cache of entries inside one budget. It knows no bytes protocol, no user, no wall clock:
//! keys, time and permission come in with each call.
//!
//! - An entry lives in one of the stripes, by its key's hash. A hit takes that stripe's shared lock, touches one line of
//!   its index and the entry, and moves nothing.
//! - The budget is shared by all stripes. Bytes are taken from it before the allocator is asked, so it holds at every
//!   moment. A writer makes room in its own stripe first, then in the others, one lock at a time.
//! - At most one stripe's lock is held at a time, and no entry is dropped under it.
//! - A stripe's tables grow a small piece at a time: see `index` and `queue`.

mod biased_lock;
mod budget;
mod dump;
mod entry;
mod evacuation;
mod hash;
mod haul;
mod house;
mod index;
mod order;
mod policy;
mod prefetch;
mod queue;
mod read;
mod read_many;
mod readers;
mod region;
mod resize;
mod restore;
mod round;
mod signposts;
mod stripe;
mod stripe_count;
mod survey;
mod tally;
#[cfg(all(test, not(loom)))]
mod tests;
mod time;
mod upkeep;
mod walk;
mod watch;
mod write;

pub(crate) use budget::{Account, Bound, Budget, Giver, House, Tables};
use budget::{Asked, Purse};
pub(crate) use dump::DumpFrom;
pub use dump::Part;
pub use entry::Cause;
pub(crate) use entry::{Change, Entry, NoPlace, Ordinal, Recipe};
pub(crate) use hash::Hash;
pub(crate) use prefetch::{CACHE_LINE, prefetch_owned};
pub(crate) use read::LookUp;
pub(crate) use region::{BYTES as REGION, Promotion, Region, can_promote};
pub(crate) use stripe_count::{rounded_stripes, stripes_for};
pub(crate) use survey::{Survey, SurveyFrom};
pub(crate) use time::{Deadline, Glance, Now, Time};
pub(crate) use walk::WalkFrom;
pub(crate) use watch::Watch;

use crate::sync::{Arc, AtomicU64, AtomicUsize, CachePadded, Ordering};
use biased_lock::BiasedLock;
use policy::{Growth, Referee, Regime};
use signposts::Signposts;
use std::hash::{BuildHasher, Hasher};
use stripe::Stripe;
use tally::{Outcome, Tally};

/// No room could be made: even with everything else evicted, the entry does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// A smaller budget is not worth a referee.
const REFEREED_FROM: usize = 256 << 10;
/// Numbers of writes that a stripe draws at once.
const ORDINALS_DRAWN: u64 = 256;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Engine<E, S, W = ()> {
    stripes: Box<[Guarded<E>]>,
    signposts: Signposts,
    /// As many as there are stripes.
    tallies: Box<[CachePadded<Tally>]>,
    hasher: S,
    watch: W,
    // Apart: each hit looks at what is above, and these are written now and then.
    ordinals: CachePadded<AtomicU64>,
    /// Where whoever wants bytes of this engine for another one begins.
    next_to_give: CachePadded<AtomicUsize>,
    /// None in a cache too small for a sample.
    referee: Option<Referee>,
    /// The last, since what it holds is given back when it is dropped.
    budget: Budget,
}

/// A stripe and its lock, on cache lines that nothing else is on: processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Guarded<E> {
    lock: BiasedLock<Stripe<E>>,
}

/// What the engine holds and did, summed over its stripes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) entries: u64,
    /// How many stripes there are, and what the one with most has.
    pub(crate) stripes: usize,
    pub(crate) most_entries: u64,
    pub(crate) charged: usize,
    /// Of which nothing is charged, though it was taken from the budget: what stripes keep for their next writes.
    pub(crate) pockets: usize,
    pub(crate) limit: usize,
    pub(crate) stored: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) evicted: u64,
    pub(crate) expired: u64,
    pub(crate) replaced: u64,
    pub(crate) removed: u64,
}

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// What the engine itself asks of the allocator for each stripe, before any entry.
    pub(crate) const STRIPE_CHARGE: usize = size_of::<Guarded<E>>() + size_of::<CachePadded<Tally>>();

    /// In a house of its own. `stripes` is a power of two. `None` if the budget does not even hold the empty stripes.
    pub(crate) fn new(limit: usize, tables: Tables, stripes: usize, hasher: S, watch: W) -> Option<Self> {
        let budget = Budget::new(Arc::new(House::new(limit)), None, tables, stripes);
        Self::within(budget, stripes, hasher, watch, Time(0))
    }

    /// What an engine of so many stripes takes while it is empty, at most.
    pub(crate) fn own_charge(stripes: usize, may_hold: usize) -> usize {
        let referee = if may_hold >= REFEREED_FROM { Referee::CHARGE } else { 0 };
        let signposts = Signposts::of_a_stripe(stripes, may_hold, Tables::Charged);
        stripes
            .saturating_mul(Self::STRIPE_CHARGE)
            .saturating_add(referee)
            .saturating_add(Signposts::charge(stripes, signposts))
    }

    /// With what this budget allows; others make room for the empty stripes.
    pub(crate) fn within(budget: Budget, stripes: usize, hasher: S, watch: W, now: Time) -> Option<Self> {
        debug_assert!(stripes.is_power_of_two());
        let take = |bytes| {
            let (mut purse, price) = (Purse::of(&budget), budget.price(bytes));
            // Others may have given more.
            purse.gather(price, Asked::OthersInDebt, now) && purse.spend(price)
        };
        let signposts = Signposts::of_a_stripe(stripes, budget.limit(), budget.tables());
        let own = stripes.checked_mul(Self::STRIPE_CHARGE)?;
        if !take(own.saturating_add(Signposts::charge(stripes, signposts))) {
            return None;
        }
        let signposts = Signposts::new(stripes, signposts);
        let tallies = (0..stripes).map(|_| CachePadded::new(Tally::new())).collect();
        let stripes = (0..stripes).map(|_| Guarded { lock: BiasedLock::new(Stripe::new()) }).collect();
        let large = budget.price(1) == 0 || budget.limit() >= REFEREED_FROM;
        let refereed = large && take(Referee::CHARGE);
        let referee = refereed.then(Referee::new);
        let (ordinals, next_to_give) =
            (CachePadded::new(AtomicU64::new(0)), CachePadded::new(AtomicUsize::new(0)));
        Some(Self { stripes, signposts, tallies, hasher, watch, ordinals, next_to_give, referee, budget })
    }

    /// The hash of a key that is bytes.
    #[inline]
    pub(crate) fn hash_bytes(&self, key: &[u8]) -> Hash {
        let mut hasher = self.hasher.build_hasher();
        // Without the length that a slice's own `Hash` writes first: nothing follows the key.
        hasher.write(key);
        Hash::new(hasher.finish())
    }

    /// The hash of any key. A hasher of the caller's need not be a good one: each part of the result depends on all of what it
    /// says.
    #[inline]
    pub(crate) fn hash_one<K: std::hash::Hash + ?Sized>(&self, key: &K) -> Hash {
        const ODD: u128 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(self.hasher.hash_one(key) ^ 0x5851_f42d_4c95_7f2d) * ODD;
        let [high, low] = [product >> 64, product & u128::from(u64::MAX)];
        Hash::new(u64::try_from(high ^ low).unwrap_or(0))
    }

    /// A handle on what a look-up would find, shown to `note` first; but it counts neither as a hit or a miss nor as a use.
    pub(crate) fn peek(
        &self,
        hash: Hash,
        is_it: impl Fn(&E) -> bool,
        now: &impl Now,
        note: impl FnOnce(&E),
    ) -> Option<E> {
        let stripe = self.stripe_of(hash).lock.read();
        let found = stripe.look_up(stripe.home(hash), hash, is_it).filter(|entry| !entry.has_expired(now))?;
        if stripe.flush_is_due(|| now.now()) {
            return None;
        }
        note(found);
        Some(found.clone())
    }

    #[inline]
    fn regime(&self) -> Regime {
        self.referee.as_ref().map_or(Regime::TwoQueues, Referee::regime)
    }

    #[inline]
    pub(crate) fn watch(&self) -> &W {
        &self.watch
    }

    /// Whom evictions are told, if anybody wants to know.
    #[inline]
    fn eviction_watch(&self) -> Option<&dyn Watch<E>> {
        if self.watch.wants_evictions() { Some(&self.watch) } else { None }
    }

    pub(crate) fn limit(&self) -> usize {
        self.budget.limit()
    }

    pub(crate) fn totals(&self) -> Totals {
        let start = Totals { charged: self.budget.used(), limit: self.budget.limit(), ..Totals::default() };
        self.stripes.iter().zip(&self.tallies).fold(start, |sum, (guarded, tally)| {
            let (entries, counts, pocket) = {
                let stripe = guarded.lock.read_rarely();
                (stripe.len() as u64, stripe.counts(), stripe.pocket())
            };
            Totals {
                entries: sum.entries + entries,
                stripes: sum.stripes + 1,
                most_entries: sum.most_entries.max(entries),
                charged: sum.charged.saturating_sub(pocket),
                pockets: sum.pockets + pocket,
                stored: sum.stored + counts.stored,
                evicted: sum.evicted + counts.evicted,
                expired: sum.expired + counts.expired,
                replaced: sum.replaced + counts.replaced,
                removed: sum.removed + counts.removed,
                hits: sum.hits + tally.sum(Outcome::Hit),
                misses: sum.misses + tally.sum(Outcome::Miss),
                ..sum
            }
        })
    }

    #[inline]
    fn stripe_of(&self, hash: Hash) -> &Guarded<E> {
        &self.stripes[hash.stripe(self.stripes.len())]
    }

    /// Numbers of writes that nobody else gets, for a stripe that has changed so: an occasion to tell the referee.
    #[cold]
    fn draw_ordinals(&self, growth: Growth) -> std::ops::Range<u64> {
        // Relaxed: the addition is atomic, and nothing else is read on the strength of its value.
        let first = self.ordinals.fetch_add(ORDINALS_DRAWN, Ordering::Relaxed);
        if let Some(referee) = &self.referee {
            referee.note_growth(growth);
        }
        first..first + ORDINALS_DRAWN
    }
}
