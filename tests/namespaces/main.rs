//! What a namespace promises, through the public API.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]

use keyway::{
    Cache, Config, Delta, Expiry, LoginFailure, Mechanism, Namespace, NamespaceError, Refusal, Role, Rounds,
    Session, SourceError, SourceTerms, SourcedUser, Step, UserError, UserRecord, UserSource, Users, Verifier,
};
use scopeguard::defer;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

const MIB: usize = 1 << 20;

fn cache(budget: usize) -> Cache {
    Cache::new(Config::new(budget), Users::new()).unwrap()
}

fn namespace(name: &str, reserve: usize) -> Namespace {
    let mut namespace = Namespace::new(name);
    namespace.reserve = reserve;
    namespace
}

/// A user of this namespace, made with it.
fn tenant(cache: &Cache, name: &str, reserve: usize) -> Session {
    cache.namespaces().add(namespace(name, reserve)).unwrap();
    user_of(cache, name, Some(name))
}

fn user_of(cache: &Cache, user: &str, namespace: Option<&str>) -> Session {
    cache.users().add_trusted(user, Role::ReadWrite).unwrap();
    cache.users().set_namespace(user, namespace).unwrap();
    cache.session_for(user).unwrap()
}

fn fill(session: &Session, numbers: std::ops::Range<u32>, len: usize) {
    for number in numbers {
        session.set(&number.to_be_bytes(), &vec![1; len]).unwrap();
    }
}

#[test]
fn the_same_key_names_other_data_in_each() {
    let cache = cache(8 * MIB);
    let spaces = [user_of(&cache, "main", None), tenant(&cache, "shop", 0), tenant(&cache, "news", 0)];
    for (at, session) in spaces.iter().enumerate() {
        assert!(session.get("k").unwrap().is_none());
        session.set("k", format!("value {at}").as_str()).unwrap();
    }
    spaces[1].flush().unwrap();
    assert!(spaces[1].get("k").unwrap().is_none());
    assert_eq!(spaces[0].get("k").unwrap().as_deref(), Some(&b"value 0"[..]));
    assert_eq!(spaces[2].get("k").unwrap().as_deref(), Some(&b"value 2"[..]));
    let items = spaces.each_ref().map(|session| session.stats().unwrap().items);
    assert_eq!((items, cache.stats().items), ([1, 0, 1], 2), "own statistics");
    let hits: Vec<_> =
        cache.namespaces().stats().into_iter().map(|it| (it.namespace.name, it.stats.hits)).collect();
    assert_eq!(hits, [(String::new(), 1), ("news".to_owned(), 1), ("shop".to_owned(), 0)]);
}

/// Attack row 71: what one tenant has stored shows in no answer that another gets.
#[test]
fn row_71_no_verb_tells_what_another_namespace_holds() {
    let cache = cache(8 * MIB);
    let (ours, theirs) = (tenant(&cache, "ours", 0), tenant(&cache, "theirs", 0));
    let version = theirs.set("k", "7").unwrap();
    theirs.set("n", "41").unwrap();
    assert_eq!(ours.cas("k", "x", version), Err(Refusal::NotFound), "a version means nothing elsewhere");
    assert_eq!(ours.replace("k", "x"), Err(Refusal::NotFound));
    assert_eq!(ours.append("k", "x"), Err(Refusal::NotStored));
    assert_eq!(ours.incr("n", Delta::by(1)).err(), Some(Refusal::NotFound));
    assert_eq!((ours.delete("k"), ours.touch("k", Expiry::Never)), (Ok(false), Ok(false)));
    assert_eq!(ours.delete_given("k", version), Ok(false));
    assert!(ours.get("k").unwrap().is_none());
    assert!(ours.add("k", "mine").is_ok(), "and `add` does not say that it exists");
    assert_eq!(ours.incr("n", Delta::by(1).or_initial(1)).unwrap().value, 1);
    assert_eq!(theirs.get("k").unwrap().as_deref(), Some(&b"7"[..]));
    assert_eq!(theirs.incr("n", 1).unwrap().value, 42);
    assert_eq!(ours.stats().unwrap().items, 2);
}

/// Attack row 68: keys that meet in one tenant's stripe or line do not in another's, since each hashes under a key of its own.
/// The orders in which small caches of equal histories evict are as many as there are hash keys.
#[test]
fn row_68_each_namespace_hashes_under_a_key_of_its_own() {
    let cache = cache(8 * MIB);
    let survivors = |name: &str| {
        let mut small = namespace(name, 0);
        (small.ceiling, small.stripes) = (Some(128 << 10), Some(16));
        cache.namespaces().add(small).unwrap();
        let session = user_of(&cache, name, Some(name));
        fill(&session, 0..2000, 100);
        (0..2000_u32)
            .filter(|number| session.get(&number.to_be_bytes()).unwrap().is_some())
            .collect::<Vec<_>>()
    };
    let (one, other) = (survivors("one"), survivors("other"));
    assert!(one.len() > 100 && other.len() > 100);
    assert_ne!(one, other);
}

#[test]
fn a_login_opens_the_users_namespace_by_each_way_in() {
    let cache = cache(8 * MIB);
    cache.namespaces().add(namespace("shop", 0)).unwrap();
    let verifier = Verifier::derive("correct horse", Rounds::MIN).unwrap();
    let mut clerk = UserRecord::new("clerk", Role::ReadWrite, verifier);
    clerk.namespace = Some("shop".to_owned());
    cache.users().add_record(clerk).unwrap();
    cache.session_for("clerk").unwrap().set("k", "ours").unwrap();
    user_of(&cache, "main", None).set("k", "main").unwrap();
    let sees = |session: Session| assert_eq!(session.get("k").unwrap().as_deref(), Some(&b"ours"[..]));
    sees(cache.login("clerk", "correct horse").unwrap());
    let by_exchange = || match cache.exchange(Mechanism::Plain).step(b"\0clerk\0correct horse") {
        Step::Open(session) => sees(session),
        Step::Verify(attempt) => match attempt.verify().unwrap() {
            keyway::Verified::Open(session) => sees(session),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    by_exchange();
    by_exchange();
    cache.namespaces().remove("shop").unwrap();
    let refused = cache.login("clerk", "correct horse").unwrap_err();
    assert_eq!(refused.failure(), LoginFailure::UnknownNamespace);
    assert_eq!(refused.to_string(), "login refused");
    assert_eq!(cache.session_for("clerk").err(), Some(UserError::UnknownNamespace("shop".to_owned())));
}

#[test]
fn a_removed_namespace_refuses_its_sessions_and_gives_its_bytes_back() {
    let cache = cache(8 * MIB);
    let main = user_of(&cache, "main", None);
    main.set("k", "main").unwrap();
    let before = cache.stats();
    let session = tenant(&cache, "shop", MIB);
    fill(&session, 0..5000, 100);
    let full = cache.stats();
    cache.namespaces().remove("shop").unwrap();
    assert_eq!(session.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(session.set("k", "v"), Err(Refusal::Revoked));
    assert!(cache.stats().bytes < before.bytes + (24 << 10), "but for its empty stripes");
    drop(session);
    let after = cache.stats();
    assert_eq!((after.bytes, after.items), (before.bytes, 1), "they go with the last session");
    assert_eq!(after.stored, full.stored, "what was counted stays counted");
    assert_eq!(main.get("k").unwrap().as_deref(), Some(&b"main"[..]));
    assert_eq!(cache.namespaces().remove("shop"), Err(NamespaceError::Unknown("shop".to_owned())));
    cache.namespaces().add(namespace("shop", 7 * MIB)).unwrap();
    assert!(
        cache.session_for("shop").unwrap().get(&1_u32.to_be_bytes()).unwrap().is_none(),
        "a new one is empty"
    );
}

#[test]
fn another_namespace_ends_the_sessions_and_the_same_one_does_not() {
    let cache = cache(8 * MIB);
    let session = tenant(&cache, "shop", 0);
    cache.namespaces().add(namespace("news", 0)).unwrap();
    session.set("k", "shop").unwrap();
    cache.users().set_namespace("shop", Some("shop")).unwrap();
    assert!(session.get("k").unwrap().is_some());
    cache.users().set_namespace("shop", Some("news")).unwrap();
    assert_eq!(session.get("k").err(), Some(Refusal::Revoked));
    assert!(cache.session_for("shop").unwrap().get("k").unwrap().is_none());
    assert_eq!(cache.users().list()[0].namespace.as_deref(), Some("news"));
}

/// Says of everybody that they work in this namespace, and keeps what it is told.
#[derive(Clone, Debug)]
struct Elsewhere {
    verifier: Verifier,
    namespace: Arc<Mutex<Option<String>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    fn says(&self, namespace: Option<&str>) {
        *self.namespace.lock().unwrap() = namespace.map(str::to_owned);
    }
}

impl UserSource for Elsewhere {
    fn find(&self, _: &str) -> Result<Option<SourcedUser>, SourceError> {
        let mut user = SourcedUser::stored(Role::ReadWrite, [self.verifier.clone().into()]);
        user.namespace.clone_from(&self.namespace.lock().unwrap());
        Ok(Some(user))
    }

    fn cannot_use(&self, name: &str, why: &UserError) {
        self.told.lock().unwrap().push(format!("{name}: {why}"));
    }
}

#[test]
fn users_of_a_source_work_where_it_says_and_nowhere_while_there_is_no_such_namespace() {
    let cache = cache(8 * MIB);
    let source = Elsewhere {
        verifier: Verifier::derive("correct horse", Rounds::MIN).unwrap(),
        namespace: Arc::default(),
        told: Arc::default(),
    };
    let mut terms = SourceTerms::default();
    terms.fresh = Duration::ZERO;
    cache.users().draw_from(source.clone(), terms);
    let log_in = |name: &str| cache.login(name, "correct horse");

    let main = log_in("clerk").unwrap();
    main.set("k", "main").unwrap();
    source.says(Some("shop"));
    assert_eq!(log_in("clerk").unwrap_err().failure(), LoginFailure::UnknownNamespace);
    assert_eq!(main.get("k").err(), Some(Refusal::Revoked), "she does not stay where she was");
    let told = std::mem::take(&mut *source.told.lock().unwrap());
    assert!(told.len() == 1 && told[0].starts_with("clerk: ") && told[0].contains("\"shop\""), "{told:?}");

    cache.namespaces().add(namespace("shop", 0)).unwrap();
    let shop = log_in("clerk").unwrap();
    assert!(shop.get("k").unwrap().is_none(), "the same key, other data");
    shop.set("k", "shop").unwrap();
    cache.users().look_again().unwrap();
    assert_eq!(shop.get("k").unwrap().as_deref(), Some(&b"shop"[..]), "nothing has changed");
    source.says(None);
    cache.users().look_again().unwrap();
    assert_eq!(shop.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(log_in("clerk").unwrap().get("k").unwrap().as_deref(), Some(&b"main"[..]));

    source.says(Some("shop"));
    let shop = log_in("clerk").unwrap();
    cache.namespaces().remove("shop").unwrap();
    assert_eq!(shop.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(log_in("clerk").unwrap_err().failure(), LoginFailure::UnknownNamespace);
    assert_eq!(cache.session_for("clerk").err(), Some(UserError::UnknownNamespace("shop".to_owned())));
}

#[test]
fn what_cannot_be_promised_is_refused_and_changes_nothing() {
    let cache = cache(8 * MIB);
    let namespaces = cache.namespaces();
    namespaces.add(namespace("shop", 5 * MIB)).unwrap();
    let too_much = namespaces.add(namespace("news", 4 * MIB)).unwrap_err();
    assert!(matches!(too_much, NamespaceError::ReservedBeyondBudget { budget, .. } if budget == 8 * MIB));
    assert!(namespaces.change(namespace("shop", 9 * MIB)).is_err());
    assert!(cache.resize(5 * MIB).is_err(), "less than what is reserved");
    assert!(cache.reserved() > 5 * MIB && cache.budget() == 8 * MIB);
    cache.resize(6 * MIB).unwrap();
    assert!(namespaces.add(namespace("shop", 0)) == Err(NamespaceError::Exists("shop".to_owned())));
    for name in ["", "a b", "a\n", &"n".repeat(65)] {
        assert_eq!(namespaces.add(namespace(name, 0)), Err(NamespaceError::BadName(name.to_owned())));
    }
    let mut low = namespace("low", 0);
    low.ceiling = Some(100);
    assert!(matches!(namespaces.add(low.clone()), Err(NamespaceError::CeilingTooLow { .. })));
    low.reserve = 200;
    assert!(matches!(namespaces.add(low), Err(NamespaceError::CeilingBelowReserve { .. })));
    let mut none = namespace("none", 0);
    none.ceiling_items = Some(0);
    assert_eq!(namespaces.add(none), Err(NamespaceError::NoItems));
    let mut items = namespace("items", 0);
    (items.reserve_items, items.ceiling_items) = (11, Some(10));
    let below = NamespaceError::CeilingBelowReservedItems { reserve_items: 11, ceiling_items: 10 };
    assert_eq!(namespaces.add(items.clone()), Err(below));
    (items.reserve_items, items.ceiling_items) = (usize::MAX, None);
    assert!(matches!(namespaces.add(items.clone()), Err(NamespaceError::ReservedBeyondBudget { .. })));
    items.reserve_items = 2 * MIB / 36;
    assert!(namespaces.add(items.clone()).is_err(), "not even the smallest of so many fit beside the shop");
    (items.reserve_items, items.ceiling) = (100_000, Some(MIB));
    assert!(matches!(namespaces.add(items), Err(NamespaceError::CeilingTooLow { least }) if least > MIB));
    let twice = vec![namespace("a", 0), namespace("a", 0)];
    assert_eq!(namespaces.replace(twice), Err(NamespaceError::NamedTwice("a".to_owned())));
    assert_eq!(namespaces.replace(vec![namespace("a", 7 * MIB)]).err().map(|_| ()), Some(()));
    assert_eq!(namespaces.list(), [namespace("shop", 5 * MIB)], "nothing was done");
    namespaces.replace(vec![namespace("b", 4 * MIB), namespace("shop", MIB)]).unwrap();
    assert_eq!(namespaces.list(), [namespace("b", 4 * MIB), namespace("shop", MIB)]);
    namespaces.replace(vec![namespace("b", MIB), namespace("shop", 4 * MIB)]).unwrap();
}

#[test]
fn ceilings_are_kept_and_can_be_moved() {
    let cache = cache(16 * MIB);
    let session = tenant(&cache, "shop", 0);
    let fill = || fill(&session, 0..20_000, 200);
    fill();
    assert_eq!(session.stats().unwrap().items, 20_000);
    let mut terms = namespace("shop", 0);
    terms.ceiling = Some(MIB);
    cache.namespaces().change(terms.clone()).unwrap();
    let stats = session.stats().unwrap();
    assert!(stats.bytes <= MIB as u64 && stats.budget == MIB as u64 && stats.items > 3000, "{stats:?}");
    assert_eq!(session.set("large", &vec![0; MIB / 2 + 1]), Err(Refusal::TooLarge { limit: MIB / 2 }));
    session.set("large", &vec![0; MIB / 2]).unwrap();
    fill();
    assert!(session.stats().unwrap().bytes <= MIB as u64);
    terms.ceiling_items = Some(10);
    cache.namespaces().change(terms).unwrap();
    assert_eq!(session.stats().unwrap().items, 10);
    fill();
    assert_eq!(session.stats().unwrap().items, 10);
    cache.namespaces().change(namespace("shop", 0)).unwrap();
    fill();
    assert_eq!(session.stats().unwrap().items, 20_000);
}

#[test]
fn only_who_may_flushes_all() {
    let cache = cache(8 * MIB);
    let (main, shop) = (user_of(&cache, "main", None), tenant(&cache, "shop", 0));
    cache.users().add_trusted("root", Role::Admin).unwrap();
    let root = cache.session_for("root").unwrap();
    for session in [&main, &shop] {
        session.set("k", "v").unwrap();
    }
    assert_eq!(cache.namespaces().flush_all(&shop), Err(Refusal::Forbidden));
    assert_eq!(cache.stats().items, 2);
    cache.namespaces().flush_all(&root).unwrap();
    assert_eq!(cache.stats().items, 0);
}

/// One tenant writes as fast as it can, from several threads; another has a tenth of the budget reserved, loads its working set
/// and reads it.
#[test]
fn a_noisy_neighbour_costs_none_of_what_is_reserved() {
    let cache = cache(32 * MIB);
    let noisy = tenant(&cache, "noisy", 0);
    let quiet = tenant(&cache, "quiet", 32 * MIB / 10);
    let key = |number: u32| number.to_be_bytes();
    // The house is full before the quiet one begins: all that is reserved has been lent.
    fill(&noisy, 0..200_000, 200);
    let items = 10_000_u32;
    fill(&quiet, 0..items, 200);
    let loaded = quiet.stats().unwrap();
    assert_eq!((loaded.items, loaded.evictions), (u64::from(items), 0));
    let evicted = || noisy.stats().unwrap().evictions;
    let (before, mut rounds) = (evicted(), 0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..3_u32 {
            let (noisy, done) = (&noisy, &done);
            scope.spawn(move || {
                let mut number = thread << 24;
                while !done.load(Ordering::Relaxed) {
                    let value = vec![0; 16 + (number % 4000) as usize];
                    noisy.set(&key(number), &value).unwrap();
                    number += 1;
                }
            });
        }
        // Also where something fails, or the scope would wait for ever.
        defer!(done.store(true, Ordering::Relaxed));
        // However fast this machine is at the time: the noise is to go through what is not reserved.
        while rounds < 3 || evicted() < before + 50_000 {
            rounds += 1;
            assert!((0..items).all(|number| quiet.get(&key(number)).unwrap().is_some()));
            assert!(cache.stats().bytes <= cache.stats().budget);
        }
    });
    let after = quiet.stats().unwrap();
    assert_eq!((after.bytes, after.items, after.evictions), (loaded.bytes, loaded.items, 0), "to the byte");
    assert_eq!((after.hits - loaded.hits, after.misses), (rounds * u64::from(items), loaded.misses));
}

/// The same where a number of items is reserved, and no bytes: they stay whatever their sizes are.
#[test]
fn a_noisy_neighbour_costs_none_of_the_items_that_are_reserved() {
    let cache = cache(8 * MIB);
    let noisy = tenant(&cache, "noisy", 0);
    let mut terms = namespace("quiet", 0);
    terms.reserve_items = 1000;
    cache.namespaces().add(terms).unwrap();
    let quiet = user_of(&cache, "quiet", Some("quiet"));
    fill(&noisy, 0..50_000, 200);
    let key = |number: u32| number.to_be_bytes();
    for number in 0..1000 {
        quiet.set(&key(number), &vec![1; 1 + number as usize * 3]).unwrap();
    }
    let loaded = quiet.stats().unwrap();
    assert_eq!((loaded.items, loaded.evictions), (1000, 0), "others gave what it took");
    assert!(loaded.bytes > 1_500_000, "{loaded:?}");
    thread::scope(|scope| {
        for thread in 0..3_u32 {
            let noisy = &noisy;
            scope.spawn(move || fill(noisy, thread << 24..(thread << 24) + 20_000, 700));
        }
    });
    let after = quiet.stats().unwrap();
    assert_eq!((after.items, after.bytes, after.evictions), (1000, loaded.bytes, 0), "to the item");
    assert!((0..1000).all(|number| quiet.get(&key(number)).unwrap().is_some()));
    // What it gives up itself it may have again.
    quiet.delete(&key(7)).unwrap();
    fill(&noisy, 0..5_000, 700);
    quiet.set(&key(7), &vec![1; 3000]).unwrap();
    assert_eq!((quiet.stats().unwrap().items, quiet.stats().unwrap().evictions), (1000, 0));
}

#[test]
fn who_was_promised_bytes_takes_them_from_items_that_are_reserved() {
    let cache = cache(8 * MIB);
    let mut terms = namespace("items", 0);
    terms.reserve_items = 10_000;
    cache.namespaces().add(terms).unwrap();
    let items = user_of(&cache, "items", Some("items"));
    let bytes = tenant(&cache, "bytes", 4 * MIB);
    let main = user_of(&cache, "main", None);
    main.set("k", "v").unwrap();
    fill(&items, 0..20_000, 1000);
    assert!(cache.stats().bytes > 8 * MIB as u64 - 200_000, "it has everything");
    fill(&bytes, 0..3_500, 1000);
    assert_eq!((bytes.stats().unwrap().items, bytes.stats().unwrap().evictions), (3_500, 0));
    let held = items.stats().unwrap();
    // Who was promised nothing takes none of them: it pays with its own, or is refused where it has nothing.
    for number in 0..2_000_u32 {
        match main.set(&number.to_be_bytes(), &[0; 1000]) {
            Ok(_) | Err(Refusal::NoRoom) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(items.stats().unwrap().items, held.items);
    // A smaller cache takes them before what is promised in bytes.
    cache.resize(5 * MIB).unwrap();
    assert!(items.stats().unwrap().items < 2_000);
    assert_eq!(bytes.stats().unwrap().items, 3_500);
}

/// Tenants come and go while others write, and everything is accounted for.
#[test]
fn a_namespace_finds_its_place_in_a_full_cache() {
    let cache = cache(4 * MIB);
    let main = user_of(&cache, "main", None);
    for round in 0..40_u32 {
        for number in 0..300_u32 {
            let len = [100, 700, 5000][number as usize % 3];
            main.set(&[round.to_be_bytes(), number.to_be_bytes()].concat(), &vec![7; len]).unwrap();
        }
        cache.namespaces().add(namespace(&format!("tenant-{round}"), 0)).unwrap();
    }
    assert!(main.stats().unwrap().evictions > 0, "it was full");
    let stats = cache.stats();
    assert!(stats.bytes <= stats.budget, "{stats:?}");
}

#[test]
fn namespaces_come_and_go_under_load() {
    let cache = cache(4 * MIB);
    let empty = cache.stats().bytes;
    let tenants: Vec<_> = ["a", "b", "c"].iter().map(|name| tenant(&cache, name, MIB / 2)).collect();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for (at, session) in tenants.iter().enumerate() {
            let done = &done;
            scope.spawn(move || {
                let mut number = 0_u32;
                while !done.load(Ordering::Relaxed) {
                    let len = [100, 1000, 30_000][(number as usize + at) % 3];
                    session.set(&(number % 3000).to_be_bytes(), &vec![at as u8; len]).unwrap();
                    number += 1;
                }
            });
        }
        // Also when what follows fails: the writers would go on for ever otherwise.
        defer!(done.store(true, Ordering::Relaxed));
        for round in 0..30 {
            let session = tenant(&cache, &format!("guest {round}").replace(' ', "-"), MIB / 4);
            fill(&session, 0..1000, 100);
            assert_eq!(session.stats().unwrap().evictions, 0);
            cache.resize(if round % 2 == 0 { 3 * MIB } else { 4 * MIB }).unwrap();
            let stats = cache.stats();
            assert!(stats.bytes <= stats.budget, "{stats:?}");
            cache.namespaces().remove(&format!("guest-{round}")).unwrap();
            assert_eq!(session.get("k").err(), Some(Refusal::Revoked));
        }
    });
    for (name, session) in ["a", "b", "c"].iter().zip(&tenants) {
        assert!(session.stats().unwrap().items > 0);
        cache.namespaces().remove(name).unwrap();
    }
    drop(tenants);
    assert_eq!(cache.stats().bytes, empty, "everything came back");
}

#[test]
fn a_list_takes_before_it_gives_so_that_there_is_room_for_whom_it_gives_to() {
    let cache = cache(2 * MIB);
    let most = 2 * MIB - cache.namespaces().stats()[0].stats.bytes as usize;
    let old = tenant(&cache, "old", most);
    fill(&old, 0..20_000, 100);
    assert!(old.stats().unwrap().evictions > 0, "nothing is left of the budget");
    // By their names, who gets something comes first.
    cache.namespaces().replace(vec![namespace("new", most / 2), namespace("old", most / 2)]).unwrap();
    let new = user_of(&cache, "new", Some("new"));
    fill(&new, 0..100, 100);
    assert_eq!(new.stats().unwrap().items, 100);
}

#[test]
fn a_budget_may_shrink_to_what_is_reserved_and_no_further() {
    let cache = cache(8 * MIB);
    let _session = tenant(&cache, "shop", MIB);
    let reserved = cache.reserved();
    let beyond = NamespaceError::ReservedBeyondBudget { reserved, budget: reserved - 1 };
    assert_eq!(cache.resize(reserved - 1), Err(beyond));
    assert_eq!(cache.resize(reserved), Ok(()));
    assert_eq!(cache.budget(), reserved);
}

#[test]
fn the_cache_s_statistics_are_those_of_all_namespaces_together() {
    let cache = cache(8 * MIB);
    let (main, shop) = (user_of(&cache, "main", None), tenant(&cache, "shop", 0));
    fill(&main, 0..10, 100);
    fill(&shop, 0..1000, 100);
    let (all, each) = (cache.stats(), cache.namespaces().stats());
    assert_eq!(all.items, 1010);
    assert_eq!(all.stripes, each.iter().map(|it| it.stats.stripes).sum::<u64>());
    assert_eq!(all.fullest_stripe, each[1].stats.fullest_stripe);
    assert!(each[1].stats.fullest_stripe > each[0].stats.fullest_stripe);
}

#[test]
fn a_ceiling_may_be_as_low_as_what_is_reserved_and_no_lower() {
    let cache = cache(8 * MIB);
    let mut shop = namespace("shop", MIB);
    (shop.ceiling, shop.reserve_items, shop.ceiling_items) = (Some(MIB), 10, Some(10));
    assert_eq!(cache.namespaces().add(shop.clone()), Ok(()));
    let mut lower = shop.clone();
    lower.ceiling = Some(MIB - 1);
    let refused = NamespaceError::CeilingBelowReserve { reserve: MIB, ceiling: MIB - 1 };
    assert_eq!(cache.namespaces().change(lower), Err(refused));
    shop.ceiling_items = Some(9);
    let refused = NamespaceError::CeilingBelowReservedItems { reserve_items: 10, ceiling_items: 9 };
    assert_eq!(cache.namespaces().change(shop), Err(refused));
}

#[test]
fn a_namespace_has_as_many_stripes_as_it_asks_for_or_as_suit_it() {
    let cache = cache(64 * MIB);
    let mut asks = namespace("asks", 0);
    asks.stripes = Some(5);
    let mut small = namespace("small", 0);
    small.ceiling = Some(64 << 10);
    let list = vec![namespace("any", 0), asks.clone(), small];
    cache.namespaces().replace(list).unwrap();
    let stripes: Vec<_> = cache.namespaces().stats()[1..].iter().map(|it| it.stats.stripes).collect();
    assert!(stripes[0] > 1 && stripes[0] <= 16 && stripes[1] == 8 && stripes[2] < stripes[0], "{stripes:?}");
    (asks.name, asks.stripes) = ("many".to_owned(), Some((1 << 16) + 1));
    assert_eq!(cache.namespaces().add(asks), Err(NamespaceError::TooManyStripes));
}
