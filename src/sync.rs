//! Everything that synchronises, by one name: `parking_lot` and `std` normally, `loom` under `cfg(loom)`, `shuttle`
//! under `cfg(shuttle)`.
//!
//! No other file of this crate names an atomic, a lock or a counted pointer of its own, so that the models in
//! `loom-tests/` and the schedules in `shuttle-tests/` see all of them. (The count inside an item's `ThinArc` stays
//! outside: `triomphe` has its own tests, and no claim of ours rests on its order.)

#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(not(any(loom, shuttle)))]
pub(crate) use parking_lot::{Mutex, RwLock};

#[cfg(any(loom, shuttle))]
pub(crate) use self::modelled::{
    Arc, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Mutex, Ordering, RwLock,
};

/// The model's locks with parking_lot's face: locks that cannot be poisoned.
#[cfg(any(loom, shuttle))]
mod modelled {
    #[cfg(loom)]
    use loom::sync as model;
    #[cfg(shuttle)]
    use shuttle::sync as model;

    pub(crate) use model::{
        Arc,
        atomic::{AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    };
    use model::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};

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
