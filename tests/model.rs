//! Random operations on the cache beside an obviously right LRU, through the public API alone.
//!
//! What must agree whatever is evicted: a hit has exactly the value, flags and version of the last write; a refusal
//! is refused on both sides; nothing that was removed, flushed or expired comes back; the budget holds. With room for
//! everything, every answer must agree.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]

use keyway::{Cache, Clock, Config, Delta, Draft, Refusal, Role, Session, Users, Version};
use proptest::prelude::*;
use std::time::Duration;

/// Most recently used last. Bytes are counted without overhead, so it holds at least what the cache may hold.
struct NaiveLru {
    entries: Vec<Entry>,
    seconds: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    key: u8,
    value: Vec<u8>,
    flags: u32,
    version: Version,
    ends: Option<u64>,
}

impl NaiveLru {
    fn find(&mut self, key: u8) -> Option<&mut Entry> {
        let now = self.seconds;
        self.entries.retain(|entry| entry.ends.is_none_or(|ends| now < ends));
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        let entry = self.entries.remove(at);
        self.entries.push(entry);
        self.entries.last_mut()
    }

    fn remove(&mut self, key: u8) -> bool {
        let there = self.find(key).is_some();
        self.entries.retain(|entry| entry.key != key);
        there
    }

    fn store(&mut self, key: u8, value: Vec<u8>, flags: u32, ttl: Option<u64>, version: Version) {
        self.remove(key);
        let ends = ttl.map(|ttl| self.seconds + ttl);
        self.entries.push(Entry { key, value, flags, version, ends });
    }
}

#[derive(Clone, Debug)]
enum Op {
    Get(u8),
    Set { key: u8, len: usize, flags: u32, ttl: Option<u64> },
    Add { key: u8, len: usize },
    Replace { key: u8, len: usize },
    CasLast { key: u8, len: usize },
    Append { key: u8, front: bool },
    Incr { key: u8, amount: u64, initial: Option<u64> },
    Decr { key: u8, amount: u64 },
    Touch { key: u8, ttl: Option<u64> },
    Delete(u8),
    Flush,
    Pass(u64),
    Maintain,
}

fn op() -> impl Strategy<Value = Op> {
    let key = || 0u8..40;
    let len = || prop_oneof![8 => 0usize..300, 1 => 3000usize..5000];
    let ttl = || proptest::option::of(1u64..20);
    prop_oneof![
        10 => key().prop_map(Op::Get),
        10 => (key(), len(), any::<u32>(), ttl()).prop_map(|(key, len, flags, ttl)| Op::Set { key, len, flags, ttl }),
        2 => (key(), len()).prop_map(|(key, len)| Op::Add { key, len }),
        2 => (key(), len()).prop_map(|(key, len)| Op::Replace { key, len }),
        2 => (key(), len()).prop_map(|(key, len)| Op::CasLast { key, len }),
        2 => (key(), any::<bool>()).prop_map(|(key, front)| Op::Append { key, front }),
        3 => (key(), any::<u64>(), proptest::option::of(any::<u64>()))
            .prop_map(|(key, amount, initial)| Op::Incr { key, amount, initial }),
        2 => (key(), any::<u64>()).prop_map(|(key, amount)| Op::Decr { key, amount }),
        2 => (key(), ttl()).prop_map(|(key, ttl)| Op::Touch { key, ttl }),
        2 => key().prop_map(Op::Delete),
        1 => Just(Op::Flush),
        2 => (1u64..8).prop_map(Op::Pass),
        1 => Just(Op::Maintain),
    ]
}

/// The cache under test with its model; `roomy` says that nothing may be missing from the cache.
struct Pair {
    cache: Cache,
    session: Session,
    clock: Clock,
    model: NaiveLru,
    serial: u8,
    roomy: bool,
}

const MAX_VALUE: usize = 4096;

impl Pair {
    fn new(budget: usize, stripes: usize, roomy: bool) -> Self {
        let clock = Clock::manual();
        let mut config = Config::new(budget);
        config.max_value = MAX_VALUE;
        config.stripes = stripes;
        config.clock = clock.clone();
        let cache = Cache::new(config, Users::new()).unwrap();
        cache.users().add_trusted("model", Role::ReadWrite).unwrap();
        let session = cache.session_for("model").unwrap();
        let model = NaiveLru { entries: Vec::new(), seconds: 0 };
        Self { cache, session, clock, model, serial: 0, roomy }
    }

    /// What the cache holds for the key must be what the model holds, or nothing where eviction may have taken it:
    /// then the model forgets it too.
    fn agree(&mut self, key: u8) -> Option<Entry> {
        let item = self.session.get(&[key]).unwrap();
        let expected = self.model.find(key).cloned();
        match (&item, &expected) {
            (Some(item), Some(entry)) => {
                assert_eq!((item.value(), item.flags()), (&entry.value[..], entry.flags));
                assert_eq!(item.version(), entry.version);
            }
            (Some(item), None) => panic!("came back from nowhere: {item:?}"),
            (None, Some(entry)) => {
                assert!(!self.roomy, "lost without need: {entry:?}");
                self.model.remove(key);
            }
            (None, None) => {}
        }
        item.and(expected)
    }

    fn fresh(&mut self, len: usize) -> Vec<u8> {
        self.serial = self.serial.wrapping_add(1);
        vec![self.serial; len]
    }

    fn stored(
        &mut self,
        key: u8,
        value: Vec<u8>,
        flags: u32,
        ttl: Option<u64>,
        got: Result<Version, Refusal>,
    ) {
        if value.len() > MAX_VALUE {
            assert_eq!(got, Err(Refusal::TooLarge { limit: MAX_VALUE }));
            return;
        }
        self.model.store(key, value, flags, ttl, got.unwrap());
    }

    fn run(&mut self, op: &Op) {
        match *op {
            Op::Get(key) => drop(self.agree(key)),
            Op::Set { key, len, flags, ttl } => {
                let value = self.fresh(len);
                let mut draft = Draft::new(&value).flags(flags);
                if let Some(ttl) = ttl {
                    draft = draft.expires(Duration::from_secs(ttl));
                }
                let got = self.session.set(&[key], draft);
                if got.is_err() {
                    self.model.remove(key);
                }
                self.stored(key, value, flags, ttl, got);
            }
            Op::Add { key, len } => {
                let there = self.agree(key).is_some();
                let value = self.fresh(len);
                let got = self.session.add(&[key], &value);
                if there && len <= MAX_VALUE {
                    return assert_eq!(got, Err(Refusal::Exists));
                }
                self.stored(key, value, 0, None, got);
            }
            Op::Replace { key, len } => {
                let there = self.agree(key).is_some();
                let value = self.fresh(len);
                let got = self.session.replace(&[key], &value);
                if !there && len <= MAX_VALUE {
                    return assert_eq!(got, Err(Refusal::NotFound));
                }
                self.stored(key, value, 0, None, got);
            }
            Op::CasLast { key, len } => {
                let Some(entry) = self.agree(key) else { return };
                let value = self.fresh(len.min(MAX_VALUE));
                let got = self.session.cas(&[key], &value, entry.version);
                assert_eq!(self.session.cas(&[key], "late", entry.version), Err(Refusal::Exists));
                self.stored(key, value, 0, None, got);
            }
            Op::Append { key, front } => self.join(key, front),
            Op::Incr { key, amount, initial } => {
                let delta =
                    initial.map_or_else(|| Delta::by(amount), |value| Delta::by(amount).or_initial(value));
                self.count(
                    key,
                    initial,
                    |session| session.incr(&[key], delta),
                    |value| value.wrapping_add(amount),
                );
            }
            Op::Decr { key, amount } => {
                self.count(
                    key,
                    None,
                    |session| session.decr(&[key], amount),
                    |value| value.saturating_sub(amount),
                );
            }
            Op::Touch { key, ttl } => {
                let there = self.agree(key).is_some();
                let expiry = ttl.map_or(keyway::Expiry::Never, |ttl| Duration::from_secs(ttl).into());
                assert_eq!(self.session.touch(&[key], expiry), Ok(there));
                let now = self.model.seconds;
                if let Some(entry) = self.model.find(key) {
                    entry.ends = ttl.map(|ttl| now + ttl);
                }
            }
            Op::Delete(key) => {
                let there = self.agree(key).is_some();
                assert_eq!(self.session.delete(&[key]), Ok(there));
                self.model.remove(key);
            }
            Op::Flush => {
                self.session.flush().unwrap();
                self.model.entries.clear();
            }
            Op::Pass(seconds) => {
                // A little more than the seconds: a deadline may be late by two ticks of a sixteenth.
                self.clock.advance(Duration::from_millis(seconds * 1000 + 130));
                self.model.seconds += seconds;
            }
            Op::Maintain => self.cache.maintain(),
        }
        let stats = self.cache.stats();
        assert!(stats.bytes <= stats.budget, "{stats:?}");
    }

    fn join(&mut self, key: u8, front: bool) {
        let there = self.agree(key);
        let more = self.fresh(200);
        let got = match front {
            true => self.session.prepend(&[key], &more),
            false => self.session.append(&[key], &more),
        };
        let Some(mut entry) = there.filter(|entry| entry.value.len() + more.len() <= MAX_VALUE) else {
            return assert_eq!(got, Err(Refusal::NotStored));
        };
        entry.value = if front { [more, entry.value].concat() } else { [entry.value, more].concat() };
        entry.version = got.unwrap();
        self.model.remove(key);
        self.model.entries.push(entry);
    }

    fn count(
        &mut self,
        key: u8,
        initial: Option<u64>,
        verb: impl FnOnce(&Session) -> Result<keyway::Counter, Refusal>,
        step: impl FnOnce(u64) -> u64,
    ) {
        let there = self.agree(key);
        let got = verb(&self.session);
        let Some(mut entry) = there else {
            let Some(initial) = initial else { return assert_eq!(got, Err(Refusal::NotFound)) };
            let counter = got.unwrap();
            assert_eq!(counter.value, initial);
            return self.model.store(key, initial.to_string().into_bytes(), 0, None, counter.version);
        };
        let text = std::str::from_utf8(&entry.value).ok().filter(|text| text.len() <= 20);
        let Some(value) = text.and_then(|text| text.parse().ok()) else {
            return assert_eq!(got, Err(Refusal::NotNumeric));
        };
        let counter = got.unwrap();
        assert_eq!(counter.value, step(value));
        entry.value = counter.value.to_string().into_bytes();
        entry.version = counter.version;
        self.model.remove(key);
        self.model.entries.push(entry);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_room_for_everything_the_cache_is_the_model(ops in proptest::collection::vec(op(), 1..400)) {
        let mut pair = Pair::new(1 << 20, 4, true);
        ops.iter().for_each(|op| pair.run(op));
        (0..40).for_each(|key| drop(pair.agree(key)));
        prop_assert_eq!(pair.cache.stats().evictions, 0);
    }

    #[test]
    fn under_pressure_the_cache_never_says_what_the_model_does_not(
        ops in proptest::collection::vec(op(), 200..600),
        stripes in prop_oneof![Just(1usize), Just(4)],
    ) {
        let mut pair = Pair::new(12 << 10, stripes, false);
        ops.iter().for_each(|op| pair.run(op));
        (0..40).for_each(|key| drop(pair.agree(key)));
    }
}

#[test]
fn under_pressure_something_is_evicted() {
    let mut pair = Pair::new(12 << 10, 1, false);
    (0..40).for_each(|key| pair.run(&Op::Set { key, len: 1000, flags: 0, ttl: None }));
    let stats = pair.cache.stats();
    assert!(stats.evictions >= 25 && stats.items >= 8, "{stats:?}");
}
