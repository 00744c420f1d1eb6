//! Where each thread says what it reads: a seat of its own, which only writers look at.

use crate::sync::{AtomicBool, AtomicUsize, MODELLED, Ordering, Waiting, global, in_one_order, thread_local};
use std::cell::Cell;

/// Threads beyond so many at once read under locks. In models few, so that some find none.
const SEATS: usize = if MODELLED { 3 } else { 256 };

/// What one thread reads, in two cache lines of its own: processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Seat {
    /// The address of the lock that its thread reads under; 0 if there is none.
    reading: AtomicUsize,
    taken: AtomicBool,
    number: usize,
}

impl Seat {
    fn new(number: usize) -> Self {
        Self { reading: AtomicUsize::new(0), taken: AtomicBool::new(false), number }
    }
}

#[derive(Debug)]
struct Seats {
    seats: [Seat; SEATS],
    /// From here on, none was ever taken.
    used: AtomicUsize,
}

global! {
    static THREADS: Seats = Seats { seats: std::array::from_fn(Seat::new), used: AtomicUsize::new(0) };
}

#[cfg(not(any(loom, shuttle)))]
thread_local! {
    /// The seat in `CLAIM`, where looking at it costs next to nothing.
    static HERE: Cell<Option<&'static Seat>> = const { Cell::new(None) };
}

#[cfg(any(loom, shuttle))]
thread_local! {
    static HERE: Cell<Option<&'static Seat>> = Cell::new(None);
}

thread_local! {
    static CLAIM: Claim = Claim::new();
}

/// A thread's claim to a seat, until the thread ends.
struct Claim(Option<&'static Seat>);

/// That this thread reads under a lock, until it is dropped.
#[derive(Debug)]
pub(super) struct Announced {
    seat: &'static Seat,
}

impl Announced {
    /// `None` if this thread has no seat, or reads under a lock already.
    #[inline]
    pub(super) fn reading(lock: usize) -> Option<Self> {
        let seat = HERE.with(Cell::get)?;
        // Relaxed: only this thread writes it.
        if seat.reading.load(Ordering::Relaxed) != 0 {
            return None;
        }
        // SeqCst, against the writer: see `BiasedLock::read`. An exchange, which is what such a store comes to on x86.
        seat.reading.swap(lock, Ordering::SeqCst);
        in_one_order();
        Some(Self { seat })
    }
}

impl Drop for Announced {
    #[inline]
    fn drop(&mut self) {
        // Pairs with the load in `wait_for_those_of`: what was read was read before the writer goes on.
        self.seat.reading.store(0, Ordering::Release);
    }
}

/// The number of this thread's seat, if it has one: from 0, and no other thread's meanwhile.
#[inline]
pub(super) fn seat_number() -> Option<usize> {
    HERE.with(Cell::get).map(|seat| seat.number)
}

/// By which a thread is told from others that run: never 0, and another's once it has ended.
#[inline]
pub(super) fn thread_mark() -> usize {
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

/// Gives this thread a seat, if it has none and there is one.
#[cold]
pub(super) fn take_seat() {
    if HERE.with(Cell::get).is_none() {
        // An error says that this thread is ending.
        let seat = CLAIM.try_with(|claim| claim.0).ok().flatten();
        HERE.with(|here| here.set(seat));
    }
}

/// Waits until nobody reads any more who announced to read under this lock before the caller's last SeqCst store.
/// How many seats that was a look at.
#[cold]
pub(super) fn wait_for_those_of(lock: usize) -> u32 {
    in_one_order();
    // SeqCst: whoever saw what was before that store had raised this before it.
    let used = THREADS.used.load(Ordering::SeqCst);
    for seat in THREADS.seats.iter().take(used) {
        let mut waiting = Waiting::default();
        // SeqCst against the announcement, see `BiasedLock::read`; pairs with the store in `drop`.
        while seat.reading.load(Ordering::SeqCst) == lock {
            waiting.wait();
        }
    }
    u32::try_from(used).unwrap_or(u32::MAX)
}

impl Claim {
    fn new() -> Self {
        let take = |seat: &Seat| {
            // Relaxed: only whether to try. Acquire pairs with the release of whoever had it.
            !seat.taken.load(Ordering::Relaxed)
                && seat.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let number = THREADS.seats.iter().position(take);
        if let Some(number) = number {
            THREADS.used.fetch_max(number + 1, Ordering::SeqCst);
        }
        Self(number.and_then(|number| THREADS.seats.get(number)))
    }
}

// Not in models: loom takes statics away before the main thread's own variables. There, a seat stays with its thread.
#[cfg(not(any(loom, shuttle)))]
impl Drop for Claim {
    fn drop(&mut self) {
        // What this thread still reads while it ends is read under locks.
        HERE.with(|here| here.set(None));
        // Relaxed: this thread's own. A guard that was leaked reads forever, and keeps the seat.
        if let Some(seat) = self.0.filter(|seat| seat.reading.load(Ordering::Relaxed) == 0) {
            // Pairs with the exchange in `Claim::new`.
            seat.taken.store(false, Ordering::Release);
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::thread;

    fn seat_of_a_new_thread() -> Option<usize> {
        let reads = || {
            take_seat();
            HERE.with(Cell::get).map(|seat| std::ptr::from_ref(seat).addr())
        };
        thread::spawn(reads).join().ok().flatten()
    }

    #[test]
    fn seats_of_threads_that_ended_are_taken_again() {
        let seats: std::collections::HashSet<_> = (0..4 * SEATS).map(|_| seat_of_a_new_thread()).collect();
        assert!(!seats.contains(&None), "there was always one");
        assert!(seats.len() < SEATS / 2, "other tests' threads take some meanwhile: {}", seats.len());
    }

    #[test]
    fn who_reads_under_one_lock_announces_no_other_and_a_writer_waits_for_the_right_one() {
        thread::scope(|scope| {
            scope.spawn(|| {
                take_seat();
                let first = Announced::reading(1).expect("a seat");
                assert!(Announced::reading(2).is_none());
                wait_for_those_of(2);
                drop(first);
                wait_for_those_of(1);
                assert!(Announced::reading(2).is_some());
            });
        });
    }
}
