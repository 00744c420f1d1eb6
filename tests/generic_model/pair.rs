//! The generic cache beside its model: each operation is done to both, and what they answer must agree, also under pressure: the
//! model learns from the listener what went.

use crate::{
    naive::{Counted, Naive, Value},
    op::{Key, Limit, Meanwhile, Op, Seconds, To, Weight},
};
use keyway::{
    Clock,
    engine::{Builder, Cache, Cause, Dumped, Held, NotStored, Part, Pinned, Update},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

type Told = Arc<Mutex<Vec<(Key, Value, Cause)>>>;
type Answer = Result<Option<Held<Key, Value>>, NotStored>;

/// What a story begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) limit: Limit,
    pub(crate) stripes: usize,
    /// Seconds.
    pub(crate) live: Option<u8>,
    pub(crate) idle: Option<u8>,
}

pub(crate) struct Pair {
    pub(crate) cache: Cache<Key, Value>,
    start: Start,
    clock: Clock,
    told: Told,
    model: Naive,
    limit: u64,
    /// What it all weighed after the last operation.
    weighed: u64,
    pins: BTreeMap<Key, Pinned<Key, Value>>,
    serial: u32,
}

/// Half a second more, so that it ends with the whole second after.
fn late(seconds: u64) -> Duration {
    Duration::from_secs(seconds) + Duration::from_millis(500)
}

impl Pair {
    pub(crate) fn new(start: Start) -> Self {
        let (clock, told) = (Clock::manual(), Told::default());
        let log = told.clone();
        let mut builder =
            Builder::with_weight(start.limit.0.into(), |_: &Key, value: &Value| value.weight.0.into())
                .stripes(start.stripes)
                .clock(clock.clone())
                .listener(move |held, cause| log.lock().unwrap().push((*held.key(), **held, cause)));
        if let Some(seconds) = start.live {
            builder = builder.time_to_live(late(seconds.into()));
        }
        if let Some(seconds) = start.idle {
            builder = builder.time_to_idle(late(seconds.into()));
        }
        let cache = builder.build().unwrap();
        let (live, idle) = (start.live.map(u64::from), start.idle.map(u64::from));
        let model = Naive::new(live, idle);
        Self {
            cache,
            start,
            clock,
            told,
            model,
            limit: start.limit.0.into(),
            weighed: 0,
            pins: BTreeMap::new(),
            serial: 0,
        }
    }

    pub(crate) fn run(&mut self, op: Op) {
        match op {
            Op::Get(key) => {
                let expected = self.model.read(key);
                self.agree(self.cache.get(&key), expected);
            }
            Op::Peek(key) => self.agree(self.cache.peek(&key), self.model.value(key)),
            Op::GetMany(keys) => {
                for (key, found) in keys.iter().zip(self.cache.get_many(&keys)) {
                    let expected = self.model.read(*key);
                    self.agree(found, expected);
                }
            }
            Op::Insert { key, weight } => self.insert(key, weight, None),
            Op::InsertFor { key, weight, time } => self.insert(key, weight, Some(time)),
            Op::InsertIfAbsent { key, weight } => self.insert_if_absent(key, weight),
            Op::Set { key, weight, time } => self.set(key, weight, time),
            Op::Remove(key) => {
                let removed = self.cache.remove(&key);
                self.removed(key, removed, |_| true);
            }
            Op::RemoveIf(key) => {
                let removed = self.cache.remove_if(&key, |value| value.is_odd());
                self.removed(key, removed, Value::is_odd);
            }
            Op::Compute { key, to } => self.compute(key, to),
            Op::Load { key, weight, meanwhile } => self.load(key, weight, meanwhile),
            Op::Touch { key, time } => {
                let touched = self.cache.touch(&key, late(time.0.into()));
                assert_eq!(touched, self.model.entry(key).is_some(), "touched");
                if touched {
                    self.model.bound(key, Some(self.model.now + u64::from(time.0) + 1));
                }
            }
            Op::Pin(key) => {
                if self.pins.remove(&key).is_none()
                    && let Some(pinned) = self.cache.pin(&key)
                {
                    self.agree(Some((*pinned).clone()), self.model.value(key));
                    self.pins.insert(key, pinned);
                }
            }
            Op::Retain => {
                let expected = self.model.all().into_iter().filter(|(_, value)| value.is_odd()).collect();
                self.cache.retain(|_, value| !value.is_odd());
                assert_eq!(self.settle(), expected, "what was not retained");
            }
            Op::Clear => {
                let expected = self.model.all();
                self.cache.clear();
                let removed = self.settle();
                assert!(expected.iter().all(|(key, value)| removed.get(key) == Some(value)), "cleared");
                assert_eq!(self.model.held(), (0, 0));
            }
            Op::LookAtAll => self.look_at_all(),
            Op::Reopen(limit) => self.reopen(limit),
            Op::Resize(limit) => {
                let fits = self.cache.resize(limit.0.into());
                assert!(fits || !self.pins.is_empty(), "only what is pinned stays");
                self.limit = limit.0.into();
            }
            Op::Pass(seconds) => {
                self.clock.advance(Duration::from_secs(seconds.0.into()));
                self.model.now += u64::from(seconds.0);
            }
            Op::Maintain => {
                self.cache.maintain();
                self.settle();
                assert!(self.model.holds_nothing_that_ended());
            }
        }
        assert!(self.settle().is_empty(), "something was removed that nobody had removed");
        let stats = self.cache.stats();
        assert_eq!((stats.entries, stats.weight), self.model.held());
        // A limit that what was pinned has kept from being reached is come nearer to by each write.
        assert!(stats.weight <= self.limit.max(self.weighed), "{stats:?}");
        self.weighed = stats.weight;
        assert_eq!(Counted::from(stats), self.model.counted);
    }

    fn agree(&self, found: Option<Held<Key, Value>>, expected: Option<Value>) {
        assert_eq!(found.map(|held| *held), expected);
    }

    fn value(&mut self, weight: Weight) -> Value {
        self.serial += 1;
        Value { serial: self.serial, weight }
    }

    /// What the listener was told goes from the model too. What was removed.
    fn settle(&mut self) -> BTreeMap<Key, Value> {
        let mut removed = BTreeMap::new();
        for (key, value, cause) in std::mem::take(&mut *self.told.lock().unwrap()) {
            let pinned = self.pins.get(&key).is_some_and(|pinned| ***pinned == value);
            assert!(cause != Cause::Evicted || !pinned, "{key:?} is pinned");
            self.model.leave(key, value, cause);
            if cause == Cause::Removed {
                removed.insert(key, value);
            }
        }
        removed
    }

    fn removed(&mut self, key: Key, removed: Option<Held<Key, Value>>, is_wanted: fn(Value) -> bool) {
        let expected = self.model.value(key).filter(|value| is_wanted(*value));
        self.agree(removed, expected);
        let told = self.settle();
        assert_eq!(
            told.into_iter().collect::<Vec<_>>(),
            expected.map(|value| (key, value)).into_iter().collect::<Vec<_>>()
        );
    }

    /// Whether it was right to store this, or not to.
    fn check_fit<T>(&self, value: Value, stored: &Result<T, NotStored>) -> bool {
        let fits = value.weighs() <= self.limit;
        if stored.is_ok() {
            assert!(fits, "{value:?} is too heavy");
        } else {
            assert!(!fits || !self.pins.is_empty(), "there is room for {value:?}");
        }
        stored.is_ok()
    }

    fn insert(&mut self, key: Key, weight: Weight, time: Option<Seconds>) {
        let value = self.value(weight);
        let before = self.model.value(key);
        let answer = match time {
            Some(time) => self.cache.insert_for(key, value, late(time.0.into())),
            None => self.cache.insert(key, value),
        };
        let stored = self.check_fit(value, &answer);
        self.put_in_place(key, value, time, stored);
        if let Ok(replaced) = answer {
            self.agree(replaced, before);
        }
    }

    fn set(&mut self, key: Key, weight: Weight, time: Option<Seconds>) {
        let value = self.value(weight);
        let answer = match time {
            Some(time) => self.cache.set_for(key, value, late(time.0.into())),
            None => self.cache.set(key, value),
        };
        let stored = self.check_fit(value, &answer);
        self.put_in_place(key, value, time, stored);
    }

    /// What was stored whatever was there, if it was.
    fn put_in_place(&mut self, key: Key, value: Value, time: Option<Seconds>, stored: bool) {
        let removed = self.settle();
        if stored {
            assert!(removed.is_empty());
            self.model.put(key, value, time.map(|time| time.0.into()));
        } else {
            assert!(removed.keys().all(|gone| *gone == key));
            assert_eq!(self.model.value(key), None, "nobody reads on what was to be replaced");
        }
    }

    fn put_if_stored(&mut self, key: Key, value: Value, answer: &Answer) {
        if self.check_fit(value, answer) {
            assert!(self.settle().is_empty());
            self.model.put(key, value, None);
        }
    }

    fn insert_if_absent(&mut self, key: Key, weight: Weight) {
        let value = self.value(weight);
        let answer = self.cache.insert_if_absent(key, value);
        match self.model.value(key) {
            Some(present) => self.agree(answer.unwrap(), Some(present)),
            None => self.put_if_stored(key, value, &answer),
        }
    }

    fn compute(&mut self, key: Key, to: To) {
        let (before, mut seen) = (self.model.value(key), None);
        let next = match to {
            To::Keep => Update::Keep,
            To::Remove => Update::Remove,
            To::Put(weight) => Update::Put(self.value(weight)),
        };
        let answer = self.cache.compute(&key, |value| {
            seen = value.copied();
            next
        });
        assert_eq!(seen, before);
        match next {
            Update::Keep => self.agree(answer.unwrap(), before),
            Update::Remove => {
                assert!(answer.unwrap().is_none());
                let removed = self.settle();
                assert_eq!(removed.get(&key), before.as_ref());
            }
            Update::Put(value) => {
                self.put_if_stored(key, value, &answer);
                assert!(answer.is_ok() || self.cache.peek(&key).map(|held| *held) == before, "as it was");
            }
        }
    }

    fn load(&mut self, key: Key, weight: Weight, meanwhile: Meanwhile) {
        let (loaded, cache) = (self.value(weight), self.cache.clone());
        let other = match meanwhile {
            Meanwhile::Inserted(weight) | Meanwhile::InsertedAndRemoved(weight) => Some(self.value(weight)),
            _ => None,
        };
        let (mut inserted, mut ran) = (None, false);
        let found = self.cache.try_get_or_insert_with(&key, || {
            ran = true;
            inserted = other.map(|other| cache.insert(key, other));
            match meanwhile {
                Meanwhile::Fails => return Err(()),
                Meanwhile::Removed | Meanwhile::InsertedAndRemoved(_) => drop(cache.remove(&key)),
                Meanwhile::Cleared => cache.clear(),
                Meanwhile::Retained => cache.retain(|_, _| true),
                Meanwhile::Nothing | Meanwhile::Inserted(_) => {}
            }
            Ok(loaded)
        });
        let expected = self.model.read(key);
        assert_eq!(ran, expected.is_none(), "a loader runs if there is no value");
        if !ran {
            return self.agree(found.ok(), expected);
        }
        self.model.counted.loads += 1;
        self.model.counted.loads_failed += u64::from(found.is_err());
        let inserted = other.zip(inserted).filter(|(other, answer)| self.check_fit(*other, answer));
        if let Some((other, _)) = inserted {
            // Room for it was made before it came; what of all that was told went before it does not matter here.
            let told = std::mem::take(&mut *self.told.lock().unwrap());
            let (own, others) = told.into_iter().partition(|(_, value, _)| *value == other);
            *self.told.lock().unwrap() = others;
            self.settle();
            self.model.put(key, other, None);
            *self.told.lock().unwrap() = own;
        }
        self.settle();
        let stays = match (meanwhile, inserted) {
            (Meanwhile::Fails, _) => return assert!(found.is_err()),
            (Meanwhile::Inserted(_), Some((other, _))) => return self.agree(found.ok(), Some(other)),
            (Meanwhile::Nothing, _) => self.cache.peek(&key).is_some(),
            _ => false,
        };
        self.agree(found.ok(), Some(loaded));
        if matches!(meanwhile, Meanwhile::Nothing) {
            self.check_fit(loaded, &if stays { Ok(()) } else { Err(self.refusal()) });
        }
        if stays {
            self.model.put(key, loaded, None);
        }
        self.agree(self.cache.peek(&key), stays.then_some(loaded));
    }

    /// What somebody is told whose value did not fit.
    fn refusal(&self) -> NotStored {
        let empty = Builder::<Key, Value>::with_weight(1, |_, _| 2).build().unwrap();
        empty.insert(Key(0), Value { serial: 0, weight: Weight(2) }).unwrap_err()
    }

    fn look_at_all(&mut self) {
        let expected = self.model.all();
        let (mut met, mut count) = (BTreeMap::new(), 0);
        for held in &self.cache {
            count += 1;
            met.insert(*held.key(), *held);
        }
        assert_eq!((&met, count), (&expected, expected.len()));
        let dumped: Vec<Dumped<_, _>> = self.cache.dump().collect();
        let met = dumped.iter().map(|entry| (*entry.held.key(), *entry.held)).collect();
        assert_eq!((expected, dumped.len()), (met, count));
        assert!(dumped.iter().is_sorted_by_key(|entry| entry.part == Part::Probation), "main comes first");
        for Dumped { held, left, .. } in dumped {
            let latest = self.model.entry(*held.key()).and_then(|entry| entry.latest);
            let seconds = latest.map(|latest| latest - self.model.now - 1);
            assert_eq!(left.map(|left| left.as_secs()), seconds, "it ends half a second late");
        }
    }

    /// From here on the story is that of another cache.
    fn reopen(&mut self, limit: Limit) {
        self.pins.clear();
        let mut saved: Vec<_> = self.cache.dump().map(|entry| entry.to_saved()).collect();
        saved.iter_mut().for_each(|saved| saved.left = saved.left.map(|left| late(left.as_secs())));
        let mut next = Self::new(Start { limit, ..self.start });
        next.serial = self.serial;
        let mut stored = BTreeSet::new();
        for saved in saved.iter().filter(|saved| saved.value.weighs() <= next.limit) {
            stored.insert(saved.key);
            next.model.put(saved.key, saved.value, saved.left.map(|left| left.as_secs()));
        }
        assert_eq!(next.cache.restore(saved), stored.len());
        *self = next;
    }
}
