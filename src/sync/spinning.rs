//! Locks that are mostly held for less than some microseconds: who finds one taken spins for so long before it sleeps.
//! Not in models: there is nothing that spinning could change about who gets in, only when.

use super::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// As the lock's own `read`.
#[cfg(any(loom, shuttle))]
pub(crate) fn spin_to_read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read()
}

/// As the lock's own `write`.
#[cfg(any(loom, shuttle))]
pub(crate) fn spin_to_write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write()
}

/// As the lock's own `read`.
#[cfg(not(any(loom, shuttle)))]
#[inline]
pub(crate) fn spin_to_read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.try_read().unwrap_or_else(|| taken::read(lock))
}

/// As the lock's own `write`.
#[cfg(not(any(loom, shuttle)))]
#[inline]
pub(crate) fn spin_to_write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.try_write().unwrap_or_else(|| taken::write(lock))
}

#[cfg(not(any(loom, shuttle)))]
mod taken {
    use super::{RwLock, RwLockReadGuard, RwLockWriteGuard};
    use crate::sync::Waiting;

    #[cold]
    pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
        spin(|| lock.try_read()).unwrap_or_else(|| lock.read())
    }

    #[cold]
    pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
        // A try to write takes the lock's line from whoever holds it, a look leaves it with both; one to read begins with a look.
        let attempt = || if lock.is_locked() { None } else { lock.try_write() };
        spin(attempt).unwrap_or_else(|| lock.write())
    }

    fn spin<G>(attempt: impl Fn() -> Option<G>) -> Option<G> {
        let mut waiting = Waiting::default();
        while waiting.spin() {
            let guard = attempt();
            if guard.is_some() {
                return guard;
            }
        }
        None
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::{thread, time::Duration};

    #[test]
    fn who_finds_a_lock_taken_gets_in_after_a_spin_or_a_sleep_and_never_beside_a_writer() {
        let briefly = || (0..8).for_each(|_| std::hint::spin_loop());
        let long = || thread::sleep(Duration::from_millis(5));
        for hold in [briefly as fn(), long] {
            let lock = RwLock::new((0, 0));
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..20 {
                            let mut both = spin_to_write(&lock);
                            both.0 += 1;
                            hold();
                            both.1 += 1;
                            drop(both);
                            let (first, second) = *spin_to_read(&lock);
                            assert_eq!(first, second);
                        }
                    });
                }
            });
            assert_eq!(*spin_to_read(&lock), (80, 80));
        }
    }
}
