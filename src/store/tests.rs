//! Each verb's rules, beside what memcached was observed to do.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{Delta, Expiry, watch::Lookouts};
use std::time::Duration;

const OK: fn() -> Result<(), Refusal> = || Ok(());

fn store() -> (Store, Clock) {
    let clock = Clock::manual();
    let hasher = ahash::RandomState::with_seeds(1, 2, 3, 4);
    let house = Arc::new(House::new(1 << 20));
    let store = Store::within(
        &house,
        Lookout::new("", &StdArc::new(Lookouts::new())),
        None,
        4,
        1 << 16,
        clock.clone(),
        hasher,
    )
    .unwrap();
    (store, clock)
}

fn set(store: &Store, key: &[u8], value: &[u8]) -> Version {
    store.put(key, &Draft::new(value), When::Always, &OK).unwrap()
}

fn get(store: &Store, key: &[u8]) -> Option<Item> {
    let key = Key::new(key).unwrap();
    store.take(store.look_up(key), key)
}

fn value(store: &Store, key: &[u8]) -> Option<Vec<u8>> {
    get(store, key).map(|item| item.value().to_vec())
}

fn incr(store: &Store, key: &[u8], delta: Delta) -> Result<u64, Refusal> {
    store.count(key, delta, Direction::Up, OK).map(|(value, _)| value)
}

#[test]
fn add_replace_and_given_versions_decide_as_documented() {
    let (store, _) = store();
    let put = |when, given: Option<Version>| {
        let draft = Draft { given, ..Draft::new("new") };
        store.put(b"k", &draft, when, &OK)
    };
    let other = Version::from_number(999_999);
    assert_eq!(put(When::Present, None), Err(Refusal::NotFound));
    for when in [When::Always, When::Absent, When::Present] {
        assert_eq!(put(when, other), Err(Refusal::NotFound), "{when:?} of a version that is nowhere");
    }
    let first = put(When::Absent, None).unwrap();
    assert_eq!(put(When::Absent, None), Err(Refusal::Exists));
    assert_eq!(put(When::Absent, Some(first)), Err(Refusal::Exists), "add never replaces");
    for when in [When::Always, When::Present] {
        assert_eq!(put(when, other), Err(Refusal::Exists));
        let now = get(&store, b"k").unwrap().version();
        assert!(put(when, Some(now)).is_ok_and(|next| next != now));
    }
}

#[test]
fn a_set_that_is_too_large_leaves_no_stale_value_and_the_others_keep_theirs() {
    let (store, _) = store();
    let large = vec![0; (1 << 16) + 1];
    let refused = Err(Refusal::TooLarge { limit: 1 << 16 });
    for (when, stays) in [(When::Present, true), (When::Absent, true), (When::Always, false)] {
        set(&store, b"k", b"old");
        assert_eq!(store.put(b"k", &Draft::new(&large), when, &OK), refused);
        assert_eq!(value(&store, b"k").is_some(), stays, "{when:?}");
    }
    assert!(store.put(b"k", &Draft::new(&large[1..]), When::Always, &OK).is_ok(), "the limit itself fits");
    assert_eq!(store.concat(b"k", Draft::new("x"), End::Back, usize::MAX, OK), Err(Refusal::NotStored));
    assert_eq!(value(&store, b"k").map(|value| value.len()), Some(1 << 16));
}

#[test]
fn append_and_prepend_keep_flags_and_expiry_and_change_the_version() {
    let (store, clock) = store();
    assert_eq!(store.concat(b"k", Draft::new("x"), End::Back, usize::MAX, OK), Err(Refusal::NotStored));
    let draft = Draft::new("b").flags(9).expires(Duration::from_secs(10));
    let first = store.put(b"k", &draft, When::Always, &OK).unwrap();
    let second = store.concat(b"k", Draft::new("c").flags(1), End::Back, usize::MAX, OK).unwrap();
    let third = store.concat(b"k", Draft::new("a"), End::Front, usize::MAX, OK).unwrap();
    assert!(first != second && second != third);
    let item = get(&store, b"k").unwrap();
    assert_eq!((item.value(), item.flags(), item.version()), (&b"abc"[..], 9, third));
    assert_eq!(
        store.concat(b"k", Draft::new("x").given(first), End::Back, usize::MAX, OK),
        Err(Refusal::Exists)
    );
    assert!(
        store
            .concat(b"k", Draft::new("").given(third), End::Back, usize::MAX, OK)
            .is_ok_and(|last| last != third)
    );
    clock.advance(Duration::from_secs(11));
    assert_eq!(value(&store, b"k"), None);
}

#[test]
fn counters_start_step_wrap_and_stop_as_documented() {
    let (store, clock) = store();
    assert_eq!(incr(&store, b"n", Delta::by(1)), Err(Refusal::NotFound));
    let made = Delta::by(5).or_initial_expiring(100, Duration::from_secs(10));
    assert_eq!(incr(&store, b"n", made), Ok(100), "the step is not applied to a new counter");
    assert_eq!(incr(&store, b"n", made), Ok(105));
    assert_eq!(incr(&store, b"n", Delta::by(u64::MAX)), Ok(104), "wraps");
    let down = |amount| store.count(b"n", Delta::by(amount), Direction::Down, OK).map(|(value, _)| value);
    assert_eq!(down(95), Ok(9));
    assert_eq!(value(&store, b"n"), Some(b"9".to_vec()), "no padding");
    assert_eq!(down(10), Ok(0), "stops at 0");
    clock.advance(Duration::from_secs(11));
    assert_eq!(down(1), Err(Refusal::NotFound), "a counter keeps the expiry that it was made with");
    store.put(b"n", &Draft::new("7").flags(3), When::Always, &OK).unwrap();
    let (_, version) = store.count(b"n", Delta::by(1), Direction::Up, OK).unwrap();
    let item = get(&store, b"n").unwrap();
    assert_eq!((item.value(), item.flags(), item.version()), (&b"8"[..], 3, version));
    let other = Delta::by(1).given(Version::FIRST);
    assert_eq!(incr(&store, b"n", other), Err(Refusal::Exists));
    assert_eq!(incr(&store, b"elsewhere", other), Err(Refusal::NotFound));
    assert_eq!(incr(&store, b"elsewhere", other.or_initial(4)), Ok(4), "as in memcached");
    set(&store, b"n", b"eight");
    assert_eq!(incr(&store, b"n", Delta::by(1)), Err(Refusal::NotNumeric));
    assert_eq!(value(&store, b"n"), Some(b"eight".to_vec()));
}

#[test]
fn touch_moves_the_expiry_both_ways_and_leaves_the_version() {
    let (store, clock) = store();
    let touch = |expiry: Expiry| store.touch(b"k", expiry, OK).unwrap().map(|item| item.version());
    assert_eq!(touch(Expiry::Never), None);
    let version = set(&store, b"k", b"v");
    assert_eq!(touch(Duration::from_secs(5).into()), Some(version));
    clock.advance(Duration::from_secs(4));
    assert_eq!(touch(Duration::from_secs(5).into()), Some(version));
    clock.advance(Duration::from_secs(4));
    assert_eq!(touch(Expiry::Never), Some(version));
    clock.advance(Duration::from_secs(1_000_000));
    assert_eq!(touch(Expiry::After(Duration::ZERO)), Some(version));
    assert_eq!(value(&store, b"k"), None);
}

#[test]
fn an_item_that_was_stored_without_an_expiry_gets_one_in_a_full_cache_too() {
    let (store, clock) = store();
    let mut versions = Vec::new();
    for number in 0..20_000_u32 {
        let draft = Draft::new("value").flags(number);
        versions.push(store.put(&number.to_be_bytes(), &draft, When::Always, &OK).unwrap());
    }
    let before = store.totals();
    for number in 0..20_000_u32 {
        let held = get(&store, &number.to_be_bytes());
        let touched = store.touch(&number.to_be_bytes(), Duration::from_secs(60).into(), OK).unwrap();
        // One that makes room for another is gone.
        let of = |item: Item| (item.value().to_vec(), item.version(), item.flags());
        assert_eq!(touched.clone().map(of), held.map(of));
        assert!(touched.is_none_or(|item| item.version() == versions[number as usize]));
    }
    let after = store.totals();
    assert!(before.evicted < after.evicted, "four bytes more each: {before:?} {after:?}");
    assert_eq!((before.stored, before.replaced), (after.stored, after.replaced), "nothing was stored");
    let there =
        |number: &u32| get(&store, &number.to_be_bytes()).map(|item| (item.value().to_vec(), item.flags()));
    let found = (0..20_000).filter(|number| there(number) == Some((b"value".to_vec(), *number))).count();
    assert_eq!(found as u64, after.entries);
    assert!(found > 14_000, "{found}");
    clock.advance(Duration::from_secs(61));
    assert!(!(0..20_000).any(|number| there(&number).is_some()));
}

#[test]
fn an_expired_item_is_missing_for_every_verb() {
    let (store, clock) = store();
    let expire = || {
        let draft = Draft::new("5").expires(Duration::from_secs(1));
        store.put(b"k", &draft, When::Always, &OK).unwrap();
        clock.advance(Duration::from_secs(2));
    };
    expire();
    assert_eq!(store.delete(b"k", None, OK), Ok(false));
    assert_eq!(store.concat(b"k", Draft::new("x"), End::Back, usize::MAX, OK), Err(Refusal::NotStored));
    assert_eq!(store.put(b"k", &Draft::new("x"), When::Present, &OK), Err(Refusal::NotFound));
    assert_eq!(incr(&store, b"k", Delta::by(1)), Err(Refusal::NotFound));
    assert!(store.touch(b"k", Expiry::Never, OK).unwrap().is_none());
    assert_eq!(incr(&store, b"k", Delta::by(1).or_initial(3)), Ok(3));
    expire();
    assert!(store.put(b"k", &Draft::new("x"), When::Absent, &OK).is_ok());
    assert_eq!(value(&store, b"k"), Some(b"x".to_vec()));
}

#[test]
fn delete_heeds_a_given_version() {
    let (store, _) = store();
    let version = set(&store, b"k", b"v");
    let later = set(&store, b"k", b"w");
    assert_eq!(store.delete(b"k", Some(version), OK), Err(Refusal::Exists));
    assert_eq!(store.delete(b"k", Some(later), OK), Ok(true));
    assert_eq!(store.delete(b"k", Some(later), OK), Ok(false));
}

#[test]
fn a_reader_keeps_the_value_that_it_holds() {
    let (store, _) = store();
    set(&store, b"k", b"held");
    let held = get(&store, b"k").unwrap();
    set(&store, b"k", b"new");
    store.flush(OK).unwrap();
    assert_eq!((held.value(), held.key()), (&b"held"[..], &b"k"[..]));
    assert_eq!(value(&store, b"k"), None);
}

#[test]
fn keys_of_a_wrong_length_are_refused_by_every_verb_that_writes() {
    let (store, _) = store();
    for key in [&b""[..], &[b'k'; 251]] {
        let bad = Refusal::BadKey { len: key.len() };
        assert_eq!(store.put(key, &Draft::new("v"), When::Always, &OK), Err(bad));
        assert_eq!(store.concat(key, Draft::new("v"), End::Front, usize::MAX, OK), Err(bad));
        assert_eq!(incr(&store, key, Delta::by(1)), Err(bad));
        assert_eq!(store.touch(key, Expiry::Never, OK).err(), Some(bad));
        assert_eq!(store.delete(key, None, OK), Err(bad));
    }
}

/// That chosen keys spread under another key is `row_68_...` of the core.
#[test]
fn row_68_each_cache_hashes_under_a_key_of_its_own() {
    let open = |key| {
        let mut config = crate::Config::new(1 << 20);
        config.fixed_hash_key = key;
        config.open().unwrap().main
    };
    let equal = |one: &Store, other: &Store| {
        let hashes = |store: &Store, number: u32| store.engine.hash_bytes(&number.to_be_bytes());
        (0..1000).filter(|number| hashes(one, *number) == hashes(other, *number)).count()
    };
    let fixed = Some([1, 2, 3, 4]);
    assert_eq!(equal(&open(fixed), &open(fixed)), 1000);
    assert_eq!(equal(&open(None), &open(None)), 0);
    assert_eq!(equal(&open(None), &open(fixed)), 0);
}

#[test]
fn what_is_written_to_is_not_evicted_for_the_next_that_comes() {
    let (store, _) = store();
    for number in 0..40_000_u32 {
        set(&store, &number.to_be_bytes(), b"value");
        // Some of them are the oldest of their stripe.
        let older = number.saturating_sub(10_000 + number % 20_000).to_be_bytes();
        if get(&store, &older).is_some() {
            assert!(store.put(&older, &Draft::new("newer"), When::Present, &OK).is_ok(), "{number}");
        }
    }
    assert!(store.totals().evicted > 10_000);
}

#[test]
fn where_bytes_have_become_free_nothing_more_is_evicted_for_stock() {
    let (store, clock) = store();
    let ending = |number: u32, seconds| {
        let draft = Draft::new("value").expires(Duration::from_secs(seconds));
        store.put(&number.to_be_bytes(), &draft, When::Always, &OK).unwrap();
    };
    (0..40_000).for_each(|number| ending(number, 10));
    let full = store.totals();
    assert!(full.evicted > 10_000);
    clock.advance(Duration::from_secs(11));
    store.maintain();
    assert_eq!(store.totals().entries, 0);
    let room = u32::try_from(full.entries / 2).unwrap();
    (0..room).for_each(|number| ending(number, 1000));
    assert_eq!((store.totals().entries, store.totals().evicted), (u64::from(room), full.evicted));
}

#[test]
fn moved_deadlines_count_whichever_way_and_memory_comes_back_by_them() {
    let (store, clock) = store();
    let key = |number: u32| number.to_be_bytes();
    let seconds = Duration::from_secs;
    for number in 0..3000 {
        store.put(&key(number), &Draft::new("value").expires(seconds(10)), When::Always, &OK).unwrap();
    }
    clock.advance(seconds(5));
    for number in 0..1000 {
        store.put(&key(number), &Draft::new("value").expires(seconds(10)), When::Always, &OK).unwrap();
        store.touch(&key(number + 1000), Expiry::Never, OK).unwrap();
        store.touch(&key(number + 2000), seconds(2).into(), OK).unwrap();
    }
    for (after, left) in [(3, 2000), (3, 2000), (5, 1000), (1_000_000, 1000)] {
        clock.advance(seconds(after));
        store.maintain();
        assert_eq!(store.totals().entries, left, "{after} s later");
    }
    assert!((1000..2000).all(|number| value(&store, &key(number)) == Some(b"value".to_vec())));
    (1000..2000).for_each(|number| {
        store.touch(&key(number), seconds(1).into(), OK).unwrap();
    });
    clock.advance(seconds(2));
    store.maintain();
    assert_eq!(store.totals().entries, 0);
}
