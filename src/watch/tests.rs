//! What a watcher of a whole cache sees.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::{Seen, Topic, ring::PLACES};
use crate::{Cache, Config, Draft, Expiry, Namespace, Role, Session, Users};

fn cache() -> (Cache, Session) {
    let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
    cache.users().add_trusted("app", Role::ReadWrite).unwrap();
    let session = cache.session_for("app").unwrap();
    (cache, session)
}

fn keys(seen: &Seen) -> Vec<String> {
    seen.sightings.iter().map(|it| String::from_utf8(it.key.to_vec()).unwrap()).collect()
}

#[test]
fn gets_that_find_nothing_are_seen_while_somebody_watches_and_no_others() {
    let (cache, session) = cache();
    session.get("before").unwrap();
    let mut misses = cache.watch(Topic::Misses);
    session.set("there", "x").unwrap();
    session.get("there").unwrap();
    session.get("not there").unwrap();
    session.get_many(&["there", "nor this"]).unwrap();
    session.delete("gone").unwrap();
    session.touch("gone", Expiry::Never).unwrap();
    let seen = misses.take();
    assert_eq!((keys(&seen), seen.dropped), (vec!["not there".to_owned(), "nor this".to_owned()], 0));
    assert_eq!(misses.take(), Seen::default(), "each once");
    drop(misses);
    session.get("after").unwrap();
    assert_eq!(cache.watch(Topic::Misses).take(), Seen::default());
}

#[test]
fn who_may_not_read_is_told_of_nothing() {
    let (cache, _) = cache();
    let mut misses = cache.watch(Topic::Misses);
    let sampler = cache.sample_keys().unwrap();
    let refused = cache.session_for("app").unwrap();
    cache.users().revoke("app").unwrap();
    for _ in 0..1000 {
        assert!(refused.get("secret").is_err() && refused.get_many(&["secret"]).is_err());
    }
    assert_eq!(misses.take(), Seen::default());
    assert!(sampler.hottest(9).keys.is_empty());
}

#[test]
fn every_eviction_is_seen_or_counted_in_each_namespace_also_in_one_that_is_made_meanwhile() {
    let (cache, session) = cache();
    let (mut one, mut other) = (cache.watch(Topic::Evictions), cache.watch(Topic::Evictions));
    let mut shop = Namespace::new("shop");
    shop.ceiling = Some(1 << 18);
    cache.namespaces().add(shop).unwrap();
    cache.users().add_trusted("bob", Role::ReadWrite).unwrap();
    cache.users().set_namespace("bob", Some("shop")).unwrap();
    let bob = cache.session_for("bob").unwrap();
    let value = vec![7; 400];
    let mut seen = Seen::default();
    for number in 0..20_000 {
        session.set(&format!("app-{number}"), Draft::new(&value)).unwrap();
        bob.set(&format!("bob-{number}"), Draft::new(&value)).unwrap();
        if number % 100 == 0 {
            let more = one.take();
            seen.dropped += more.dropped;
            seen.sightings.extend(more.sightings);
        }
    }
    seen.sightings.extend(one.take().sightings);
    let evicted = cache.stats().evictions;
    assert!(evicted > 30_000, "{evicted}");
    assert_eq!((seen.sightings.len() as u64, seen.dropped), (evicted, 0));
    for sighting in &seen.sightings {
        let of = if sighting.key.starts_with(b"app-") { "" } else { "shop" };
        assert_eq!(sighting.namespace, of);
        assert!(sighting.bytes.is_some_and(|bytes| bytes > 400));
    }
    let mut keys = keys(&seen);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len() as u64, evicted, "none twice");
    // Who does not look in time gets the last ones, and is told how many there were.
    let late = other.take();
    assert_eq!((late.sightings.len(), late.dropped), (PLACES, evicted - PLACES as u64));
}

#[test]
fn what_expired_or_was_removed_is_no_eviction() {
    let (cache, session) = cache();
    let mut evictions = cache.watch(Topic::Evictions);
    session.set("a", "x").unwrap();
    session.set("a", "y").unwrap();
    session.delete("a").unwrap();
    session.set("b", "x").unwrap();
    session.flush().unwrap();
    cache.resize(1 << 19).unwrap();
    assert_eq!(evictions.take(), Seen::default());
}

/// Draws from a Zipf distribution of exponent 1, by the rule that its inverse is about the exponential.
fn zipf(keys: f64, dice: &mut fastrand::Rng) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1 to the number of keys"
    )]
    let rank = keys.powf(dice.f64()) as u64;
    rank
}

#[test]
fn the_hottest_keys_of_a_zipf_load_are_found() {
    let (cache, session) = cache();
    assert!(cache.sample_keys().unwrap().hottest(10).keys.is_empty());
    let sampler = cache.sample_keys().unwrap();
    assert!(cache.sample_keys().is_err(), "one at a time");
    let mut dice = fastrand::Rng::with_seed(7);
    let uses = 400_000;
    let mut real = std::collections::HashMap::new();
    for number in 0..uses {
        let rank = zipf(100_000.0, &mut dice);
        *real.entry(rank).or_insert(0_u64) += 1;
        let key = format!("key-{rank}");
        match number % 8 {
            0 => drop(session.set(&key, "x").unwrap()),
            1 => drop(session.get_many(&[&key]).unwrap()),
            _ => drop(session.get(&key).unwrap()),
        }
    }
    let hot = sampler.hottest(10);
    drop(sampler);
    let mut ranks: Vec<u64> = real.keys().copied().collect();
    ranks.sort_by_key(|rank| std::cmp::Reverse(real[rank]));
    let found: Vec<u64> = hot
        .keys
        .iter()
        .map(|it| std::str::from_utf8(&it.key).unwrap().strip_prefix("key-").unwrap().parse().unwrap())
        .collect();
    assert_eq!(found[..3], ranks[..3], "those that stand out, in order");
    assert!(found.iter().all(|rank| ranks[..20].contains(rank)), "{found:?}");
    for (hot, rank) in hot.keys.iter().zip(&found) {
        let real = real[rank] as f64 / f64::from(uses);
        // Five times what chance does to a sample of so many.
        let off = 5.0 * (real / 25_000.0).sqrt();
        assert!(hot.least_share <= real + off && real - off <= hot.share, "{rank}: {hot:?} {real}");
    }
    assert!((20_000..30_000).contains(&hot.sampled), "a sixteenth: {}", hot.sampled);
    session.get("after").unwrap();
    assert!(cache.sample_keys().unwrap().hottest(10).keys.is_empty(), "each begins anew");
}
