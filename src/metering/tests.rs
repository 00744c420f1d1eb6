//! A user's limits and a namespace's beside a naive model: fractions that are counted out anew at each step.

use super::{Limits, Load, Meter, Meters};
use crate::{Limit, LimitScope, Refusal, clock::Clock};
use proptest::{collection::vec, prelude::*};
use std::time::Duration;

/// Tokens are counted in parts of so many, a nanosecond's worth of one a second each.
const WHOLE: i128 = 1_000_000_000;

/// What is left of one rate; below nothing where more went than there was.
#[derive(Clone, Copy, Debug)]
struct Left {
    rate: i128,
    parts: i128,
}

impl Left {
    fn of(rate: u64) -> Self {
        Self { rate: rate.into(), parts: i128::from(rate) * WHOLE }
    }

    fn pass(&mut self, nanos: u64) {
        self.parts = (self.parts + self.rate * i128::from(nanos)).min(self.rate * WHOLE);
    }

    fn has(self, tokens: u64) -> bool {
        self.parts >= i128::from(tokens) * WHOLE
    }

    fn take(&mut self, tokens: u64) {
        self.parts -= i128::from(tokens) * WHOLE;
    }
}

/// One set of limits, and what is left of each.
#[derive(Clone, Copy, Debug)]
struct Naive {
    verbs: Option<Left>,
    bytes: Option<(Left, Left)>,
}

impl Naive {
    fn of(limits: &Limits) -> Self {
        let bytes = limits.bytes_per_second.map(Left::of);
        Self { verbs: limits.operations_per_second.map(Left::of), bytes: bytes.map(|left| (left, left)) }
    }

    fn pass(&mut self, nanos: u64) {
        self.verbs.iter_mut().for_each(|left| left.pass(nanos));
        self.bytes.iter_mut().for_each(|(into, out)| {
            into.pass(nanos);
            out.pass(nanos);
        });
    }

    fn bytes_in_the_way(&self, load: Load) -> Option<Limit> {
        let (into, out) = self.bytes?;
        match load {
            Load::In(_) if into.parts <= 0 => Some(Limit::BytesIn),
            Load::Out if out.parts <= 0 => Some(Limit::BytesOut),
            _ => None,
        }
    }

    fn take(&mut self, verbs: u64, load: Load) {
        self.verbs.iter_mut().for_each(|left| left.take(verbs));
        if let (Load::In(len), Some((into, _))) = (load, &mut self.bytes) {
            into.take(len as u64);
        }
    }
}

/// Both, of which either may refuse.
fn expected(both: &mut [Naive; 2], verbs: u64, load: Load) -> Result<(), Refusal> {
    let scopes = [LimitScope::User, LimitScope::Namespace];
    for (naive, scope) in both.iter().zip(scopes) {
        if let Some(what) = naive.bytes_in_the_way(load) {
            return Err(Refusal::Limited { what, scope });
        }
    }
    for (naive, scope) in both.iter().zip(scopes) {
        if naive.verbs.is_some_and(|left| !left.has(verbs)) {
            return Err(Refusal::Limited { what: Limit::Operations, scope });
        }
    }
    both.iter_mut().for_each(|naive| naive.take(verbs, load));
    Ok(())
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Take(u64, Load),
    GiveOut(usize),
    Pass(u64),
    /// Of the user, or of the namespace.
    Limit(usize, Limits),
}

/// Rates of which a second has a whole number of units, so that both round alike.
fn limits() -> impl Strategy<Value = Limits> {
    let rate =
        || prop::sample::select(vec![None, Some(1), Some(2), Some(5), Some(10), Some(100), Some(1000)]);
    (rate(), rate()).prop_map(|(operations_per_second, bytes_per_second)| Limits {
        operations_per_second,
        bytes_per_second,
        ..Limits::default()
    })
}

fn step() -> impl Strategy<Value = Step> {
    let load = prop_oneof![Just(Load::Out), Just(Load::Neither), (0..300usize).prop_map(Load::In)];
    prop_oneof![
        8 => (1..4u64, load).prop_map(|(verbs, load)| Step::Take(verbs, load)),
        2 => (0..300usize).prop_map(Step::GiveOut),
        2 => (0..3_000u64).prop_map(|millis| Step::Pass(millis * 1_000_000)),
        1 => (0..2usize, limits()).prop_map(|(at, limits)| Step::Limit(at, limits)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn limits_of_a_user_and_a_namespace_are_the_model_to_the_last_verb(
        begin in [limits(), limits()],
        story in vec(step(), 1..200),
    ) {
        let clock = Clock::manual();
        let mut limits = begin;
        let mut meters = begin.map(|limits| {
            let meter = Meter::new(clock.clone());
            meter.limit(&limits);
            meter
        });
        let mut naive = begin.map(|limits| Naive::of(&limits));
        for step in story {
            let both = Meters { user: Some(&meters[0]), namespace: Some(&meters[1]) };
            match step {
                Step::Take(verbs, load) => prop_assert_eq!(
                    both.take(verbs, load),
                    expected(&mut naive, verbs, load),
                    "{:?} of {:?}", step, limits
                ),
                Step::GiveOut(bytes) => {
                    both.give_out(bytes);
                    for (_, out) in naive.iter_mut().filter_map(|naive| naive.bytes.as_mut()) {
                        out.take(bytes as u64);
                    }
                }
                Step::Pass(nanos) => {
                    clock.advance(Duration::from_nanos(nanos));
                    naive.iter_mut().for_each(|naive| naive.pass(nanos));
                }
                Step::Limit(at, changed) => {
                    // A new meter, since what is left of one rate is another share of a second of the next one.
                    limits[at] = changed;
                    meters[at] = Meter::new(clock.clone());
                    meters[at].limit(&changed);
                    naive[at] = Naive::of(&changed);
                }
            }
        }
    }
}
