//! The stores of a cache: the main key space, and one for each namespace.

use super::{Namespace, NamespaceError, NamespaceStats};
use crate::{
    Clock, LargePages, LoginError, LoginFailure, Session, Stats, UserError, Users,
    audit::{Act, Origin, Subject},
    auth::{Grant, Seat},
    config::Opened,
    metering::{Limits, Metered},
    store::{Account, HashKeys, House, NoRandomness, Store},
    sync::{Arc, Mutex, RwLock, StdArc},
    watch::{Lookout, Lookouts},
};
use std::collections::BTreeMap;

/// The stores of a cache, by the names of their namespaces.
#[derive(Debug)]
pub(crate) struct Spaces {
    house: Arc<House>,
    main: StdArc<Store>,
    lookouts: StdArc<Lookouts>,
    users: Users,
    named: RwLock<BTreeMap<String, Space>>,
    /// Held while namespaces or the budget are changed, so that what is reserved is not promised twice.
    arranging: Mutex<()>,
    /// What namespaces did that are gone.
    gone: Mutex<Stats>,
    keys: HashKeys,
    clock: Clock,
    max_value: usize,
}

#[derive(Clone, Debug)]
struct Space {
    terms: Namespace,
    store: StdArc<Store>,
    account: Arc<Account>,
    /// What it takes while it is empty.
    own_charge: usize,
}

impl Spaces {
    pub(crate) fn new(opened: Opened, users: Users) -> Self {
        let Opened { house, main, lookouts, keys, clock, max_value } = opened;
        let main = StdArc::new(main);
        let own_charge = house.used();
        house.join(None, own_charge, Store::as_giver(&main));
        lookouts.post(Store::as_post(&main));
        let (named, arranging) = (RwLock::new(BTreeMap::new()), Mutex::new(()));
        Self {
            house,
            main,
            lookouts,
            users,
            named,
            arranging,
            gone: Mutex::new(Stats::default()),
            keys,
            clock,
            max_value,
        }
    }

    pub(crate) fn users(&self) -> &Users {
        &self.users
    }

    /// The session of somebody who has logged in.
    pub(crate) fn open(&self, grant: Grant, origin: &Origin) -> Result<Session, LoginError> {
        let user: Box<str> = grant.account().name().into();
        let failed = |failure| LoginError::of(&user, failure);
        let store = self.store_of(&user).map_err(|why| {
            self.users.tell_source(&user, &why);
            failed(LoginFailure::UnknownNamespace)
        })?;
        let seat = Seat::take(grant, store, &self.users, origin).map_err(failed)?;
        Ok(Session::new(seat))
    }

    /// The session of trusted code, which need not prove anything.
    pub(crate) fn open_for_code(&self, grant: Grant) -> Result<Session, UserError> {
        let store = self.store_of(grant.account().name())?;
        Ok(Session::new(Seat::of_code(grant, store, &self.users)))
    }

    /// The store of the namespace that the user works in.
    ///
    /// In this order: whoever changes a user's namespace, or removes a namespace, first sees to it that the old one is not found
    /// here any more, and then voids all grants.
    fn store_of(&self, user: &str) -> Result<StdArc<Store>, UserError> {
        match self.users.namespace_of(user) {
            None => Ok(self.main.clone()),
            Some(name) => match self.space(&name) {
                Some(space) => Ok(space.store),
                None => Err(UserError::UnknownNamespace(name)),
            },
        }
    }

    pub(crate) fn main(&self) -> &StdArc<Store> {
        &self.main
    }

    pub(crate) fn list(&self) -> Vec<Namespace> {
        self.named.read().values().map(|space| space.terms.clone()).collect()
    }

    pub(crate) fn add(&self, terms: Namespace) -> Result<(), NamespaceError> {
        let _one_at_a_time = self.arranging.lock();
        if self.named.read().contains_key(&terms.name) {
            return Err(NamespaceError::Exists(terms.name));
        }
        let promise = self.promise(&terms, None)?;
        self.check_reserved(self.house.reserved().saturating_add(promise.reserved))?;
        self.make(terms, promise)
    }

    fn tell(&self, act: Act, name: &str) {
        self.users.tell_changed(Subject::Namespace, act, name, None);
    }

    pub(crate) fn change(&self, terms: Namespace) -> Result<(), NamespaceError> {
        let _one_at_a_time = self.arranging.lock();
        let Some(space) = self.space(&terms.name) else {
            return Err(NamespaceError::Unknown(terms.name));
        };
        let promise = self.promise(&terms, Some(&space))?;
        let others = self.house.reserved().saturating_sub(space.account.reserved());
        self.check_reserved(others.saturating_add(promise.reserved))?;
        self.settle(terms, promise, &space);
        Ok(())
    }

    pub(crate) fn set_limits(&self, name: &str, limits: Limits) -> Result<(), NamespaceError> {
        let _one_at_a_time = self.arranging.lock();
        let mut named = self.named.write();
        let Some(space) = named.get_mut(name) else { return Err(NamespaceError::Unknown(name.to_owned())) };
        let changed = space.terms.limits != limits;
        space.terms.limits = limits;
        space.store.limit(&limits);
        drop(named);
        if changed {
            self.tell(Act::Changed, name);
        }
        Ok(())
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), NamespaceError> {
        let _one_at_a_time = self.arranging.lock();
        self.close(name)
    }

    pub(crate) fn replace(&self, listed: Vec<Namespace>) -> Result<(), NamespaceError> {
        let _one_at_a_time = self.arranging.lock();
        let mut promises: BTreeMap<String, (Namespace, Promise)> = BTreeMap::new();
        for terms in listed {
            let promise = self.promise(&terms, self.space(&terms.name).as_ref())?;
            if let Some((terms, _)) = promises.insert(terms.name.clone(), (terms, promise)) {
                return Err(NamespaceError::NamedTwice(terms.name));
            }
        }
        let now: usize = self.named.read().values().map(|space| space.account.reserved()).sum();
        let then = promises.values().fold(0, |sum: usize, (_, promise)| sum.saturating_add(promise.reserved));
        self.check_reserved(self.house.reserved().saturating_sub(now).saturating_add(then))?;
        let gone: Vec<String> =
            self.named.read().keys().filter(|name| !promises.contains_key(*name)).cloned().collect();
        for name in gone {
            self.close(&name)?;
        }
        // Who is to have less first, so that no more is ever reserved than there is.
        let reserved_now = |name: &str| self.space(name).map_or(0, |space| space.account.reserved());
        let mut promises: Vec<(Namespace, Promise)> = promises.into_values().collect();
        promises.sort_by_key(|(terms, promise)| promise.reserved > reserved_now(&terms.name));
        for (terms, promise) in promises {
            match self.space(&terms.name) {
                Some(space) => self.settle(terms, promise, &space),
                None => self.make(terms, promise)?,
            }
        }
        Ok(())
    }

    /// Changes the budget of all together. Nothing is done if more is reserved than it is to be.
    pub(crate) fn resize(&self, budget: usize) -> Result<(), NamespaceError> {
        let _one_at_a_time = self.arranging.lock();
        let reserved = self.house.reserved();
        if budget < reserved && !self.named.read().is_empty() {
            return Err(NamespaceError::ReservedBeyondBudget { reserved, budget });
        }
        self.house.set_limit(budget);
        self.main.shrink_house(&self.house);
        Ok(())
    }

    pub(crate) fn budget(&self) -> usize {
        self.house.limit()
    }

    /// What the budget cannot be less than.
    pub(crate) fn reserved(&self) -> usize {
        if self.named.read().is_empty() { 0 } else { self.house.reserved() }
    }

    pub(crate) fn lookouts(&self) -> &StdArc<Lookouts> {
        &self.lookouts
    }

    pub(crate) fn maintain(&self) {
        self.stores().iter().for_each(|store| store.maintain());
    }

    pub(crate) fn maintain_large_pages(&self, pages: &mut LargePages) {
        let stores = self.stores();
        pages.go_on(&stores.iter().map(|store| store.surveyed()).collect::<Vec<_>>());
    }

    /// Main first.
    pub(crate) fn stores(&self) -> Vec<StdArc<Store>> {
        let named = self.named.read();
        std::iter::once(&self.main).chain(named.values().map(|space| &space.store)).cloned().collect()
    }

    pub(crate) fn stats(&self) -> Vec<NamespaceStats> {
        let stats = |namespace, store: &StdArc<Store>| NamespaceStats {
            namespace,
            stats: store.totals().into(),
            connections: store.meter().connections(),
            refused: store.meter().refused(),
        };
        let main = stats(Namespace::new(""), &self.main);
        let named: Vec<Space> = self.named.read().values().cloned().collect();
        let named = named.into_iter().map(|space| stats(space.terms, &space.store));
        std::iter::once(main).chain(named).collect()
    }

    /// Of all together.
    pub(crate) fn sum(&self) -> Stats {
        if !self.house.is_shared() {
            return self.main.totals().into();
        }
        let totals: Vec<_> = self.stores().iter().map(|store| store.totals()).collect();
        let pockets: usize = totals.iter().map(|totals| totals.pockets).sum();
        let items = totals.iter().map(|totals| totals.entries).sum();
        let stripes: usize = totals.iter().map(|totals| totals.stripes).sum();
        let fullest_stripe = totals.iter().map(|totals| totals.most_entries).max().unwrap_or(0);
        let counts = totals.into_iter().map(Stats::from).fold(*self.gone.lock(), Stats::and_counts_of);
        Stats {
            items,
            stripes: stripes as u64,
            fullest_stripe,
            bytes: self.house.used().saturating_sub(pockets) as u64,
            budget: self.house.limit() as u64,
            ..counts
        }
    }
}

/// Terms that were found to be possible.
#[derive(Clone, Copy, Debug)]
struct Promise {
    stripes: usize,
    own_charge: usize,
    /// At least what it takes while it is empty, and the smallest of the items that are reserved.
    reserved: usize,
    ceiling: usize,
    max_value: usize,
}

impl Spaces {
    fn space(&self, name: &str) -> Option<Space> {
        self.named.read().get(name).cloned()
    }

    fn promise(&self, terms: &Namespace, present: Option<&Space>) -> Result<Promise, NamespaceError> {
        terms.check()?;
        let stripes = terms.stripes_within(self.house.limit())?;
        let ceiling = terms.ceiling.unwrap_or(usize::MAX);
        let own_charge = match present {
            Some(space) => space.own_charge,
            None => Store::own_charge(stripes, ceiling.min(self.house.limit())),
        };
        // A number of items is promised at least the bytes that it cannot do without.
        let least = own_charge.saturating_add(terms.reserve_items.saturating_mul(Store::LEAST_ITEM));
        if ceiling < least {
            return Err(NamespaceError::CeilingTooLow { least });
        }
        let max_value = self.max_value.min(ceiling / 2);
        Ok(Promise { stripes, own_charge, reserved: terms.reserve.max(least), ceiling, max_value })
    }

    fn check_reserved(&self, reserved: usize) -> Result<(), NamespaceError> {
        let budget = self.house.limit();
        if reserved > budget {
            Err(NamespaceError::ReservedBeyondBudget { reserved, budget })
        } else {
            Ok(())
        }
    }

    fn make(&self, terms: Namespace, promise: Promise) -> Result<(), NamespaceError> {
        let hasher = self.keys.draw(&terms.name).map_err(|NoRandomness| NamespaceError::NoRandomness)?;
        let account = Arc::new(Account::new(promise.reserved, promise.ceiling));
        account.set_most_entries(terms.ceiling_items.unwrap_or(usize::MAX));
        account.reserve_entries(terms.reserve_items);
        let own = Some(account.clone());
        let (stripes, max_value, clock) = (promise.stripes, promise.max_value, self.clock.clone());
        let lookout = Lookout::new(&terms.name, &self.lookouts);
        let store = Store::within(&self.house, lookout, own, stripes, max_value, clock, hasher);
        let store = StdArc::new(store.ok_or(NamespaceError::NoRoom)?);
        store.keep_to_account(promise.max_value);
        store.limit(&terms.limits);
        let own_charge = promise.own_charge;
        self.house.join(Some(account.clone()), own_charge, Store::as_giver(&store));
        self.lookouts.post(Store::as_post(&store));
        let name = terms.name.clone();
        self.named.write().insert(name.clone(), Space { terms, store, account, own_charge });
        self.tell(Act::Added, &name);
        Ok(())
    }

    fn settle(&self, terms: Namespace, promise: Promise, space: &Space) {
        space.account.reserve(promise.reserved);
        space.account.set_ceiling(promise.ceiling);
        space.account.set_most_entries(terms.ceiling_items.unwrap_or(usize::MAX));
        space.account.reserve_entries(terms.reserve_items);
        space.store.keep_to_account(promise.max_value);
        space.store.limit(&terms.limits);
        let changed = space.terms != terms;
        let name = terms.name.clone();
        if let Some(space) = self.named.write().get_mut(&name) {
            space.terms = terms;
        }
        if changed {
            self.tell(Act::Changed, &name);
        }
    }

    fn close(&self, name: &str) -> Result<(), NamespaceError> {
        let gone = self.named.write().remove(name);
        let Some(space) = gone else { return Err(NamespaceError::Unknown(name.to_owned())) };
        // After nobody can be given a new session, and before what they wrote is removed.
        self.users.leave_namespace(name);
        space.account.reserve(0);
        space.account.reserve_entries(0);
        space.store.clear();
        {
            let mut gone = self.gone.lock();
            *gone = gone.and_counts_of(space.store.totals().into());
        }
        drop(space.store);
        self.house.part_from(&space.account);
        self.tell(Act::Removed, name);
        Ok(())
    }
}
