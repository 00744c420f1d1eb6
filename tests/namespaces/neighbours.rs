//! What is reserved stays, whatever others do.

use super::{MIB, cache, fill, namespace, tenant, user_of};
use keyway::Refusal;
use scopeguard::defer;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

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
