//! Several namespaces of one cache, each beside a model of its own: what is done in one is not seen in another.

use crate::{
    naive::MAX_VALUE,
    op,
    op::{KEYS, Key, Op},
    pair::{Pair, Room},
};
use keyway::{Cache, Clock, Config, Namespace, Users};
use proptest::{collection::vec, prelude::*};

fn cache(budget: usize, stripes: usize) -> (Cache, Clock) {
    let clock = Clock::manual();
    let mut config = Config::new(budget);
    (config.max_value, config.stripes, config.clock) = (MAX_VALUE, stripes, clock.clone());
    (Cache::new(config, Users::new()).unwrap(), clock)
}

fn namespace(name: &str, reserve: usize, stripes: usize) -> Namespace {
    let mut namespace = Namespace::new(name);
    (namespace.reserve, namespace.stripes) = (reserve, Some(stripes));
    namespace
}

/// Each operation is done in one of them; then all of them look at the key that the test names.
fn run(pairs: &mut [Pair; 3], story: Vec<(usize, Op, u8)>) {
    for (at, op, looked_at) in story {
        pairs[at].run(op);
        if let Op::Pass(seconds) = op {
            let others = pairs.iter_mut().enumerate().filter(|(other, _)| *other != at);
            others.for_each(|(_, pair)| pair.time_has_passed(seconds));
        }
        pairs.iter_mut().for_each(|pair| pair.look(Key(looked_at)));
    }
    for key in 0..KEYS {
        pairs.iter_mut().for_each(|pair| pair.look(Key(key)));
    }
}

fn story(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(usize, Op, u8)>> {
    vec((0..3usize, op(), 0..KEYS), len)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_done_in_one_namespace_is_not_seen_in_another(story in story(1..400), stripes in 1..4usize) {
        let (cache, clock) = cache(2 << 20, stripes);
        cache.namespaces().add(namespace("shop", 0, stripes)).unwrap();
        cache.namespaces().add(namespace("news", 0, 1)).unwrap();
        let mut pairs = [None, Some("shop"), Some("news")]
            .map(|name| Pair::in_namespace(&cache, &clock, name, Room::ForAll));
        run(&mut pairs, story);
        prop_assert_eq!(cache.stats().evictions, 0);
    }

    #[test]
    fn under_others_pressure_what_is_reserved_is_the_model(story in story(200..600), stripes in 1..4usize) {
        const RESERVED: usize = KEYS as usize * (MAX_VALUE + 400);
        let (cache, clock) = cache(RESERVED + (24 << 10), stripes);
        cache.namespaces().add(namespace("shop", 0, stripes)).unwrap();
        cache.namespaces().add(namespace("news", RESERVED, stripes)).unwrap();
        let room = |name| if name == Some("news") { Room::ForAll } else { Room::ForSome };
        let mut pairs = [None, Some("shop"), Some("news")]
            .map(|name| Pair::in_namespace(&cache, &clock, name, room(name)));
        run(&mut pairs, story);
        prop_assert_eq!(pairs[2].stats().evictions, 0);
    }
}
