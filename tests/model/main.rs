//! Random operations on the cache beside a naive one with room for everything, through the public API alone.
//!
//! What must agree whatever is evicted: a hit has exactly the value, flags and version of the last write; a refusal
//! is refused on both sides; nothing that was removed, flushed or expired comes back; the budget holds. With room for
//! everything, every answer must agree. The fuzz target in `fuzz/` runs the same operations.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod naive;
mod op;
mod pair;
mod spaces;

use op::{Body, Given, KEYS, Key, LEN_MAX, Len, Op, SECONDS_MAX, Seconds, Ttl};
use pair::{Pair, Room};
use proptest::{collection::vec, option, prelude::*};

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let key = || (0..KEYS).prop_map(Key);
    let seconds = || (0..=SECONDS_MAX).prop_map(Seconds);
    let ttl = || {
        prop_oneof![
            6 => Just(Ttl::Never),
            6 => seconds().prop_map(Ttl::After),
            1 => Just(Ttl::AtOnce),
            1 => Just(Ttl::InThePast),
        ]
    };
    let given = || prop_oneof![6 => Just(Given::Any), 2 => Just(Given::Last), 1 => Just(Given::First)];
    let len = || prop_oneof![8 => 0..300u16, 1 => 3000..LEN_MAX].prop_map(Len);
    let number = || prop_oneof![0..100u64, u64::MAX - 100..=u64::MAX, any::<u64>()];
    let body = || prop_oneof![3 => len().prop_map(Body::Letters), 1 => number().prop_map(Body::Number)];
    let draft = || (key(), body(), any::<u32>(), ttl(), given());
    let join = || (key(), body(), given());
    let count = || (key(), number(), option::of((number(), ttl())), given());
    prop_oneof![
        10 => key().prop_map(Op::Get),
        10 => draft().prop_map(|(key, body, flags, ttl, given)| Op::Set { key, body, flags, ttl, given }),
        2 => draft().prop_map(|(key, body, flags, ttl, given)| Op::Add { key, body, flags, ttl, given }),
        2 => draft().prop_map(|(key, body, flags, ttl, given)| Op::Replace { key, body, flags, ttl, given }),
        2 => join().prop_map(|(key, body, given)| Op::Cas { key, body, given }),
        2 => join().prop_map(|(key, body, given)| Op::Append { key, body, given }),
        2 => join().prop_map(|(key, body, given)| Op::Prepend { key, body, given }),
        3 => count().prop_map(|(key, amount, initial, given)| Op::Incr { key, amount, initial, given }),
        2 => count().prop_map(|(key, amount, initial, given)| Op::Decr { key, amount, initial, given }),
        2 => (key(), ttl()).prop_map(|(key, ttl)| Op::Touch { key, ttl }),
        1 => (key(), ttl()).prop_map(|(key, ttl)| Op::GetAndTouch { key, ttl }),
        2 => (key(), given()).prop_map(|(key, given)| Op::Delete { key, given }),
        1 => Just(Op::Flush),
        1 => ttl().prop_map(Op::FlushLater),
        2 => seconds().prop_map(Op::Pass),
        1 => Just(Op::Maintain),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_room_for_everything_the_cache_is_the_model(ops in vec(op(), 1..400)) {
        let mut pair = Pair::new(1 << 20, 4, Room::ForAll);
        ops.into_iter().for_each(|op| pair.run(op));
        (0..KEYS).for_each(|key| pair.look(Key(key)));
        prop_assert_eq!(pair.cache.stats().evictions, 0);
    }

    #[test]
    fn under_pressure_the_cache_never_says_what_the_model_does_not(
        ops in vec(op(), 200..600),
        stripes in prop_oneof![Just(1usize), Just(4)],
    ) {
        let mut pair = Pair::new(12 << 10, stripes, Room::ForSome);
        ops.into_iter().for_each(|op| pair.run(op));
        (0..KEYS).for_each(|key| pair.look(Key(key)));
    }
}

#[test]
fn under_pressure_something_is_evicted() {
    let mut pair = Pair::new(12 << 10, 1, Room::ForSome);
    for key in (0..KEYS).map(Key) {
        let (body, ttl, given) = (Body::Letters(Len(1000)), Ttl::Never, Given::Any);
        pair.run(Op::Set { key, body, flags: 0, ttl, given });
    }
    let stats = pair.cache.stats();
    assert!(stats.evictions >= 25 && stats.items >= 8, "{stats:?}");
}
