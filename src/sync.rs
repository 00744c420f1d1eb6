//! Everything that synchronises, by one name: `parking_lot` and `std` normally, `loom` under `cfg(loom)`, `shuttle`
//! under `cfg(shuttle)`.
//!
//! No other file of this crate names an atomic, a lock or a counted pointer of its own, so that the models in
//! `loom-tests/` and the schedules in `shuttle-tests/` see all of them. (The count inside an entry of the generic cache stays
//! outside: `triomphe` has its own tests. One claim of ours rests on its order: that who finds a count of one sees all that others did.)

/// Whether this is a model.
pub(crate) const MODELLED: bool = cfg!(any(loom, shuttle));

mod arc_swap;
#[cfg(not(loom))]
mod cell;
mod cores;
mod global;
mod one_order;
mod spinning;
mod waiting;

pub(crate) use arc_swap::ArcSwap;
#[cfg(not(loom))]
pub(crate) use cell::{ConstPtr, MutPtr, UnsafeCell};
pub(crate) use cores::cores;
pub(crate) use crossbeam_utils::CachePadded;
pub(crate) use global::global;
#[cfg(loom)]
pub(crate) use loom::cell::{ConstPtr, MutPtr, UnsafeCell};
pub(crate) use one_order::in_one_order;
pub(crate) use spinning::{spin_to_read, spin_to_write};
pub(crate) use waiting::Waiting;

#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(not(any(loom, shuttle)))]
pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::thread_local;

/// Counted pointers of which some do not count, which no model has. No claim rests on the order of their counts.
pub(crate) use std::sync::{Arc as StdArc, Weak};

/// A number that is only a hint, so that models need not go through who reads it when. No claim rests on its value.
pub(crate) use std::sync::atomic::AtomicU32 as Hint;

/// A condition variable that takes a guard and gives it back.
#[cfg(not(any(loom, shuttle)))]
#[derive(Debug, Default)]
pub(crate) struct Condvar(parking_lot::Condvar);

#[cfg(not(any(loom, shuttle)))]
impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn wait<'a, T>(&self, mut guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(&mut guard);
        guard
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

#[cfg(any(loom, shuttle))]
pub(crate) use self::modelled::{
    Arc, AtomicBool, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Condvar, Mutex,
    MutexGuard, Ordering, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

#[cfg(loom)]
pub(crate) use loom::thread_local;
#[cfg(shuttle)]
pub(crate) use shuttle::thread_local;

/// The model's locks with parking_lot's face: locks that cannot be poisoned.
#[cfg(any(loom, shuttle))]
mod modelled {
    #[cfg(loom)]
    use loom::sync as model;
    #[cfg(shuttle)]
    use shuttle::sync as model;

    pub(crate) use model::MutexGuard;
    pub(crate) use model::{
        Arc,
        atomic::{AtomicBool, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    };
    pub(crate) use model::{RwLockReadGuard, RwLockWriteGuard};

    #[derive(Debug)]
    pub(crate) struct Condvar(model::Condvar);

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(model::Condvar::new())
        }

        pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.0.wait(guard).unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }

    #[derive(Debug)]
    pub(crate) struct Mutex<T>(model::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(model::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    #[derive(Debug)]
    pub(crate) struct RwLock<T>(model::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(model::RwLock::new(value))
        }

        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }
}
