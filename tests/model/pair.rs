//! The cache beside its model: each operation is done to both, and what they answer must agree.

use crate::{
    naive::{Entry, MAX_VALUE, Naive, Shown, Stored, When},
    op::{Body, Given, Key, Op, Seconds, Ttl},
};
use keyway::{
    Cache, Clock, Config, Delta, Draft, Expiry, Item, Refusal, Role, Session, Stats, Users, Version,
};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, SystemTime},
};

/// Whether the cache may have lost what the model holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    ForAll,
    ForSome,
}

/// Where an append or a prepend puts its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Front,
    Back,
}

pub(crate) struct Pair {
    pub(crate) cache: Cache,
    session: Session,
    clock: Clock,
    model: Naive,
    room: Room,
    serial: u8,
    /// Each version that was ever given out.
    versions: HashSet<Version>,
    /// The first and the last version of each key.
    history: HashMap<Key, (Version, Version)>,
}

impl Pair {
    pub(crate) fn new(budget: usize, stripes: usize, room: Room) -> Self {
        let clock = Clock::manual();
        let mut config = Config::new(budget);
        config.max_value = MAX_VALUE;
        config.stripes = stripes;
        config.clock = clock.clone();
        let cache = Cache::new(config, Users::new()).unwrap();
        Self::in_namespace(&cache, &clock, None, room)
    }

    /// In a cache that others use too.
    pub(crate) fn in_namespace(cache: &Cache, clock: &Clock, namespace: Option<&str>, room: Room) -> Self {
        let user = namespace.unwrap_or("model");
        cache.users().add_trusted(user, Role::ReadWrite).unwrap();
        cache.users().set_namespace(user, namespace).unwrap();
        let (cache, session, clock) = (cache.clone(), cache.session_for(user).unwrap(), clock.clone());
        let (model, versions, history) = Default::default();
        Self { cache, session, clock, model, room, serial: 0, versions, history }
    }

    /// Somebody else has moved the clock.
    pub(crate) fn time_has_passed(&mut self, Seconds(seconds): Seconds) {
        self.model.now += u64::from(seconds);
    }

    pub(crate) fn stats(&self) -> Stats {
        self.session.stats().unwrap()
    }

    pub(crate) fn run(&mut self, op: Op) {
        match op {
            Op::Get(key) => self.look(key),
            Op::Set { key, body, flags, ttl, given } => {
                self.put(key, When::Always, (body, flags, ttl), given)
            }
            Op::Add { key, body, flags, ttl, given } => {
                self.put(key, When::Absent, (body, flags, ttl), given)
            }
            Op::Replace { key, body, flags, ttl, given } => {
                self.put(key, When::Present, (body, flags, ttl), given);
            }
            Op::Cas { key, body, given } => self.cas(key, body, given),
            Op::Append { key, body, given } => self.join(key, body, given, End::Back),
            Op::Prepend { key, body, given } => self.join(key, body, given, End::Front),
            Op::Incr { key, amount, initial, given } => {
                self.count(key, initial, given, amount, Session::incr, u64::wrapping_add);
            }
            Op::Decr { key, amount, initial, given } => {
                self.count(key, initial, given, amount, Session::decr, u64::saturating_sub);
            }
            Op::Touch { key, ttl } => {
                self.forgive(key);
                let touched = self.session.touch(&key.bytes(), ttl.expiry()).unwrap();
                assert_eq!(touched, self.model.live(key).is_some(), "touched");
                self.redate(key, ttl);
            }
            Op::GetAndTouch { key, ttl } => {
                self.forgive(key);
                let item = self.session.get_and_touch(&key.bytes(), ttl.expiry()).unwrap();
                agree(item.as_ref(), self.model.live(key));
                self.redate(key, ttl);
            }
            Op::Delete { key, given } => {
                self.forgive(key);
                let deleted = match self.version(key, given) {
                    None => (self.session.delete(&key.bytes()), self.model.delete(key, None)),
                    Some(version) => (
                        self.session.delete_given(&key.bytes(), version),
                        self.model.delete(key, Some(version)),
                    ),
                };
                assert_eq!(deleted.0, deleted.1, "deleted");
            }
            Op::Flush => {
                self.session.flush().unwrap();
                self.model.flush();
            }
            Op::FlushLater(ttl) => {
                self.session.flush_later(ttl.expiry()).unwrap();
                self.model.flush_later(ttl.ends(self.model.now));
            }
            Op::Pass(Seconds(seconds)) => {
                self.clock.advance(Duration::from_secs(seconds.into()));
                self.model.now += u64::from(seconds);
            }
            Op::Maintain => self.maintain(),
        }
        let stats = self.cache.stats();
        assert!(stats.bytes <= stats.budget, "{stats:?}");
    }

    /// What the cache has for the key must be what the model has.
    pub(crate) fn look(&mut self, key: Key) {
        self.forgive(key);
        agree(self.session.get(&key.bytes()).unwrap().as_ref(), self.model.live(key));
    }

    /// Where eviction may have taken the key, the model forgets it too. Otherwise nobody looks before the verb does.
    fn forgive(&mut self, key: Key) {
        if self.room == Room::ForSome && self.session.get(&key.bytes()).unwrap().is_none() {
            self.model.remove(key);
        }
    }

    fn maintain(&mut self) {
        self.cache.maintain();
        if self.room == Room::ForAll {
            let stats = self.stats();
            assert_eq!(stats.items, self.model.len() as u64, "expired items were given back");
            assert_eq!(stats.evictions, 0, "there was room for all");
        }
    }

    fn put(&mut self, key: Key, when: When, (body, flags, ttl): (Body, u32, Ttl), given: Given) {
        self.forgive(key);
        let (value, given) = (self.fresh(body), self.version(key, given));
        let bytes = value.clone();
        let mut draft = Draft::new(&bytes).flags(flags).expires(ttl.expiry());
        draft = given.map_or(draft, |version| draft.given(version));
        let got = match when {
            When::Always => self.session.set(&key.bytes(), draft),
            When::Absent => self.session.add(&key.bytes(), draft),
            When::Present => self.session.replace(&key.bytes(), draft),
        };
        let entry = Entry { value, flags, ends: ttl.ends(self.model.now), version: None };
        let expected = self.model.put(key, when, entry, given);
        let stored = settle(got, expected);
        self.note(key, stored);
    }

    fn cas(&mut self, key: Key, body: Body, given: Given) {
        self.forgive(key);
        let Some(version) = self.version(key, given) else { return };
        let value = self.fresh(body);
        let got = self.session.cas(&key.bytes(), &value, version);
        let entry = Entry { value, flags: 0, ends: None, version: None };
        let stored = settle(got, self.model.put(key, When::Always, entry, Some(version)));
        self.note(key, stored);
    }

    fn join(&mut self, key: Key, body: Body, given: Given, end: End) {
        self.forgive(key);
        let (more, given) = (self.fresh(body), self.version(key, given));
        let mut draft = Draft::new(&more);
        draft = given.map_or(draft, |version| draft.given(version));
        let key_bytes = key.bytes();
        let (got, expected) = match end {
            End::Back => (
                self.session.append(&key_bytes, draft),
                self.model.join(key, |present| [present, &more].concat(), given),
            ),
            End::Front => (
                self.session.prepend(&key_bytes, draft),
                self.model.join(key, |present| [&more, present].concat(), given),
            ),
        };
        let stored = settle(got, expected);
        self.note(key, stored);
    }

    fn count(
        &mut self,
        key: Key,
        initial: Option<(u64, Ttl)>,
        given: Given,
        amount: u64,
        verb: fn(&Session, &[u8], Delta) -> Result<keyway::Counter, Refusal>,
        step: fn(u64, u64) -> u64,
    ) {
        self.forgive(key);
        let given = self.version(key, given);
        let mut delta = Delta::by(amount);
        delta = initial.map_or(delta, |(value, ttl)| delta.or_initial_expiring(value, ttl.expiry()));
        delta = given.map_or(delta, |version| delta.given(version));
        let got = verb(&self.session, &key.bytes(), delta);
        let now = self.model.now;
        let initial = initial.map(|(value, ttl)| Entry {
            value: value.to_string().into_bytes(),
            flags: 0,
            ends: ttl.ends(now),
            version: None,
        });
        let expected = self.model.count(key, |value| step(value, amount), initial, given);
        if let (Ok(counter), Ok(entry)) = (&got, &expected) {
            assert_eq!(Shown(counter.value.to_string().as_bytes()), Shown(&entry.value));
        }
        let stored = settle(got.map(|counter| counter.version), expected);
        self.note(key, stored);
    }

    fn redate(&mut self, key: Key, ttl: Ttl) {
        let ends = ttl.ends(self.model.now);
        if let Some(entry) = self.model.live(key) {
            entry.ends = ends;
        }
    }

    fn note(&mut self, key: Key, stored: Option<Version>) {
        if let Some(version) = stored {
            assert!(self.versions.insert(version), "{version:?} was given out before");
            self.history.entry(key).or_insert((version, version)).1 = version;
        }
    }

    /// A key without history is asked for by a version that nobody gets.
    fn version(&self, key: Key, given: Given) -> Option<Version> {
        let nobodys = Version::from_number(u64::MAX);
        let history = self.history.get(&key);
        match given {
            Given::Any => None,
            Given::First => history.map(|(first, _)| *first).or(nobodys),
            Given::Last => history.map(|(_, last)| *last).or(nobodys),
        }
    }

    fn fresh(&mut self, body: Body) -> Vec<u8> {
        self.serial = (self.serial + 1) % 26;
        match body {
            Body::Letters(len) => vec![b'a' + self.serial; len.0.into()],
            Body::Number(number) => number.to_string().into_bytes(),
        }
    }
}

/// The cache found what the model holds.
fn agree(item: Option<&Item>, entry: Option<&mut Entry>) {
    let found = item.map(|item| (Shown(item.value()), item.flags(), Some(item.version())));
    let expected = entry.map(|entry| (Shown(&entry.value), entry.flags, entry.version));
    assert_eq!(found, expected);
}

/// Both did it, and the model learns the version; or both refused it for the same reason.
fn settle(got: Result<Version, Refusal>, expected: Stored<'_>) -> Option<Version> {
    match (got, expected) {
        (Ok(version), Ok(entry)) => {
            entry.version = Some(version);
            Some(version)
        }
        (got, expected) => {
            assert_eq!(got.err(), expected.as_ref().err().copied(), "the model did: {expected:?}");
            None
        }
    }
}

impl Ttl {
    fn expiry(self) -> Expiry {
        match self {
            Self::Never => Expiry::Never,
            Self::AtOnce => Duration::ZERO.into(),
            Self::InThePast => SystemTime::UNIX_EPOCH.into(),
            Self::After(Seconds(seconds)) => Duration::from_millis(u64::from(seconds) * 1000 + 500).into(),
        }
    }

    /// The first whole second at which it is over.
    fn ends(self, now: u64) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::AtOnce | Self::InThePast => Some(now),
            Self::After(Seconds(seconds)) => Some(now + u64::from(seconds) + 1),
        }
    }
}
