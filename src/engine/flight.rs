//! Single flight: of those who want the same missing entry at once, one loads it and the others wait.

use crate::sync::{Arc, AtomicU64, Condvar, Mutex, Ordering, thread_local};
use std::{
    borrow::Borrow,
    cell::Cell,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Instant,
};

const SHARDS: usize = 16;

/// What is being loaded.
pub(super) struct Flights<K, T>([Shard<K, T>; SHARDS]);

#[repr(align(64))]
struct Shard<K, T> {
    flying: Mutex<Vec<(K, Arc<Flight<T>>)>>,
    run: AtomicU64,
    failed: AtomicU64,
    nanos: AtomicU64,
}

/// What loaders did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loads {
    pub(super) run: u64,
    pub(super) failed: u64,
    pub(super) nanos: u64,
}

struct Flight<T> {
    state: Mutex<State<T>>,
    landed: Condvar,
}

struct State<T> {
    outcome: Outcome<T>,
    wakers: Vec<(u64, Waker)>,
    /// The number that the next future gets to which a waker belongs.
    next: u64,
}

#[derive(Clone)]
enum Outcome<T> {
    Flying,
    /// None if the loader failed: who waits begins anew.
    Landed(Option<T>),
}

/// What to do about a missing entry.
pub(super) enum Joined<'a, K, T> {
    Lead(Lead<'a, K, T>),
    Wait(Waiting<T>),
    /// Load it without telling anybody: a loader that waited for another could wait for ever.
    Alone,
}

thread_local! {
    /// How many loaders this thread is in.
    #[allow(clippy::missing_const_for_thread_local, reason = "the models' macro does not know `const`")]
    static LOADERS: Cell<usize> = Cell::new(0);
}

/// This thread is in a loader for as long as it lives.
pub(super) struct InLoader(());

impl InLoader {
    pub(super) fn enter() -> Self {
        LOADERS.with(|loaders| loaders.set(loaders.get() + 1));
        Self(())
    }
}

impl Drop for InLoader {
    fn drop(&mut self) {
        LOADERS.with(|loaders| loaders.set(loaders.get() - 1));
    }
}

impl<K: Eq, T: Clone> Flights<K, T> {
    pub(super) fn new() -> Self {
        let shard = |_| Shard {
            flying: Mutex::new(Vec::new()),
            run: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            nanos: AtomicU64::new(0),
        };
        Self(std::array::from_fn(shard))
    }

    /// Leads, or waits for who does. `hash` is the key's.
    pub(super) fn join<Q: Eq + ToOwned<Owned = K> + ?Sized>(&self, hash: usize, key: &Q) -> Joined<'_, K, T>
    where
        K: Borrow<Q>,
    {
        let shard = &self.0[hash % SHARDS];
        let mut flying = shard.flying.lock();
        if let Some((_, flight)) = flying.iter().find(|(flying, _)| flying.borrow() == key) {
            if LOADERS.with(Cell::get) > 0 {
                return Joined::Alone;
            }
            return Joined::Wait(Waiting { flight: flight.clone(), number: None });
        }
        let state = State { outcome: Outcome::Flying, wakers: Vec::new(), next: 0 };
        let flight = Arc::new(Flight { state: Mutex::new(state), landed: Condvar::new() });
        flying.push((key.to_owned(), flight.clone()));
        Joined::Lead(Lead { shard, flight, outcome: None, since: None })
    }

    pub(super) fn loads(&self) -> Loads {
        self.0.iter().fold(Loads::default(), |sum, shard| Loads {
            // Relaxed: counters only.
            run: sum.run + shard.run.load(Ordering::Relaxed),
            failed: sum.failed + shard.failed.load(Ordering::Relaxed),
            nanos: sum.nanos + shard.nanos.load(Ordering::Relaxed),
        })
    }
}

/// The one that loads. When it is dropped, whatever the reason, all who wait go on.
pub(super) struct Lead<'a, K, T> {
    shard: &'a Shard<K, T>,
    flight: Arc<Flight<T>>,
    outcome: Option<T>,
    since: Option<Instant>,
}

impl<K, T: Clone> Lead<'_, K, T> {
    /// The loader begins to run.
    pub(super) fn begin(&mut self) {
        self.since = Some(Instant::now());
    }

    /// All who wait get this.
    pub(super) fn land(mut self, outcome: &T) {
        self.outcome = Some(outcome.clone());
    }
}

impl<K, T> Drop for Lead<'_, K, T> {
    fn drop(&mut self) {
        if let Some(since) = self.since {
            // Relaxed: counters only.
            self.shard.run.fetch_add(1, Ordering::Relaxed);
            self.shard.failed.fetch_add(u64::from(self.outcome.is_none()), Ordering::Relaxed);
            let nanos = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.shard.nanos.fetch_add(nanos, Ordering::Relaxed);
        }
        let left = {
            let mut flying = self.shard.flying.lock();
            let at = flying.iter().position(|(_, flight)| Arc::ptr_eq(flight, &self.flight));
            at.map(|at| flying.swap_remove(at))
        };
        let wakers = {
            let mut state = self.flight.state.lock();
            state.outcome = Outcome::Landed(self.outcome.take());
            std::mem::take(&mut state.wakers)
        };
        self.flight.landed.notify_all();
        wakers.into_iter().for_each(|(_, waker)| waker.wake());
        drop(left);
    }
}

/// One that waits: a thread, or as a future. None if the loader failed.
pub(super) struct Waiting<T> {
    flight: Arc<Flight<T>>,
    /// Whose waker is its own.
    number: Option<u64>,
}

impl<T: Clone> Waiting<T> {
    pub(super) fn wait(self) -> Option<T> {
        let mut state = self.flight.state.lock();
        loop {
            if let Outcome::Landed(outcome) = &state.outcome {
                return outcome.clone();
            }
            state = self.flight.landed.wait(state);
        }
    }
}

impl<T: Clone> Future for Waiting<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let flight = self.flight.clone();
        let mut state = flight.state.lock();
        if let Outcome::Landed(outcome) = &state.outcome {
            return Poll::Ready(outcome.clone());
        }
        let number = *self.number.get_or_insert(state.next);
        state.next = state.next.max(number + 1);
        match state.wakers.iter_mut().find(|(of, _)| *of == number) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => state.wakers.push((number, context.waker().clone())),
        }
        Poll::Pending
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.flight.state.lock().wakers.retain(|(of, _)| *of != number);
        }
    }
}
