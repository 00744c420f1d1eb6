//! The engine: a lock-striped cache of entries inside one byte budget. It knows no bytes protocol, no user, no wall
//! clock: keys, time and permission come in with each call.
//!
//! - An entry lives in one of the stripes, by its key's hash. A hit takes that stripe's shared lock, touches its
//!   index and the entry, and moves nothing.
//! - The budget is shared by all stripes. Bytes are taken from it before the allocator is asked, so it holds at every
//!   moment. A writer makes room in its own stripe first, then in the others, one lock at a time.
//! - At most one stripe's lock is held at a time, and no entry is dropped under it.
//! - Order is that of a lazy LRU: a hit only counts a use in the entry; the eviction hand moves used entries to the
//!   front instead of evicting them.

mod budget;
mod entry;
mod hash;
mod index;
mod recency;
mod stripe;
#[cfg(all(test, not(loom)))]
mod tests;
mod time;

pub(crate) use entry::{Change, Entry, Mark, Ordinal};
pub(crate) use hash::Hash;
pub(crate) use time::{Deadline, Now, Time};

use crate::sync::{AtomicU64, Ordering, RwLock};
use budget::{Budget, Purse};
use std::hash::BuildHasher;
use stripe::{Limbo, Short, Stripe};

/// No room could be made: even with everything else evicted, the entry does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// A write sweeps so many slots of its stripe for expired entries: its share of the upkeep.
const SWEPT_BY_A_WRITE: usize = 2;
/// `maintain` holds a stripe's lock for no more than so many slots (some microseconds).
const SWEPT_PER_LOCK: usize = 1024;
/// A writer that needs room from other stripes takes at most so many entries from one before it looks at the next.
const EVICTED_PER_VISIT: usize = 16;
/// A writer begins anew so often when other writers grow the index under it while it collects room.
const PUT_ATTEMPTS: usize = 8;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Engine<E, S> {
    stripes: Box<[Guarded<E>]>,
    budget: Budget,
    hasher: S,
}

/// A stripe, its lock and its read counters, on cache lines of their own: the lock word is written by each hit, so
/// the counters beside it cost no further line.
#[derive(Debug)]
#[repr(align(128))]
struct Guarded<E> {
    lock: RwLock<Stripe<E>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What the engine holds and did, summed over its stripes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) entries: u64,
    pub(crate) charged: usize,
    pub(crate) limit: usize,
    pub(crate) stored: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) evicted: u64,
    pub(crate) expired: u64,
}

impl<E: Entry, S: BuildHasher> Engine<E, S> {
    /// What the engine itself asks of the allocator for each stripe, before any entry.
    pub(crate) const STRIPE_CHARGE: usize = size_of::<Guarded<E>>();

    /// `stripes` is a power of two. `None` if the budget does not even hold the empty stripes.
    pub(crate) fn new(limit: usize, stripes: usize, hasher: S) -> Option<Self> {
        debug_assert!(stripes.is_power_of_two());
        let budget = Budget::new(limit);
        if !budget.take(stripes.checked_mul(Self::STRIPE_CHARGE)?) {
            return None;
        }
        let guarded = |number: u64| Guarded {
            lock: RwLock::new(Stripe::new(number)),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        };
        Some(Self { stripes: (0..stripes as u64).map(guarded).collect(), budget, hasher })
    }

    /// The entry for this key, if it is there and has not expired. `admit` is asked under the lock and before the
    /// look-up: a refusal says nothing about the key.
    #[inline]
    pub(crate) fn read<X>(
        &self,
        key: &E::Key,
        now: &impl Now,
        admit: impl FnOnce() -> Result<(), X>,
    ) -> Result<Option<E>, X> {
        let hash = self.hash(key);
        let guarded = &self.stripes[hash.stripe(self.stripes.len())];
        let found = {
            let stripe = guarded.lock.read();
            admit()?;
            let live = |entry: &&E| {
                let deadline = entry.mark().deadline();
                deadline.is_none() || !deadline.passed(now.now())
            };
            let found = stripe.find(hash, key).filter(live);
            // An entry of before a due flush is gone, whether or not somebody has cleared the stripe yet.
            found.filter(|_| !stripe.flush_is_due(|| now.now())).map(|entry| {
                entry.mark().note_use();
                entry.clone()
            })
        };
        let counter = if found.is_some() { &guarded.hits } else { &guarded.misses };
        // Relaxed: counter only.
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(found)
    }

    /// Looks up the entry for `key` and carries out what `decide` wants done, as one step: no other write of the
    /// key's stripe comes between. `decide` may be asked again if room must be made elsewhere first; only its last
    /// answer counts. The ordinal is for an entry that it puts.
    pub(crate) fn write<T, X: From<NoRoom>>(
        &self,
        key: &E::Key,
        now: &impl Now,
        admit: impl Fn() -> Result<(), X>,
        mut decide: impl FnMut(Option<&E>, Ordinal) -> Result<(Change<E>, T), X>,
    ) -> Result<T, X> {
        let hash = self.hash(key);
        let now = now.now();
        let own = hash.stripe(self.stripes.len());
        let mut purse = Purse::of(&self.budget);
        for _ in 0..PUT_ATTEMPTS {
            let mut limbo = Limbo::new();
            let short = {
                let mut stripe = self.up_to_date(own, now);
                admit()?;
                stripe.sweep_on(SWEPT_BY_A_WRITE, now, &mut purse, &mut limbo);
                let ordinal = stripe.next_ordinal(self.stripes.len() as u64);
                let present = stripe.find(hash, key);
                let slot = present.map(|entry| entry.mark().slot());
                let live = present.filter(|entry| !entry.mark().expired(now));
                let (change, answer) = decide(live, ordinal)?;
                match apply(&mut stripe, change, hash, slot, now, &mut purse, &mut limbo) {
                    Ok(()) => return Ok(answer),
                    Err(short) => short,
                }
            };
            drop(limbo);
            if !self.collect(short, own, now, &mut purse) {
                break;
            }
        }
        Err(X::from(NoRoom))
    }

    /// Everything stored so far is gone when this returns. Stripe by stripe; `admit` is asked under each lock.
    pub(crate) fn flush<X>(&self, admit: impl Fn() -> Result<(), X>) -> Result<(), X> {
        for guarded in &self.stripes {
            let mut purse = Purse::of(&self.budget);
            let cleared = {
                let mut stripe = guarded.lock.write();
                admit()?;
                stripe.clear()
            };
            cleared.release(&mut purse);
        }
        Ok(())
    }

    /// At `deadline`, everything stored until then is gone. It takes the place of an earlier order; none calls it
    /// off.
    pub(crate) fn flush_at<X>(
        &self,
        deadline: Deadline,
        now: &impl Now,
        admit: impl Fn() -> Result<(), X>,
    ) -> Result<(), X> {
        for number in 0..self.stripes.len() {
            let mut stripe = self.up_to_date(number, now.now());
            admit()?;
            stripe.flush_at(deadline);
        }
        Ok(())
    }

    /// Gives back the memory of all expired entries, holding each lock for a bounded time.
    pub(crate) fn maintain(&self, now: &impl Now) {
        let now = now.now();
        for number in 0..self.stripes.len() {
            let mut place = Some(0);
            while let Some(from) = place {
                let mut purse = Purse::of(&self.budget);
                let mut limbo = Limbo::new();
                place = self.up_to_date(number, now).sweep(from, SWEPT_PER_LOCK, now, &mut purse, &mut limbo);
            }
        }
    }

    pub(crate) fn totals(&self) -> Totals {
        let start = Totals { charged: self.budget.used(), limit: self.budget.limit(), ..Totals::default() };
        self.stripes.iter().fold(start, |sum, guarded| {
            let (entries, counts) = {
                let stripe = guarded.lock.read();
                (stripe.len() as u64, stripe.counts())
            };
            Totals {
                entries: sum.entries + entries,
                stored: sum.stored + counts.stored,
                evicted: sum.evicted + counts.evicted,
                expired: sum.expired + counts.expired,
                // Relaxed: counters only.
                hits: sum.hits + guarded.hits.load(Ordering::Relaxed),
                misses: sum.misses + guarded.misses.load(Ordering::Relaxed),
                ..sum
            }
        })
    }

    #[inline]
    fn hash(&self, key: &E::Key) -> Hash {
        Hash::new(self.hasher.hash_one(key))
    }

    /// Locks a stripe for writing and first carries out a flush that has come due. The stripe is cleared in one
    /// step; what it held is dropped after its lock was let go and taken anew.
    fn up_to_date(&self, number: usize, now: Time) -> impl std::ops::DerefMut<Target = Stripe<E>> + '_ {
        loop {
            let mut stripe = self.stripes[number].lock.write();
            if !stripe.flush_is_due(|| now) {
                return stripe;
            }
            let cleared = stripe.clear();
            drop(stripe);
            cleared.release(&mut Purse::of(&self.budget));
        }
    }

    /// Evicts from the stripes other than `own`, a few entries of each at a time, until what was missing is in the
    /// purse. False if nobody has anything left to give.
    fn collect(&self, short: Short, own: usize, now: Time, purse: &mut Purse<'_>) -> bool {
        let enough = purse.held() + short.0;
        let count = self.stripes.len();
        loop {
            let mut found = false;
            for number in (1..count).map(|step| (own + step) % count) {
                if purse.fill(enough) {
                    return true;
                }
                let mut limbo = Limbo::new();
                let mut stripe = self.stripes[number].lock.write();
                for _ in 0..EVICTED_PER_VISIT {
                    if purse.held() >= enough || !stripe.evict_one(None, now, purse, &mut limbo) {
                        break;
                    }
                    found = true;
                }
                drop(stripe);
            }
            if !found {
                return purse.fill(enough);
            }
        }
    }
}

/// Carries out what a decision wants done.
fn apply<E: Entry>(
    stripe: &mut Stripe<E>,
    change: Change<E>,
    hash: Hash,
    slot: Option<u32>,
    now: Time,
    purse: &mut Purse<'_>,
    limbo: &mut Limbo<E>,
) -> Result<(), Short> {
    match (change, slot) {
        (Change::Put(entry), slot) => stripe.put(hash, slot, entry, now, purse, limbo)?,
        (Change::Redate(deadline), Some(slot)) => stripe.redate(hash, slot, deadline),
        (Change::Remove, Some(slot)) => stripe.remove(slot, purse, limbo),
        (Change::Keep | Change::Redate(_) | Change::Remove, _) => {}
    }
    Ok(())
}
