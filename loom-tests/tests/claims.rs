//! One model per claim, named after it. loom runs each under every order of the threads' steps that matters, through
//! the library's public API: the stripe's lock, the budget's word and the account's word are all inside.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom`

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{Cache, Clock, Config, Refusal, Role, Session, Users, engine};
use loom::thread;
use loom_tests::explore;
use std::time::Duration;

/// A cache with one user `ada`, a clock that stands still and the same hash each time, as loom requires.
fn cache(budget: usize, stripes: usize) -> Cache {
    let mut config = Config::new(budget);
    config.stripes = stripes;
    config.clock = Clock::manual();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let users = Users::with_mock_key([7; 32]);
    users.add_trusted("ada", Role::ReadWrite).unwrap();
    Cache::new(config, users).unwrap()
}

fn ada(cache: &Cache) -> Session {
    cache.session_for("ada").unwrap()
}

const ROOMY: usize = 1 << 20;
/// Too small for a referee, as those caches are that are compared with it.
const SMALL: usize = 64 << 10;

#[test]
fn an_update_is_never_lost() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let main = ada(&cache);
        main.set("n", "0").unwrap();
        let other = ada(&cache);
        let thread = thread::spawn(move || other.incr("n", 1).unwrap());
        let mine = main.incr("n", 1).unwrap();
        let theirs = thread.join().unwrap();
        assert_eq!(&*main.get("n").unwrap().unwrap(), b"2");
        assert_eq!(mine.value + theirs.value, 3, "each step saw the other or came first");
        assert_ne!(mine.version, theirs.version, "versions never repeat");
    });
}

#[test]
fn an_append_is_never_lost() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let main = ada(&cache);
        main.set("log", "").unwrap();
        let other = ada(&cache);
        let thread = thread::spawn(move || other.append("log", "a").unwrap());
        main.append("log", "b").unwrap();
        thread.join().unwrap();
        let log = main.get("log").unwrap().unwrap();
        assert!(&*log == b"ab" || &*log == b"ba", "{}", log.escape_ascii());
    });
}

#[test]
fn a_version_is_swapped_only_once() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let main = ada(&cache);
        let seen = main.set("seat", "free").unwrap();
        let other = ada(&cache);
        let thread = thread::spawn(move || other.cas("seat", "other", seen).is_ok());
        let mine = main.cas("seat", "mine", seen).is_ok();
        let theirs = thread.join().unwrap();
        assert!(mine != theirs, "exactly one of two swaps of the same version succeeds");
        let holder: &[u8] = if mine { b"mine" } else { b"other" };
        assert_eq!(&*main.get("seat").unwrap().unwrap(), holder);
    });
}

const KEYS: [&str; 4] = ["a", "b", "c", "d"];
/// Which of two stripes a key lies in depends on the target's hash; with each of these beside `a`, some model has its
/// two writers in different stripes on any target that is likely to be met.
const PARTNERS: [&str; 5] = ["b", "c", "d", "e", "f"];
const VALUE: [u8; 1500] = [7; 1500];

/// What an empty cache charges: under loom the locks are larger.
fn empty_charge(stripes: usize) -> usize {
    let charge = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let seen = charge.clone();
    let look = move || seen.store(cache(SMALL, stripes).stats().bytes, std::sync::atomic::Ordering::SeqCst);
    loom::model(look);
    charge.load(std::sync::atomic::Ordering::SeqCst) as usize
}

fn assert_within(cache: &Cache) {
    let stats = cache.stats();
    assert!(stats.bytes <= stats.budget, "{stats:?}");
}

/// A thread is interrupted so often at most where it could go on, in the one model that is not exhaustive.
const INTERRUPTIONS: usize = 4;

/// Two writers in different stripes want the last room at once, while a third party looks. That nothing was paid
/// twice or not at all shows when everything is given back.
#[test]
fn the_budget_holds_at_every_lock_release() {
    PARTNERS.into_iter().for_each(two_writers_want_the_last_room);
}

fn two_writers_want_the_last_room(partner: &'static str) {
    let empty = empty_charge(2);
    // Three threads over all that a cache is by now: without a bound it does not end in minutes.
    explore(INTERRUPTIONS, move || {
        let cache = cache(empty + 3 * VALUE.len(), 2);
        let main = ada(&cache);
        main.set("held", &VALUE).unwrap();
        let other = ada(&cache);
        // Both hand back what they have: how a session ends is for other models to say, and many steps.
        let thread = thread::spawn(move || (other.set("a", &VALUE).is_ok(), other));
        let watched = cache.clone();
        let watcher = thread::spawn(move || {
            assert_within(&watched);
            watched
        });
        let _ = main.set(partner, &VALUE);
        let _handed_back = (thread.join().unwrap(), watcher.join().unwrap());
        assert_within(&cache);
        main.flush().unwrap();
        assert_eq!(cache.stats().bytes as usize, empty, "what was charged came back, no more and no less");
    });
}

#[test]
fn room_made_in_another_stripe_is_paid_once() {
    PARTNERS.into_iter().for_each(two_writers_make_room_across_stripes);
}

fn two_writers_make_room_across_stripes(partner: &'static str) {
    let empty = empty_charge(2);
    loom::model(move || {
        let cache = cache(empty + 5 * VALUE.len() / 2, 2);
        let main = ada(&cache);
        for key in KEYS {
            main.set(key, &VALUE).unwrap();
        }
        assert!(cache.stats().evictions >= 2, "the model must evict to mean anything");
        let other = ada(&cache);
        let thread = thread::spawn(move || other.set("a", &VALUE).is_ok());
        // Each may find that the other holds all the room there is; neither may go over.
        let _ = main.set(partner, &VALUE);
        let _ = thread.join().unwrap();
        assert_within(&cache);
        main.flush().unwrap();
        assert_eq!(cache.stats().bytes as usize, empty);
    });
}

#[test]
fn no_write_lands_after_revoke_returns() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        cache.users().add_trusted("observer", Role::ReadOnly).unwrap();
        let observer = cache.session_for("observer").unwrap();
        let revoked = ada(&cache);
        let thread = thread::spawn(move || revoked.set("k", "late"));
        cache.users().revoke("ada").unwrap();
        let then = observer.get("k").unwrap();
        let outcome = thread.join().unwrap();
        let after = observer.get("k").unwrap();
        match outcome {
            Ok(_) => assert!(then.is_some() && after.is_some(), "it landed after revoke had returned"),
            Err(refusal) => {
                assert_eq!(refusal, Refusal::Revoked);
                assert!(then.is_none() && after.is_none());
            }
        }
    });
}

#[test]
fn a_session_opened_while_its_user_is_removed_is_dead() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let opening = cache.clone();
        let thread = thread::spawn(move || opening.session_for("ada"));
        cache.users().remove("ada").unwrap();
        if let Ok(session) = thread.join().unwrap() {
            assert_eq!(session.set("k", "late"), Err(Refusal::Revoked));
        }
    });
}

#[test]
fn no_write_lands_after_its_user_lost_the_role() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let writer = ada(&cache);
        let reader = writer.clone();
        let thread = thread::spawn(move || writer.set("k", "late"));
        cache.users().set_roles("ada", Role::ReadOnly).unwrap();
        let then = reader.get("k").unwrap();
        let outcome = thread.join().unwrap();
        assert_eq!(outcome.is_ok(), then.is_some(), "a write after the change, or a lost one before it");
        assert!(outcome.is_ok() || outcome == Err(Refusal::Forbidden));
    });
}

#[test]
fn flush_leaves_no_earlier_entry() {
    loom::model(|| {
        let cache = cache(ROOMY, 2);
        let main = ada(&cache);
        for key in KEYS {
            main.set(key, "early").unwrap();
        }
        let other = ada(&cache);
        let thread = thread::spawn(move || other.set(KEYS[0], "late").unwrap());
        main.flush().unwrap();
        for key in KEYS {
            let found = main.get(key).unwrap();
            assert!(found.is_none_or(|item| &*item == b"late"), "an entry from before the flush");
        }
        thread.join().unwrap();
    });
}

/// The stripe is biased towards readers and both threads have announced reads before, so that the writer finds announcements
/// that stand, that come and that go. That nobody reads while it writes is loom's own check, of each look at a stripe.
#[test]
fn a_writer_waits_for_announced_readers() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let main = ada(&cache);
        main.set("k", "old").unwrap();
        let read = |session: &Session| session.get("k").unwrap().unwrap().to_vec();
        (0..3).for_each(|_| assert_eq!(read(&main), b"old"));
        let other = ada(&cache);
        let reader = thread::spawn(move || (0..2).map(|_| read(&other)).collect::<Vec<_>>());
        main.set("k", "new").unwrap();
        assert_eq!(read(&main), b"new");
        let seen = reader.join().unwrap();
        assert!(seen.iter().all(|value| value == b"old" || value == b"new"));
        assert!(seen[0] == b"old" || seen[1] == b"new", "what was written does not come undone");
    });
}

/// As before, where only one thread announces reads, so that the bias is back right after each write of the other one.
#[test]
fn a_writer_that_brings_the_bias_back_waits_for_the_reader_as_well() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let main = ada(&cache);
        main.set("k", "old").unwrap();
        let read = || main.get("k").unwrap().unwrap().to_vec();
        (0..3).for_each(|_| assert_eq!(read(), b"old"));
        let other = ada(&cache);
        let writer = thread::spawn(move || ["new", "newer"].map(|value| other.set("k", value).unwrap()));
        let seen = [read(), read()];
        writer.join().unwrap();
        let number = |value: &Vec<u8>| [&b"old"[..], b"new", b"newer"].iter().position(|one| one == value);
        assert!(number(&seen[0]) <= number(&seen[1]) && number(&seen[0]).is_some(), "{seen:?}");
        assert_eq!(read(), b"newer");
    });
}

#[test]
fn a_reader_sees_a_whole_value_or_none() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let main = ada(&cache);
        main.set("k", "old").unwrap();
        let other = ada(&cache);
        let thread = thread::spawn(move || {
            other.set("k", "new").unwrap();
            other.delete("k").unwrap();
        });
        let seen = main.get("k").unwrap();
        let held = seen.as_ref().map(|item| (item.to_vec(), item.version()));
        thread.join().unwrap();
        let still = seen.map(|item| (item.to_vec(), item.version()));
        assert_eq!(held, still, "what a reader holds does not change");
        assert!(held.is_none_or(|(value, _)| value == b"old" || value == b"new"));
    });
}

/// The memory of an item is taken for the next one once nobody holds it: loom sees its count, and each look at its bytes.
#[test]
fn what_a_reader_holds_is_not_written_over() {
    loom::model(|| {
        let cache = cache(ROOMY, 1);
        let main = ada(&cache);
        main.set("k", "old").unwrap();
        let other = ada(&cache);
        let reader = thread::spawn(move || {
            let item = other.get("k").unwrap().unwrap();
            assert!([&b"old"[..], b"new"].contains(&item.value()));
        });
        main.set("k", "new").unwrap();
        assert_eq!(main.get("k").unwrap().as_deref(), Some(&b"new"[..]));
        reader.join().unwrap();
    });
}

/// Hashes are the same each time, as loom requires.
type Fixed = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

/// The generic cache, of one stripe.
fn generic(entries: usize, clock: &Clock) -> engine::Cache<u32, u32, Fixed> {
    let builder = engine::Builder::with_entries(entries).hasher(Fixed::default()).stripes(1);
    builder.time_to_idle(Duration::from_secs(10)).clock(clock.clone()).build().unwrap()
}

/// The memory of an entry is taken for the next one once nobody holds it: by an overwrite, and by what it is evicted for.
#[test]
fn a_held_value_never_changes_though_its_entrys_memory_is_written_over() {
    loom::model(|| {
        let cache = generic(1, &Clock::manual());
        cache.set(1, 10).unwrap();
        let other = cache.clone();
        let reader = thread::spawn(move || {
            let held = other.get(&1);
            let seen = held.as_ref().map(|held| (*held.key(), **held));
            // Each other step of the writer comes here in some order.
            let passed = other.get(&2).map(|held| *held);
            assert!(passed.is_none_or(|value| value == 20), "{passed:?}");
            assert_eq!(held.map(|held| (*held.key(), *held)), seen);
            assert!(seen.is_none_or(|seen| [(1, 10), (1, 11)].contains(&seen)), "{seen:?}");
        });
        cache.set(1, 11).unwrap();
        cache.set(2, 20).unwrap();
        reader.join().unwrap();
        assert_eq!((cache.get(&2).as_deref(), cache.len()), (Some(&20), 1));
    });
}

#[test]
fn a_lowered_limit_holds_when_it_returns_whoever_inserts() {
    loom::model(|| {
        let cache = generic(3, &Clock::manual());
        cache.insert(1, 1).unwrap();
        cache.insert(2, 2).unwrap();
        let other = cache.clone();
        let thread = thread::spawn(move || other.insert(3, 3).is_ok());
        assert!(cache.resize(1));
        assert!(cache.stats().weight <= 1, "{:?}", cache.stats());
        assert!(thread.join().unwrap(), "one entry fits either limit");
        assert_eq!((cache.stats().weight, cache.len()), (1, 1));
    });
}

#[test]
fn what_a_read_has_kept_alive_does_not_expire() {
    loom::model(|| {
        let clock = Clock::manual();
        let cache = generic(3, &clock);
        cache.insert(1, 1).unwrap();
        clock.advance(Duration::from_secs(8));
        let other = cache.clone();
        let thread = thread::spawn(move || other.get(&1).is_some());
        clock.advance(Duration::from_secs(4));
        cache.maintain();
        // Whoever had it before its time was over has moved its end.
        assert_eq!(thread.join().unwrap(), cache.contains(&1));
        assert_eq!(cache.stats().expired, u64::from(!cache.contains(&1)));
    });
}

#[test]
fn compute_never_loses_a_count() {
    loom::model(|| {
        let cache = generic(3, &Clock::manual());
        let more = |count: Option<&u32>| engine::Update::Put(count.copied().unwrap_or(0) + 1);
        let other = cache.clone();
        let thread = thread::spawn(move || other.compute(&1, more).unwrap());
        cache.compute(&1, more).unwrap();
        thread.join().unwrap();
        assert_eq!(cache.get(&1).as_deref(), Some(&2));
    });
}

#[test]
fn what_is_pinned_is_not_evicted() {
    loom::model(|| {
        let cache = generic(2, &Clock::manual());
        cache.insert(1, 1).unwrap();
        cache.insert(2, 2).unwrap();
        let other = cache.clone();
        let thread = thread::spawn(move || {
            other.insert(3, 3).unwrap();
        });
        if let Some(pinned) = cache.pin(&1) {
            cache.insert(4, 4).unwrap();
            assert!(cache.contains(&1));
            drop(pinned);
        }
        thread.join().unwrap();
        assert!(cache.len() <= 2);
    });
}

#[test]
fn one_loads_and_whoever_waits_wakes() {
    loom::model(|| {
        let cache = generic(3, &Clock::manual());
        let runs = loom::sync::Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let (other, others) = (cache.clone(), runs.clone());
        let load = |runs: &loom::sync::atomic::AtomicUsize| {
            u32::try_from(runs.fetch_add(1, loom::sync::atomic::Ordering::Relaxed)).unwrap()
        };
        let thread = thread::spawn(move || *other.get_or_insert_with(&1, || load(&others)));
        let mine = *cache.get_or_insert_with(&1, || load(&runs));
        assert_eq!((mine, thread.join().unwrap()), (0, 0));
        assert_eq!(cache.stats().loads, 1);
    });
}

#[test]
fn when_a_loader_fails_whoever_waits_loads() {
    loom::model(|| {
        let cache = generic(3, &Clock::manual());
        let other = cache.clone();
        let thread = thread::spawn(move || *other.get_or_insert_with(&1, || 1));
        let mine = cache.try_get_or_insert_with(&1, || Err(())).map(|held| *held);
        assert!(mine == Ok(1) || mine == Err(()));
        assert_eq!(thread.join().unwrap(), 1);
        assert!(cache.contains(&1));
    });
}

#[test]
fn a_listener_sees_each_removal_exactly_once_and_in_order() {
    loom::model(|| {
        let told = loom::sync::Arc::new(loom::sync::Mutex::new(Vec::new()));
        let log = told.clone();
        let cache = engine::Builder::with_entries(3).hasher(Fixed::default()).stripes(1);
        let cache = cache.clock(Clock::manual()).listener(move |held, _| log.lock().unwrap().push(**held));
        let cache: engine::Cache<u32, u32, Fixed> = cache.build().unwrap();
        let other = cache.clone();
        let thread = thread::spawn(move || {
            other.insert(1, 1).unwrap();
            other.insert(1, 2).unwrap();
        });
        cache.insert(1, 10).unwrap();
        cache.remove(&1);
        thread.join().unwrap();
        cache.remove(&1);
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.contains(&10));
        let at = |value| told.iter().position(|it| *it == value);
        assert!(at(1) < at(2), "{told:?}");
    });
}

/// What loaders read and writers change. It orders nothing by itself: what a loader sees is what the cache makes sure of.
struct Source(loom::sync::atomic::AtomicU32);

impl Source {
    fn new() -> loom::sync::Arc<Self> {
        loom::sync::Arc::new(Self(loom::sync::atomic::AtomicU32::new(1)))
    }

    fn read(&self) -> u32 {
        self.0.load(loom::sync::atomic::Ordering::Relaxed)
    }

    fn change(&self) {
        self.0.store(2, loom::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn what_is_removed_during_a_load_is_not_stored() {
    loom::model(|| {
        let cache = generic(3, &Clock::manual());
        let source = Source::new();
        let (other, read) = (cache.clone(), source.clone());
        let thread = thread::spawn(move || *other.get_or_insert_with(&1, || read.read()));
        source.change();
        cache.remove(&1);
        let loaded = thread.join().unwrap();
        let there = cache.peek(&1).map(|held| *held);
        assert!(there.is_none_or(|there| there == 2 && loaded == 2), "{there:?}");
    });
}

#[test]
fn what_is_cleared_during_a_load_is_not_stored() {
    loom::model(|| {
        let cache = generic(3, &Clock::manual());
        let source = Source::new();
        let (other, read) = (cache.clone(), source.clone());
        let thread = thread::spawn(move || *other.get_or_insert_with(&1, || read.read()));
        source.change();
        cache.clear();
        let loaded = thread.join().unwrap();
        let there = cache.peek(&1).map(|held| *held);
        assert!(there.is_none_or(|there| there == 2 && loaded == 2), "{there:?}");
    });
}
