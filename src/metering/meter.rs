//! What was used of limits, by a user or in a namespace.

use super::{
    bucket::{Bucket, Moment},
    limits::Limits,
    refused::{LimitRefusals, Refused},
};
use crate::{
    Limit,
    clock::Clock,
    sync::{AtomicU64, Ordering},
};

/// The buckets of one user or one namespace, which all of its sessions share, on whichever thread. There is no lock: each bucket
/// is one word. Where nothing is limited there is one too, and no verb comes near it.
#[derive(Debug)]
pub(crate) struct Meter {
    clock: Clock,
    connections: Ceiling,
    operations: Ceiling,
    bytes: Ceiling,
    value: Ceiling,
    open: AtomicU64,
    operations_left: Bucket,
    bytes_in_left: Bucket,
    bytes_out_left: Bucket,
    refused: Refused,
}

/// A limit that can be changed while it is asked for.
#[derive(Debug)]
struct Ceiling(AtomicU64);

impl Ceiling {
    const NONE: u64 = u64::MAX;

    fn none() -> Self {
        Self(AtomicU64::new(Self::NONE))
    }

    fn set(&self, limit: Option<u64>) {
        // Relaxed: a setting that nothing else hangs on; each verb takes the one that it sees.
        self.0.store(limit.unwrap_or(Self::NONE), Ordering::Relaxed);
    }

    fn get(&self) -> Option<u64> {
        // Relaxed: see `set`.
        Some(self.0.load(Ordering::Relaxed)).filter(|limit| *limit != Self::NONE)
    }
}

/// What a verb is about to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// It looks, and may give a value out.
    Out,
    /// It brings a value of so many bytes in.
    In(usize),
    /// Neither.
    Neither,
}

impl Meter {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            connections: Ceiling::none(),
            operations: Ceiling::none(),
            bytes: Ceiling::none(),
            value: Ceiling::none(),
            open: AtomicU64::new(0),
            operations_left: Bucket::full(),
            bytes_in_left: Bucket::full(),
            bytes_out_left: Bucket::full(),
            refused: Refused::default(),
        }
    }

    /// Lets these limits count from the next verb on.
    pub(crate) fn limit(&self, limits: &Limits) {
        self.connections.set(limits.connections);
        self.operations.set(limits.operations_per_second);
        self.bytes.set(limits.bytes_per_second);
        self.value.set(limits.value);
    }

    /// Begins to take so many verbs, and what is known of their bytes: whether there is room for bytes. Nothing is taken yet, so that a
    /// verb that is refused for them takes nothing.
    pub(super) fn begin(&self, verbs: u64, load: Load) -> Result<Taking<'_>, Limit> {
        let (now, bytes) = (self.now(), self.bytes.get());
        match (load, bytes) {
            (Load::Out, Some(_)) if !self.bytes_out_left.is_open(now) => Err(Limit::BytesOut),
            (Load::In(_), Some(_)) if !self.bytes_in_left.is_open(now) => Err(Limit::BytesIn),
            _ => Ok(Taking { meter: self, now, verbs, rate: self.operations.get(), load, bytes }),
        }
    }

    /// Counts bytes of values that were given out.
    pub(crate) fn give_out(&self, bytes: usize) {
        if let Some(rate) = self.bytes.get() {
            self.bytes_out_left.draw(bytes as u64, rate, self.now());
        }
    }

    /// The largest value, in bytes.
    pub(crate) fn largest_value(&self) -> Option<usize> {
        self.value.get().map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// One more connection, if there may be one.
    pub(crate) fn enter(&self) -> bool {
        let most = self.connections.get().unwrap_or(u64::MAX);
        // Relaxed: counter only. Each step is one exchange of the same word, so no two take the last place.
        let entered = self
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| (open < most).then_some(open + 1));
        if entered.is_err() {
            self.refused.count(Limit::Connections);
        }
        entered.is_ok()
    }

    /// Counts that one of these limits was in the way.
    #[cold]
    pub(super) fn count_refused(&self, limit: Limit) {
        self.refused.count(limit);
    }

    /// How often these limits were in the way.
    pub(crate) fn refused(&self) -> LimitRefusals {
        self.refused.read()
    }

    /// How many connections there are now.
    pub(crate) fn connections(&self) -> u64 {
        // Relaxed: counter only.
        self.open.load(Ordering::Relaxed)
    }

    /// One connection less.
    pub(crate) fn leave(&self) {
        // Relaxed: counter only.
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    fn now(&self) -> Moment {
        Moment::after(self.clock.elapsed())
    }
}

/// What is being taken. The rates are those of its beginning, so that what is given back is what was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taking<'a> {
    meter: &'a Meter,
    now: Moment,
    verbs: u64,
    rate: Option<u64>,
    load: Load,
    bytes: Option<u64>,
}

impl Taking<'_> {
    /// Takes the verbs, all or none.
    pub(super) fn verbs(self) -> Result<(), Limit> {
        let taken = self.rate.is_none_or(|rate| self.meter.operations_left.take(self.verbs, rate, self.now));
        if taken { Ok(()) } else { Err(Limit::Operations) }
    }

    pub(super) fn give_verbs_back(self) {
        if let Some(rate) = self.rate {
            self.meter.operations_left.give_back(self.verbs, rate);
        }
    }

    /// Takes the bytes that come in.
    pub(super) fn bytes(self) {
        if let (Load::In(len), Some(rate)) = (self.load, self.bytes) {
            self.meter.bytes_in_left.draw(len as u64, rate, self.now);
        }
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    impl Meter {
        fn take(&self, verbs: u64, load: Load) -> Result<(), Limit> {
            let taking = self.begin(verbs, load)?;
            taking.verbs()?;
            taking.bytes();
            Ok(())
        }
    }

    fn meter(limits: Limits) -> (Clock, Meter) {
        let clock = Clock::manual();
        let meter = Meter::new(clock.clone());
        meter.limit(&limits);
        (clock, meter)
    }

    fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    }

    #[test]
    fn verbs_are_limited_by_the_second() {
        let (clock, meter) = meter(limits(|it| it.operations_per_second = Some(3)));
        let taken = |meter: &Meter| (0..9).take_while(|_| meter.take(1, Load::Out).is_ok()).count();
        assert_eq!(taken(&meter), 3);
        assert_eq!(meter.take(1, Load::In(5)), Err(Limit::Operations));
        clock.advance(Duration::from_millis(700));
        assert_eq!(taken(&meter), 2);
        clock.advance(Duration::from_secs(50));
        assert_eq!(meter.take(4, Load::Out), Err(Limit::Operations), "many at once count as many");
        assert_eq!(meter.take(3, Load::Out), Ok(()));
    }

    #[test]
    fn bytes_are_limited_each_way_apart() {
        let (clock, meter) = meter(limits(|it| it.bytes_per_second = Some(1000)));
        assert_eq!(meter.take(1, Load::In(900)), Ok(()));
        assert_eq!(meter.take(1, Load::In(900)), Ok(()), "there was something left");
        assert_eq!(meter.take(1, Load::In(0)), Err(Limit::BytesIn));
        assert_eq!(meter.take(1, Load::Out), Ok(()));
        meter.give_out(3000);
        assert_eq!(meter.take(1, Load::Out), Err(Limit::BytesOut));
        assert_eq!(meter.take(1, Load::Neither), Ok(()));
        clock.advance(Duration::from_millis(801));
        assert_eq!(meter.take(1, Load::In(1)), Ok(()));
        assert_eq!(meter.take(1, Load::Out), Err(Limit::BytesOut));
        clock.advance(Duration::from_millis(1200));
        assert_eq!(meter.take(1, Load::Out), Ok(()));
    }

    #[test]
    fn a_verb_that_is_refused_for_its_bytes_takes_nothing() {
        let (_, meter) = meter(limits(|it| {
            it.operations_per_second = Some(2);
            it.bytes_per_second = Some(10);
        }));
        meter.give_out(100);
        for _ in 0..5 {
            assert_eq!(meter.take(1, Load::Out), Err(Limit::BytesOut));
        }
        assert_eq!(meter.take(2, Load::Neither), Ok(()));
    }

    #[test]
    fn connections_are_counted_also_while_they_are_not_limited() {
        let (_, meter) = meter(Limits::default());
        assert!((0..3).all(|_| meter.enter()));
        meter.limit(&limits(|it| it.connections = Some(3)));
        assert!(!meter.enter());
        assert_eq!(meter.refused().connections, 1);
        meter.leave();
        assert!(meter.enter() && !meter.enter());
    }

    #[test]
    fn limits_that_are_lifted_limit_nothing() {
        let (_, meter) = meter(limits(|it| (it.operations_per_second, it.value) = (Some(0), Some(7))));
        assert_eq!(meter.take(1, Load::Neither), Err(Limit::Operations));
        assert_eq!(meter.largest_value(), Some(7));
        meter.limit(&Limits::default());
        assert_eq!(meter.take(1_000_000, Load::In(usize::MAX)), Ok(()));
        assert_eq!(meter.largest_value(), None);
    }
}
