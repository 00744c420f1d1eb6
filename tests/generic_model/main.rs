//! Random operations on the generic cache beside a naive one that is told what goes, through the public API alone.
//!
//! Every answer must agree, whatever is evicted: what is found, what was replaced or removed, what is stored after a load during
//! which its key was written, what a walk and a dump meet, the times that are left, the counters, and the limit. Each value
//! leaves once, for a cause that is true. The fuzz target `generic` runs the same operations.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod naive;
mod op;
mod pair;

use op::{KEYS, Key, LIMIT_MAX, Limit, Meanwhile, Op, SECONDS_MAX, Seconds, To, WEIGHT_MAX, Weight};
use pair::{Pair, Start};
use proptest::{collection::vec, option, prelude::*};

fn op() -> impl Strategy<Value = Op> {
    let key = || (0..KEYS).prop_map(Key);
    let weight = || (0..=WEIGHT_MAX).prop_map(Weight);
    let seconds = || (0..=SECONDS_MAX).prop_map(Seconds);
    let limit = || prop_oneof![2 => 1..200u16, 1 => 1..=LIMIT_MAX].prop_map(Limit);
    let weighed = || (key(), weight());
    let timed = || (key(), seconds());
    let to = || prop_oneof![Just(To::Keep), Just(To::Remove), weight().prop_map(To::Put)];
    let meanwhile = || {
        prop_oneof![
            3 => Just(Meanwhile::Nothing),
            1 => Just(Meanwhile::Fails),
            1 => Just(Meanwhile::Removed),
            1 => weight().prop_map(Meanwhile::Inserted),
            1 => weight().prop_map(Meanwhile::InsertedAndRemoved),
            1 => Just(Meanwhile::Cleared),
            1 => Just(Meanwhile::Retained),
        ]
    };
    let insert_for = (key(), weight(), seconds());
    let set = (key(), weight(), option::of(seconds()));
    prop_oneof![
        10 => key().prop_map(Op::Get),
        2 => key().prop_map(Op::Peek),
        1 => [key(), key(), key()].prop_map(Op::GetMany),
        10 => weighed().prop_map(|(key, weight)| Op::Insert { key, weight }),
        4 => insert_for.prop_map(|(key, weight, time)| Op::InsertFor { key, weight, time }),
        3 => weighed().prop_map(|(key, weight)| Op::InsertIfAbsent { key, weight }),
        5 => set.prop_map(|(key, weight, time)| Op::Set { key, weight, time }),
        2 => key().prop_map(Op::Remove),
        2 => key().prop_map(Op::RemoveIf),
        4 => (key(), to()).prop_map(|(key, to)| Op::Compute { key, to }),
        5 => (weighed(), meanwhile())
            .prop_map(|((key, weight), meanwhile)| Op::Load { key, weight, meanwhile }),
        2 => timed().prop_map(|(key, time)| Op::Touch { key, time }),
        2 => key().prop_map(Op::Pin),
        1 => Just(Op::Retain),
        1 => Just(Op::Clear),
        1 => Just(Op::LookAtAll),
        1 => limit().prop_map(Op::Reopen),
        1 => limit().prop_map(Op::Resize),
        3 => seconds().prop_map(Op::Pass),
        1 => Just(Op::Maintain),
    ]
}

fn start() -> impl Strategy<Value = Start> {
    let limit = prop_oneof![3 => 20..300u16, 1 => Just(LIMIT_MAX)].prop_map(Limit);
    let stripes = prop_oneof![Just(1usize), Just(4)];
    let times = || option::of(0..=SECONDS_MAX);
    (limit, stripes, times(), times()).prop_map(|(limit, stripes, live, idle)| Start {
        limit,
        stripes,
        live,
        idle,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cache_does_what_the_model_does_and_tells_of_what_goes(start in start(), ops in vec(op(), 1..400)) {
        let mut pair = Pair::new(start);
        ops.into_iter().for_each(|op| pair.run(op));
        [Op::LookAtAll, Op::Maintain, Op::Clear].into_iter().for_each(|op| pair.run(op));
    }
}

#[test]
fn under_pressure_something_is_evicted() {
    let start = Start { limit: Limit(100), stripes: 1, live: None, idle: None };
    let mut pair = Pair::new(start);
    for key in (0..KEYS).map(Key) {
        pair.run(Op::Insert { key, weight: Weight(10) });
    }
    let stats = pair.cache.stats();
    assert_eq!((stats.entries, stats.evicted), (10, u64::from(KEYS) - 10));
}
