//! How whoever listens is told of entries that leave: noted under the lock, told after it.

use super::{Cause, Held};
use crate::{core::Watch, sync::Mutex};
use std::{collections::VecDeque, fmt};

pub(super) type Listener<K, V> = Box<dyn Fn(&Held<K, V>, Cause) + Send + Sync>;

/// One listener, and what each stripe has to tell it.
pub(super) struct Listeners<K, V> {
    listener: Option<Listener<K, V>>,
    stripes: Box<[Stripe<K, V>]>,
}

/// What one stripe has to tell.
type Stripe<K, V> = Mutex<Waiting<Held<K, V>>>;

struct Waiting<E> {
    departures: VecDeque<(E, Cause)>,
    /// Somebody is telling them, and goes on until there are none left.
    told: bool,
}

impl<K, V> Listeners<K, V> {
    pub(super) fn new(listener: Option<Listener<K, V>>, stripes: usize) -> Self {
        let waiting = |_| Mutex::new(Waiting { departures: VecDeque::new(), told: false });
        let stripes = if listener.is_some() { stripes } else { 0 };
        Self { listener, stripes: (0..stripes).map(waiting).collect() }
    }
}

impl<K, V> Watch<Held<K, V>> for Listeners<K, V> {
    #[inline]
    fn is_watching(&self) -> bool {
        self.listener.is_some()
    }

    fn note(&self, stripe: usize, entry: Held<K, V>, cause: Cause) {
        if let Some(waiting) = self.stripes.get(stripe) {
            waiting.lock().departures.push_back((entry, cause));
        }
    }

    #[inline]
    fn deliver(&self, stripe: usize) {
        if let Some(listener) = &self.listener {
            self.tell(listener, stripe);
        }
    }
}

impl<K, V> Listeners<K, V> {
    /// Nothing is left behind: who finds another at work has noted before it looked, and that other stops only when it finds
    /// nothing, in the same step in which it says so.
    #[inline(never)]
    fn tell(&self, listener: &Listener<K, V>, stripe: usize) {
        let Some(waiting) = self.stripes.get(stripe) else { return };
        let mut next = {
            let mut waiting = waiting.lock();
            if waiting.told {
                return;
            }
            let next = waiting.departures.pop_front();
            waiting.told = next.is_some();
            next
        };
        let mut duty = Duty { waiting, done: next.is_none() };
        while let Some((entry, cause)) = next {
            listener(&entry, cause);
            drop(entry);
            let mut waiting = waiting.lock();
            next = waiting.departures.pop_front();
            waiting.told = next.is_some();
            duty.done = next.is_none();
        }
    }
}

/// Of whoever tells: if the listener panics, somebody else may go on.
struct Duty<'a, E> {
    waiting: &'a Mutex<Waiting<E>>,
    done: bool,
}

impl<E> Drop for Duty<'_, E> {
    fn drop(&mut self) {
        if !self.done {
            self.waiting.lock().told = false;
        }
    }
}

impl<K, V> fmt::Debug for Listeners<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}
