//! What one thread does while entries of a cache expire and another thread gives their memory back.

use super::{
    expiring::Expiring,
    pauses::{Pauses, Watch},
    peers::FAR,
};
use crate::dice::Dice;
use std::{
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// Deadlines are kept to some sixteenths of a second.
const GRACE: Duration = Duration::from_millis(500);
/// In so many steps there are so many sets, and so many gets of what stays; the other gets are of what expires.
const STEPS: u64 = 200;
const SETS: u64 = 10;
const GETS: u64 = 95;

/// Those that end have the numbers from 0, the others those that follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entries {
    pub(super) expiring: u64,
    pub(super) lasting: u64,
}

/// Gets and sets, one by one: those before the deadline, and those from there on until it is told to stop.
///
/// # Panics
/// If an entry is lost, or comes back after its end.
pub(super) fn load(
    cache: &dyn Expiring,
    Entries { expiring, lasting }: Entries,
    deadline: Instant,
    done: &AtomicBool,
) -> [Pauses; 2] {
    watched(deadline, done, |dice| match dice.number(STEPS) {
        0..SETS => cache.store(expiring + dice.number(lasting), deadline + FAR),
        step if step < SETS + GETS => {
            let held = cache.holds(expiring + dice.number(lasting));
            assert_eq!(held, Some(true), "an entry was lost");
        }
        _ => {
            let late = deadline.elapsed() > GRACE;
            let held = cache.holds(dice.number(expiring));
            assert!(held.is_none() || held == Some(true) && !late, "an entry came back after its end");
        }
    })
}

/// What an item takes in memory, about.
type Piece = [u8; 160];

/// The control: looks at as much memory that is nobody else's, and exchanges as many pieces of it, without any cache or lock. What
/// takes long here is the machine's or the allocator's. The pieces are made by who calls this, as the cache's are.
pub(super) fn memory(
    Entries { lasting, .. }: Entries,
) -> impl FnOnce(&dyn Expiring, Entries, Instant, &AtomicBool) -> [Pauses; 2] + Send {
    let mut pieces: Vec<Box<Piece>> = (0..lasting).map(|_| Box::new([1; _])).collect();
    move |_, _, deadline, done| {
        watched(deadline, done, |dice| {
            let is_set = dice.number(STEPS) < SETS;
            let at = dice.below(pieces.len());
            if is_set {
                pieces[at] = black_box(Box::new([1; _]));
            }
            black_box(pieces[at][0]);
        })
    }
}

fn watched(deadline: Instant, done: &AtomicBool, mut step: impl FnMut(&mut Dice)) -> [Pauses; 2] {
    let mut dice = Dice::new(5);
    let mut phase = |goes_on: &dyn Fn() -> bool| {
        let mut watch = Watch::start();
        while goes_on() {
            step(&mut dice);
            watch.note();
        }
        watch.pauses
    };
    // Relaxed: only a request to stop.
    [phase(&|| Instant::now() < deadline), phase(&|| !done.load(Ordering::Relaxed))]
}
