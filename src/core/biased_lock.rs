//! The lock of a stripe: any number of readers, or one writer; and while nobody writes, readers do not hear of each other.
//!
//! A lock that counts its readers makes them all write one word, which then travels from core to core with each read. Here, as
//! in BRAVO (Dice and Kogan, 2019), a reader writes into a line of its own thread's under which lock it reads, and is in if the
//! lock is still biased towards readers then. A writer takes the inner lock, ends the bias and waits until no thread's line
//! names this lock. Whoever finds no bias reads under the inner lock; after some such reads, or right after the write while few threads
//! read, the bias is back.
//!
//! A thread that holds a lock must not ask for it again.
#![allow(unsafe_code, reason = "see the SAFETY comments; what it gives is in docs/performance-tried.md")]

use super::readers::{self, Announced};
use crate::sync::{
    AtomicBool, ConstPtr, Hint, MODELLED, MutPtr, Ordering, RwLock, RwLockReadGuard, RwLockWriteGuard,
    UnsafeCell, spin_to_read, spin_to_write,
};
use std::ops::{Deref, DerefMut};

/// While so few threads have a seat, each write looks at them all, and the bias is mostly back right after it. With more of them than
/// cores that cost a mix of as many writes as reads 8 %.
const FEW_SEATS: u32 = if MODELLED { 1 } else { 2 };
/// Among more, a look at a seat may be a line's way from another core, under the lock; a read under the bias spares its reader no more
/// than that. So a stripe that is written at all often has no bias then.
const READS_FOR_A_LOOK: u32 = if MODELLED { 1 } else { 16 };
/// So many writes bring the bias back before a reader has to: where nobody reads any more, none of them pays for it again.
const WRITES_FOR_A_READER: u32 = if MODELLED { 1 } else { 16 };

/// See the module's documentation. The lock has a line to itself: what readers of the value look at stays near all of them.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct BiasedLock<T> {
    /// Whether an announcement is enough to read. Set under the inner lock for reading, cleared under the one for writing.
    biased: AtomicBool,
    /// Without the bias: so many more reads under the inner lock until it is back. With it: so many more writes that bring it back
    /// by themselves while few threads read.
    patience: Hint,
    inner: RwLock<()>,
    value: UnsafeCell<T>,
}

// SAFETY: it hands out `&T` to several threads at once, and `&mut T` to one at a time, from which that one may take a `T`.
unsafe impl<T: Send + Sync> Sync for BiasedLock<T> {}

#[derive(Debug)]
enum Permit<'a> {
    Announced { _until_dropped: Announced },
    Locked { _until_dropped: RwLockReadGuard<'a, ()> },
}

/// Reads until it is dropped.
#[derive(Debug)]
pub(super) struct Reading<'a, T> {
    // Before the permit: fields are dropped in this order.
    value: ConstPtr<T>,
    _permit: Permit<'a>,
}

/// Writes until it is dropped.
#[derive(Debug)]
pub(super) struct Writing<'a, T> {
    // In the order in which they are dropped: the value is no longer written when the bias is back.
    value: MutPtr<T>,
    _then: Option<Bias<'a>>,
    _permit: RwLockWriteGuard<'a, ()>,
}

/// The bias is back when this is dropped, under the inner lock for writing.
#[derive(Debug)]
struct Bias<'a>(&'a AtomicBool);

impl Drop for Bias<'_> {
    #[inline]
    fn drop(&mut self) {
        // Pairs with the second load in `read`.
        self.0.store(true, Ordering::Release);
    }
}

impl<T> BiasedLock<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            biased: AtomicBool::new(false),
            patience: Hint::new(0),
            inner: RwLock::new(()),
            value: UnsafeCell::new(value),
        }
    }

    /// By which announcements name it. It does not move while it is borrowed, and guards borrow it.
    #[inline]
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    #[inline]
    pub(super) fn read(&self) -> Reading<'_, T> {
        // Relaxed: only whether to try.
        if self.biased.load(Ordering::Relaxed)
            && let Some(announced) = Announced::reading(self.address())
            // With the announcement before it, against the store and the look at announcements in `write`: in the one order
            // of all four, either this sees that the bias has ended or the writer sees the announcement. If it sees the bias,
            // it pairs with the store in `read_under_lock` or after a write, which came after the writes of all writers before.
            && self.biased.load(Ordering::SeqCst)
        {
            return Reading {
                value: self.value.get(),
                _permit: Permit::Announced { _until_dropped: announced },
            };
        }
        let guard = self.read_under_lock();
        Reading { value: self.value.get(), _permit: Permit::Locked { _until_dropped: guard } }
    }

    /// For who reads this lock rarely: it says nothing about what readers do, so it does nothing for the bias.
    pub(super) fn read_rarely(&self) -> Reading<'_, T> {
        let guard = self.inner.read();
        Reading { value: self.value.get(), _permit: Permit::Locked { _until_dropped: guard } }
    }

    /// The inner lock alone: what fits a register is given back in one.
    #[inline(never)]
    fn read_under_lock(&self) -> RwLockReadGuard<'_, ()> {
        let guard = spin_to_read(&self.inner);
        // Relaxed, all of them: no writer is here, and what readers do to each other's count only moves the moment.
        if self.biased.load(Ordering::Relaxed) {
            readers::take_seat();
        } else {
            match self.patience.load(Ordering::Relaxed) {
                0 => {
                    self.patience.store(WRITES_FOR_A_READER, Ordering::Relaxed);
                    // Pairs with the second load in `read`, as the store after a write does.
                    self.biased.store(true, Ordering::SeqCst);
                }
                left => self.patience.store(left - 1, Ordering::Relaxed),
            }
        }
        guard
    }

    #[inline]
    pub(super) fn write(&self) -> Writing<'_, T> {
        let guard = spin_to_write(&self.inner);
        // Relaxed: the inner lock orders it after the store of whoever set it.
        let then = if self.biased.load(Ordering::Relaxed) { self.end_bias() } else { None };
        Writing { value: self.value.get_mut(), _then: then, _permit: guard }
    }

    /// Under the inner lock for writing: waits until nobody reads. What brings the bias back right after the write, if it is to be.
    #[cold]
    fn end_bias(&self) -> Option<Bias<'_>> {
        // See `read`.
        self.biased.store(false, Ordering::SeqCst);
        let looked_at = readers::wait_for_those_of(self.address());
        // Relaxed: only writers and readers under the inner lock touch it.
        let (is_back, patience) = after_write(looked_at, self.patience.load(Ordering::Relaxed));
        self.patience.store(patience, Ordering::Relaxed);
        // Not made where it is not wanted: it acts when it is dropped.
        is_back.then(|| Bias(&self.biased))
    }
}

/// Whether the bias is back right after a write that ended it and looked at so many seats, and the patience from then on.
fn after_write(looked_at: u32, patience: u32) -> (bool, u32) {
    match patience.checked_sub(1) {
        _ if looked_at > FEW_SEATS => (false, looked_at.saturating_mul(READS_FOR_A_LOOK)),
        Some(left) => (true, left),
        None => (false, 0),
    }
}

impl<T> Deref for Reading<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: it lives as long as the lock, which this guard borrows. A writer has the inner lock, so there is none while
        // this guard has it for reading; and none goes on while an announcement that was made under the bias stands.
        self.value.with(|value| unsafe { &*value })
    }
}

impl<T> Deref for Writing<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: as for `deref_mut`.
        self.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for Writing<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: it lives as long as the lock, which this guard borrows. This guard has the inner lock for writing, so nobody
        // else has it; whoever announced a read under the bias was waited for, and whoever announces one now finds no bias.
        self.value.with(|value| unsafe { &mut *value })
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_stripe_that_nobody_reads_any_more_loses_its_bias_to_its_writers() {
        let mut patience = WRITES_FOR_A_READER;
        let back = (0..100).take_while(|_| {
            let (is_back, left) = after_write(1, patience);
            patience = left;
            is_back
        });
        assert_eq!(back.count(), 16);
        assert_eq!(patience, 0, "the next reader brings it back at once");
    }

    #[test]
    fn after_a_write_among_many_threads_there_is_no_bias_before_somebody_has_read_for_a_while() {
        let all_have_a_seat = std::sync::Barrier::new(3);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    readers::take_seat();
                    all_have_a_seat.wait();
                });
            }
        });
        let lock = BiasedLock::new(());
        let is_biased = || lock.biased.load(Ordering::Relaxed);
        drop(lock.read());
        assert!(is_biased());
        drop(lock.write());
        assert!(!is_biased());
        (0..3 * 16).for_each(|_| drop(lock.read()));
        assert!(!is_biased());
        (0..256 * 16).for_each(|_| drop(lock.read()));
        assert!(is_biased());
    }

    #[test]
    fn among_many_threads_it_is_readers_who_bring_it_back() {
        assert_eq!(after_write(FEW_SEATS, 5), (true, 4));
        assert_eq!(after_write(FEW_SEATS + 1, 5), (false, 3 * 16));
        assert_eq!(after_write(u32::MAX, 0), (false, u32::MAX));
    }
}
