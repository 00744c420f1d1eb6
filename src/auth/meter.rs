//! What a user with limits has used of them.

use super::{
    bucket::{Bucket, Moment},
    limits::Limits,
};
use crate::{
    Limit,
    clock::Clock,
    sync::{AtomicU64, Ordering},
};

/// The buckets of one user, which all of its sessions share, on whichever thread. There is no lock: each bucket is one word.
/// A user without limits has one too, and no verb comes near it.
#[derive(Debug)]
pub(super) struct Meter {
    clock: Clock,
    connections: Ceiling,
    operations: Ceiling,
    bytes: Ceiling,
    value: Ceiling,
    open: AtomicU64,
    operations_left: Bucket,
    bytes_in_left: Bucket,
    bytes_out_left: Bucket,
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
    pub(super) fn new(clock: Clock) -> Self {
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
        }
    }

    /// Lets these limits count from the next verb on.
    pub(super) fn limit(&self, limits: &Limits) {
        self.connections.set(limits.connections);
        self.operations.set(limits.operations_per_second);
        self.bytes.set(limits.bytes_per_second);
        self.value.set(limits.value);
    }

    /// Takes so many verbs and what is known of their bytes, or says which limit is in the way. What is larger than values may
    /// be is for [`largest_value`](Self::largest_value) to say.
    pub(super) fn take(&self, verbs: u64, load: Load) -> Result<(), Limit> {
        let now = self.now();
        let bytes = self.bytes.get();
        // First whether there is room for bytes: a verb that is refused for them takes nothing.
        match (load, bytes) {
            (Load::Out, Some(_)) if !self.bytes_out_left.is_open(now) => return Err(Limit::BytesOut),
            (Load::In(_), Some(_)) if !self.bytes_in_left.is_open(now) => return Err(Limit::BytesIn),
            _ => {}
        }
        if let Some(rate) = self.operations.get()
            && !self.operations_left.take(verbs, rate, now)
        {
            return Err(Limit::Operations);
        }
        if let (Load::In(len), Some(rate)) = (load, bytes) {
            self.bytes_in_left.draw(len as u64, rate, now);
        }
        Ok(())
    }

    /// Counts bytes of values that were given out.
    pub(super) fn give_out(&self, bytes: usize) {
        if let Some(rate) = self.bytes.get() {
            self.bytes_out_left.draw(bytes as u64, rate, self.now());
        }
    }

    /// The largest value, in bytes.
    pub(super) fn largest_value(&self) -> Option<usize> {
        self.value.get().map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// One more connection, if there may be one.
    pub(super) fn enter(&self) -> bool {
        let most = self.connections.get().unwrap_or(u64::MAX);
        // Relaxed: counter only. Each step is one exchange of the same word, so no two take the last place.
        let entered = self
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| (open < most).then_some(open + 1));
        entered.is_ok()
    }

    /// One connection less.
    pub(super) fn leave(&self) {
        // Relaxed: counter only.
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    fn now(&self) -> Moment {
        Moment::after(self.clock.elapsed())
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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
