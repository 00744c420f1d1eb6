//! Namespaces that come and go, and the bytes that they take and give back.

use super::{MIB, cache, fill, namespace, tenant, user_of};
use keyway::{NamespaceError, Refusal};
use scopeguard::defer;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

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
