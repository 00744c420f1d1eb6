//! One loader a key, and nobody who waits for ever.

use crate::engine::{Cache, Update};
use std::{
    future::{Future, pending},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

fn cache() -> Cache<String, usize> {
    Cache::with_entries(100).expect("large enough")
}

const MOMENT: Duration = Duration::from_millis(20);

#[test]
fn one_loads_and_all_get_its_value() {
    let (cache, runs, start) = (cache(), AtomicUsize::new(0), Barrier::new(8));
    let load = || {
        thread::sleep(MOMENT);
        runs.fetch_add(1, Ordering::Relaxed)
    };
    thread::scope(|scope| {
        for number in 0..8 {
            let (cache, start, load) = (&cache, &start, &load);
            scope.spawn(move || {
                start.wait();
                let held = if number % 2 == 0 {
                    cache.get_or_insert_with("a", load)
                } else {
                    pollster::block_on(cache.get_or_insert_async("a", async { load() }))
                };
                assert_eq!(*held, 0);
            });
        }
    });
    let stats = cache.stats();
    assert_eq!((runs.into_inner(), stats.loads, stats.loads_failed), (1, 1, 0));
    assert!(stats.load_time >= MOMENT);
}

#[test]
fn one_after_the_other_tries_until_it_succeeds() {
    let (cache, runs, start) = (cache(), AtomicUsize::new(0), Barrier::new(6));
    let load = || {
        thread::sleep(MOMENT);
        match runs.fetch_add(1, Ordering::Relaxed) {
            0 => Err("fails"),
            1 => panic!("the loader panics"),
            number => Ok(number),
        }
    };
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    cache.try_get_or_insert_with("a", load).map(|held| *held)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().ok()).collect()
    });
    let count = |wanted| results.iter().filter(|result| **result == wanted).count();
    assert_eq!((count(Some(Err("fails"))), count(None), count(Some(Ok(2)))), (1, 1, 4));
    assert_eq!((runs.into_inner(), cache.stats().loads_failed), (3, 2));
}

#[test]
fn a_future_that_is_dropped_passes_the_load_on() {
    let cache = cache();
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting = Box::pin(cache.get_or_insert_async("a", async { 7 }));
    {
        let mut first = pin!(cache.get_or_insert_async("a", pending()));
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        let mut given_up = Box::pin(cache.get_or_insert_async("a", pending()));
        assert!(given_up.as_mut().poll(&mut context).is_pending());
    }
    let Poll::Ready(held) = waiting.as_mut().poll(&mut context) else { panic!("it loads itself now") };
    assert_eq!(*held, 7);
}

#[test]
fn two_tasks_of_one_thread_wait_for_each_other() {
    let cache = cache();
    let mut context = Context::from_waker(Waker::noop());
    let mut yielded = false;
    let slow = std::future::poll_fn(move |_| {
        if std::mem::replace(&mut yielded, true) { Poll::Ready(1) } else { Poll::Pending }
    });
    let mut first = pin!(cache.get_or_insert_async("a", slow));
    let mut second = pin!(cache.get_or_insert_async("a", async { 2 }));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending(), "it is no re-entry");
    assert!(first.as_mut().poll(&mut context).is_ready());
    let Poll::Ready(held) = second.as_mut().poll(&mut context) else { panic!("the first has loaded") };
    assert_eq!(*held, 1);
}

#[test]
fn a_loader_may_ask_for_its_own_key() {
    let cache = cache();
    let outer = cache.get_or_insert_with("a", || *cache.get_or_insert_with("a", || 1) + 1);
    assert_eq!(*outer, 1, "what was stored meanwhile stays");
}

#[test]
fn loaders_that_need_each_other_do_not_wait_for_ever() {
    let (cache, start) = (cache(), Barrier::new(2));
    thread::scope(|scope| {
        for [own, other] in [["a", "b"], ["b", "a"]] {
            let (cache, start) = (&cache, &start);
            scope.spawn(move || {
                cache.get_or_insert_with(own, || {
                    start.wait();
                    *cache.get_or_insert_with(other, || 1) + 1
                });
            });
        }
    });
    assert_eq!(cache.len(), 2);
}

#[test]
fn what_does_not_fit_is_returned_and_not_stored() {
    let cache =
        crate::engine::Builder::with_weight(10, |_: &u32, weight: &usize| *weight).build().expect("large");
    assert_eq!(*cache.get_or_insert_with(&1, || 11), 11);
    assert!(!cache.contains(&1));
    assert!(catch_unwind(AssertUnwindSafe(|| cache.get_or_insert_with(&1, || panic!("again")))).is_err());
    assert_eq!(*cache.get_or_insert_with(&1, || 5), 5);
    assert!(cache.contains(&1));
}

/// What is loaded while `write` runs, and whether it is there afterwards.
fn loaded_while(write: impl FnOnce(&Cache<String, usize>)) -> (usize, Option<usize>) {
    let cache = cache();
    let loaded = cache.get_or_insert_with("a", || {
        write(&cache);
        7
    });
    (*loaded, cache.peek("a").map(|held| *held))
}

#[test]
fn what_was_loaded_before_a_write_is_not_stored_after_it() {
    let put = |cache: &Cache<String, usize>| drop(cache.insert("a".to_owned(), 1));
    let not_stored = (7, None);
    assert_eq!(loaded_while(|cache| drop(cache.remove("a"))), not_stored);
    assert_eq!(loaded_while(Cache::clear), not_stored);
    assert_eq!(loaded_while(|cache| cache.retain(|_, _| true)), not_stored);
    let put_and_gone = |cache: &Cache<String, usize>| {
        put(cache);
        assert!(cache.remove_if("a", |number| *number == 1).is_some());
    };
    assert_eq!(loaded_while(put_and_gone), not_stored);
    let put_and_evicted = |cache: &Cache<String, usize>| {
        put(cache);
        assert!(cache.resize(1));
        cache.insert("b".to_owned(), 2).expect("one fits");
        assert!(!cache.contains("a"), "evicted");
    };
    assert_eq!(loaded_while(put_and_evicted), not_stored);
    let computed = |cache: &Cache<String, usize>| {
        cache.compute("a", |_| Update::Put(1)).expect("room");
        cache.compute("a", |_| Update::Remove).expect("nothing to store");
    };
    assert_eq!(loaded_while(computed), not_stored);
}

#[test]
fn what_leaves_a_key_alone_does_not_keep_its_value_from_being_stored() {
    assert_eq!(loaded_while(|cache| drop(cache.remove("b"))), (7, Some(7)));
    assert_eq!(loaded_while(|cache| drop(cache.compute("a", |_| Update::Keep))), (7, Some(7)));
    assert_eq!(loaded_while(|cache| drop(cache.insert("a".to_owned(), 1))), (1, Some(1)), "it is newer");
}

#[test]
fn who_asks_after_a_removal_loads_anew_and_who_waits_gets_what_was_loaded() {
    let cache = cache();
    let mut context = Context::from_waker(Waker::noop());
    let mut go = false;
    let slow =
        std::future::poll_fn(
            move |_| {
                if std::mem::replace(&mut go, true) { Poll::Ready(1) } else { Poll::Pending }
            },
        );
    let mut first = pin!(cache.get_or_insert_async("a", slow));
    let mut waits = pin!(cache.get_or_insert_async("a", async { 2 }));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(waits.as_mut().poll(&mut context).is_pending());
    cache.remove("a");
    assert_eq!(*cache.get_or_insert_with("a", || 3), 3, "it does not wait for what is older");
    let Poll::Ready(first) = first.as_mut().poll(&mut context) else { panic!("it has loaded") };
    let Poll::Ready(waited) = waits.as_mut().poll(&mut context) else { panic!("the first has loaded") };
    assert_eq!((*first, *waited, cache.peek("a").as_deref()), (3, 3, Some(&3)), "the newer one stays");
}
