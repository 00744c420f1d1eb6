//! The engine on its own, in front of something slow: one loader a key, times to live, a listener, and a restart that does
//! not begin cold.
//!
//! `cargo run --example engine`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{
    Clock,
    engine::{Builder, Cache, Cause, Held, Saved},
};
use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// A page as some slow service makes it.
#[derive(Clone)]
struct Page {
    text: String,
}

/// The service, which counts how often it is asked.
#[derive(Default)]
struct Service {
    asked: AtomicUsize,
}

impl Service {
    fn page(&self, path: &str) -> Result<Page, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(20));
        if path.starts_with('/') {
            Ok(Page { text: format!("what is at {path}") })
        } else {
            Err(format!("{path} is no path"))
        }
    }
}

fn build(clock: &Clock, evicted: &Arc<AtomicUsize>) -> Result<Cache<String, Page>, Box<dyn Error>> {
    let evicted = evicted.clone();
    // 256 KiB for everything: pages, paths, tables. The weigher says what lies on the heap.
    let heap = |path: &String, page: &Page| path.capacity() + page.text.capacity();
    let cache = Builder::with_bytes(256 << 10, heap)
        .time_to_live(Duration::from_secs(3600))
        .time_to_idle(Duration::from_secs(600))
        .clock(clock.clone())
        .listener(move |page: &Held<String, Page>, cause| {
            if cause == Cause::Evicted {
                evicted.fetch_add(1, Ordering::Relaxed);
            } else if !page.key().starts_with("/old") {
                println!("{} has left the cache: {cause:?}", page.key());
            }
        })
        .build()?;
    Ok(cache)
}

fn main() -> Result<(), Box<dyn Error>> {
    // A clock that the story moves by itself; a service takes the default.
    let (clock, evicted, service) = (Clock::manual(), Arc::default(), Service::default());
    let cache = build(&clock, &evicted)?;

    // Eight threads want the same page: it is made once.
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| cache.try_get_or_insert_with("/start", || service.page("/start")).map(drop));
        }
    });
    assert_eq!(service.asked.load(Ordering::Relaxed), 1);
    println!("asked by 8, made once: {}", cache.get("/start").ok_or("it was just made")?.text);

    // A loader that fails stores nothing, and says why.
    let failed = cache.try_get_or_insert_with("start", || service.page("start"));
    println!("failed: {}", failed.err().ok_or("it must fail")?);

    // What changes is removed; no older value comes back, also if it is being loaded just now.
    cache.remove("/start");

    // A bound that holds: what is used stays, most of what was asked for once goes.
    for number in 0..5000 {
        cache.insert(format!("/old/{number}"), Page { text: "seldom wanted".to_owned() })?;
        cache.insert_if_absent("/hot".to_owned(), Page { text: "often wanted".to_owned() })?;
        cache.get("/hot");
    }
    assert!(cache.weight() <= cache.limit() && cache.contains("/hot"));
    println!("{} of 5001 pages are there, {} were evicted", cache.len(), evicted.load(Ordering::Relaxed));

    // Before a restart everything is saved (with the feature `serde`, to a file), afterwards brought back.
    let saved: Vec<Saved<String, Page>> = cache.dump().map(|page| page.to_saved()).collect();
    let warm = build(&clock, &evicted)?;
    let restored = warm.restore(saved);
    println!("{restored} pages are back after the restart");
    assert!(warm.contains("/hot") && restored * 100 >= cache.len() * 95);

    // Nobody wants them for ten minutes: upkeep gives their memory back.
    warm.get("/hot");
    warm.retain(|path, _| path == "/hot");
    clock.advance(Duration::from_secs(601));
    warm.maintain();
    assert!(warm.is_empty());
    println!("{:?}", warm.stats());
    Ok(())
}
