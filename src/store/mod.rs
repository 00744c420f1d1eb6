//! What clients of memcached expect of each verb, said as decisions over the engine: each runs as one step under the
//! lock of its key's stripe.

mod concat;
mod counter;
mod hash_keys;
mod hot;
mod limited;
mod observed;
#[cfg(all(test, not(loom)))]
mod tests;

pub(crate) use crate::core::{Account, House, Totals};
pub(crate) use concat::End;
pub(crate) use counter::Direction;
pub(crate) use hash_keys::{HashKeys, NoRandomness};

use hot::{Leads, Owner};

use crate::{
    Draft, Expiry, Item, Refusal, Version,
    clock::Clock,
    core::{
        self, Bound, Budget, Change, Engine, Giver, Glance, Hash, NoRoom, Now, Ordinal, Recipe, Survey,
        Tables, Time, rounded_stripes, stripes_for,
    },
    item::{Mould, NoMemory, Parts, Unfilled},
    key::Key,
    metering::Meter,
    sync::{Arc, AtomicUsize, Ordering, StdArc, Weak},
    watch::Lookout,
};

/// The items, by their keys.
#[derive(Debug)]
pub(crate) struct Store {
    engine: Engine<Item, ahash::RandomState, Lookout>,
    clock: Clock,
    max_value: AtomicUsize,
    owner: Owner,
    meter: Meter,
}

/// A read that has begun.
pub(crate) type LookUp<'a> = core::LookUp<'a, Item, ahash::RandomState, Lookout>;

/// Room for the items that the order of a stripe needs to choose from.
const BYTES_PER_STRIPE: usize = 64 << 10;

/// What must be there for a value to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    Absent,
    Present,
}

impl Store {
    /// What the smallest item takes at least: with a key of one byte, a handle in the index and a place in the order.
    pub(crate) const LEAST_ITEM: usize = Item::OVERHEAD + 1 + 2 * size_of::<u64>();

    /// What one of so many stripes takes while it is empty, if it may come to hold so much.
    pub(crate) fn own_charge(stripes: usize, may_hold: usize) -> usize {
        Engine::<Item, ahash::RandomState, Lookout>::own_charge(stripes, may_hold)
    }

    /// What suits such a budget and so many cores.
    pub(crate) fn stripes_for(budget: usize, cores: usize) -> usize {
        stripes_for(budget, BYTES_PER_STRIPE, cores)
    }

    /// As many stripes as a store can have, if this many are asked for.
    pub(crate) fn rounded_stripes(stripes: usize) -> Option<usize> {
        rounded_stripes(stripes)
    }

    /// A store in this house, with an account of its own or without one. `None` if the budget does not even hold the empty
    /// stripes. `stripes` is a power of two.
    pub(crate) fn within(
        house: &Arc<House>,
        lookout: Lookout,
        account: Option<Arc<Account>>,
        stripes: usize,
        max_value: usize,
        clock: Clock,
        hasher: ahash::RandomState,
    ) -> Option<Self> {
        let budget = Budget::new(house.clone(), account, Tables::Charged, stripes);
        let engine = Engine::within(budget, stripes, hasher, lookout, clock.now())?;
        let max_value = AtomicUsize::new(max_value.min(Item::MAX_VALUE));
        let meter = Meter::new(clock.clone());
        Some(Self { engine, clock, max_value, owner: Owner::new(), meter })
    }

    /// As the house knows it.
    pub(crate) fn as_giver(store: &StdArc<Self>) -> Weak<dyn Giver> {
        let giver: StdArc<dyn Giver> = store.clone();
        StdArc::downgrade(&giver)
    }

    /// Has all stores of the house give what is held beyond its limit.
    pub(crate) fn shrink_house(&self, house: &House) {
        house.shrink(self.clock.now());
    }

    /// Lets go of everything.
    pub(crate) fn clear(&self) {
        let Ok(()) = self.engine.flush(|| Ok::<_, std::convert::Infallible>(()));
    }

    /// After the bounds of its account were moved: lets go of what is beyond them.
    pub(crate) fn keep_to_account(&self, max_value: usize) {
        // Relaxed: whoever sees the one before has another chance of room.
        self.max_value.store(max_value.min(Item::MAX_VALUE), Ordering::Relaxed);
        self.engine.keep_to_account(&self.clock);
    }

    /// One look at the clock for all that one verb does.
    #[inline]
    pub(super) fn glance(&self) -> Glance<'_, Clock> {
        Glance::at(&self.clock)
    }

    #[inline]
    fn probe<'k>(&self, key: Key<'k>) -> (Hash, impl Fn(&Item) -> bool + use<'k>) {
        (self.engine.hash_bytes(key.bytes()), move |item| item.is_for(key.bytes()))
    }

    /// Put together with each verb: nothing is left of what they have in common but one call.
    #[inline(always)]
    pub(super) fn write<T, R: Recipe<Item>>(
        &self,
        key: Key<'_>,
        now: &Glance<'_, Clock>,
        admit: impl Fn() -> Result<(), Refusal>,
        decide: impl FnMut(Option<&Item>, Ordinal) -> Result<(Change<R>, T), Refusal>,
    ) -> Result<T, Refusal> {
        if self.lookout().is_on() {
            self.observe_write(key);
        }
        let (hash, is_it) = self.probe(key);
        self.engine.write(hash, is_it, now, admit, decide)
    }

    /// Begins a read. Tells nobody: for as long as [`is_watched_or_limited`](Self::is_watched_or_limited) does not hold.
    #[inline(always)]
    pub(crate) fn look_up(&self, key: Key<'_>) -> LookUp<'_> {
        self.engine.look_up(self.engine.hash_bytes(key.bytes()))
    }

    /// What a look-up of this key finds.
    #[inline(always)]
    pub(crate) fn take(&self, look_up: LookUp<'_>, key: Key<'_>) -> Option<Item> {
        let bits = look_up.hash().shard();
        match hot::leads(bits) {
            Leads::No => look_up.take(|item| item.is_for(key.bytes()), &self.clock, Item::clone),
            leads => self.take_leader(look_up, key, bits, leads),
        }
    }

    /// As `take`, of a key that may be hot.
    #[inline(never)]
    fn take_leader(&self, look_up: LookUp<'_>, key: Key<'_>, bits: usize, leads: Leads) -> Option<Item> {
        let is_it = |item: &Item| item.is_for(key.bytes());
        if leads == Leads::InPlaceOfACopied {
            let found = look_up.take(is_it, &self.clock, Item::clone);
            hot::forget(bits);
            return found;
        }
        let (item, then) = look_up.take(is_it, &self.clock, |item| self.owner.handle(item, bits))?;
        then.carry_out(&item, bits);
        Some(item)
    }

    pub(crate) fn get_many<K: AsRef<[u8]>>(
        &self,
        keys: &[K],
        admit: impl Fn(&[u8]) -> Result<(), Refusal>,
    ) -> Result<Vec<Option<Item>>, Refusal> {
        let hash_of = |key: &K| Ok(self.engine.hash_bytes(Key::new(key.as_ref())?.bytes()));
        let admit = |key: &K| admit(key.as_ref());
        let is_it = |key: &K, item: &Item| item.is_for(key.as_ref());
        let found = self.engine.read_many(keys, hash_of, is_it, &self.clock, admit, Item::clone)?;
        if self.lookout().is_on() {
            self.observe_gets(keys, &found);
        }
        Ok(found)
    }

    /// Passes over those of which `permit` says no.
    pub(crate) fn fetch_many<K: AsRef<[u8]>>(&self, keys: &[K], permit: impl Fn(&[u8]) -> bool) {
        let hash_of = |key: &K| {
            let key = Key::new(key.as_ref()).ok().filter(|key| permit(key.bytes()))?;
            Some(self.engine.hash_bytes(key.bytes()))
        };
        self.engine.fetch_many(keys, hash_of);
    }

    #[inline]
    pub(crate) fn put(
        &self,
        key: &[u8],
        draft: &Draft<'_>,
        when: When,
        admit: &impl Fn() -> Result<(), Refusal>,
    ) -> Result<Version, Refusal> {
        let key = Key::new(key)?;
        if draft.value.len() > self.max_value() {
            return Err(self.refuse(self.too_large(), key, when, admit));
        }
        match Mould::of(Self::parts(key, draft)) {
            Some(mould) => self.put_mould(key, &mould, draft, when, admit),
            None => self.put_large(key, draft, when, admit),
        }
    }

    #[inline(never)]
    fn put_large(
        &self,
        key: Key<'_>,
        draft: &Draft<'_>,
        when: When,
        admit: &impl Fn() -> Result<(), Refusal>,
    ) -> Result<Version, Refusal> {
        match Self::parts(key, draft).whole() {
            Ok(item) => self.put_whole(key, &item, draft, when, admit),
            Err(NoMemory) => Err(self.refuse(Refusal::NoRoom, key, when, admit)),
        }
    }

    /// As `put`, with an item that is there already and that nobody else has.
    pub(crate) fn put_item(
        &self,
        item: &Item,
        expiry: Expiry,
        given: Option<Version>,
        when: When,
        admit: &impl Fn() -> Result<(), Refusal>,
    ) -> Result<Version, Refusal> {
        let key = Key::new(item.key())?;
        let draft = Draft { given, ..Draft::new(item.value()).flags(item.flags()).expires(expiry) };
        if draft.value.len() > self.max_value() {
            return Err(self.refuse(self.too_large(), key, when, admit));
        }
        self.put_whole(key, item, &draft, when, admit)
    }

    /// What was made of the draft before.
    #[inline(never)]
    fn put_whole(
        &self,
        key: Key<'_>,
        item: &Item,
        draft: &Draft<'_>,
        when: When,
        admit: &impl Fn() -> Result<(), Refusal>,
    ) -> Result<Version, Refusal> {
        self.put_mould(key, &Mould::around(Self::parts(key, draft), item), draft, when, admit)
    }

    #[inline]
    fn parts<'a>(key: Key<'a>, draft: &Draft<'a>) -> Parts<'a> {
        Parts::new(key, [draft.value, &[]], draft.flags)
    }

    /// Put together with each of its two callers as a whole.
    #[inline(always)]
    fn put_mould(
        &self,
        key: Key<'_>,
        mould: &Mould<'_>,
        draft: &Draft<'_>,
        when: When,
        admit: &impl Fn() -> Result<(), Refusal>,
    ) -> Result<Version, Refusal> {
        let now = self.glance();
        let prepare = || {
            admit()?;
            // Not before: the memory that the key leads to is on its way meanwhile.
            mould.end_at(now.deadline(draft.expiry));
            Ok(())
        };
        let stored = self.write(key, &now, prepare, move |present, ordinal| {
            check(when, draft.given, present)?;
            Ok((Change::Put(mould), version_of(ordinal)))
        });
        stored.map_err(|refusal| match refusal {
            Refusal::NoRoom => self.refuse(refusal, key, when, admit),
            _ => refusal,
        })
    }

    fn too_large(&self) -> Refusal {
        Refusal::TooLarge { limit: self.max_value() }
    }

    /// An item to be filled in.
    pub(crate) fn unfilled(&self, key: &[u8], len: usize, flags: u32) -> Result<Unfilled, Refusal> {
        let key = Key::new(key)?;
        if len > self.max_value() {
            return Err(self.too_large());
        }
        Ok(Unfilled::new(key, flags, len)?)
    }

    /// What is refused so. Who calls `set` means to replace what is there; when that fails, nobody shall go on reading the old value.
    #[cold]
    fn refuse(
        &self,
        refusal: Refusal,
        key: Key<'_>,
        when: When,
        admit: &impl Fn() -> Result<(), Refusal>,
    ) -> Refusal {
        let gone = match when {
            When::Always => self.write(key, &self.glance(), admit, |_, _| Ok((Change::<Item>::Remove, ()))),
            When::Absent | When::Present => admit(),
        };
        gone.err().unwrap_or(refusal)
    }

    /// Moves an item's expiry; its version stays.
    pub(crate) fn touch(
        &self,
        key: &[u8],
        expiry: Expiry,
        admit: impl Fn() -> Result<(), Refusal>,
    ) -> Result<Option<Item>, Refusal> {
        let now = self.glance();
        let deadline = now.deadline(expiry);
        self.write(Key::new(key)?, &now, admit, |present, _| {
            let change = if present.is_some() { Change::<Item>::Redate(deadline) } else { Change::Keep };
            Ok((change, present.cloned()))
        })
    }

    /// Whether there was an item to remove.
    pub(crate) fn delete(
        &self,
        key: &[u8],
        given: Option<Version>,
        admit: impl Fn() -> Result<(), Refusal>,
    ) -> Result<bool, Refusal> {
        self.write(Key::new(key)?, &self.glance(), admit, |present, _| {
            let Some(item) = present else {
                return Ok((Change::<Item>::Keep, false));
            };
            if given.is_some_and(|version| version != item.version()) {
                return Err(Refusal::Exists);
            }
            Ok((Change::Remove, true))
        })
    }

    pub(crate) fn flush(&self, admit: impl Fn() -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.engine.flush(admit)
    }

    pub(crate) fn flush_later(
        &self,
        when: Expiry,
        admit: impl Fn() -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.engine.flush_at(self.glance().deadline(when), &self.clock, admit)
    }

    pub(crate) fn name(&self) -> &str {
        self.lookout().name()
    }

    pub(crate) fn maintain(&self) {
        self.engine.maintain(&self.clock);
    }

    pub(crate) fn surveyed(&self) -> &dyn Survey {
        &self.engine
    }

    pub(crate) fn totals(&self) -> Totals {
        self.engine.totals()
    }

    #[inline]
    pub(crate) fn max_value(&self) -> usize {
        // Relaxed: a plain number.
        self.max_value.load(Ordering::Relaxed)
    }
}

impl Giver for Store {
    fn give(&self, bytes: usize, bound: Bound, now: Time) -> usize {
        self.engine.give(bytes, bound, now)
    }

    fn tidy_up(&self) {
        self.engine.give_back_slabs();
    }
}

/// The version of what a write stores.
#[inline]
fn version_of(ordinal: Ordinal) -> Version {
    Version::from_number(ordinal.number()).unwrap_or(Version::FIRST)
}

/// Whether a value may be stored over what is present.
#[inline]
fn check(when: When, given: Option<Version>, present: Option<&Item>) -> Result<(), Refusal> {
    match (present, given) {
        (None, Some(_)) => Err(Refusal::NotFound),
        (Some(item), Some(version)) if item.version() != version => Err(Refusal::Exists),
        (Some(_), _) if when == When::Absent => Err(Refusal::Exists),
        (None, None) if when == When::Present => Err(Refusal::NotFound),
        _ => Ok(()),
    }
}

impl From<NoMemory> for Refusal {
    fn from(_: NoMemory) -> Self {
        Self::NoRoom
    }
}

impl From<NoRoom> for Refusal {
    fn from(_: NoRoom) -> Self {
        Self::NoRoom
    }
}
