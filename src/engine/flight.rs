//! Single flight: of those who want the same missing entry at once, one loads it and the others wait. A flight whose key is
//! written meanwhile is *overtaken*: what it brings is given to those who wait for it already, and is not stored.
//!
//! A writer says so in the step in which it writes, under the lock of the key's stripe. Whoever leads has gone through that
//! lock after joining and before loading. So either the write came first, and the loader sees whatever was done before
//! it; or the writer sees the flight.

use crate::sync::{Arc, AtomicBool, AtomicU64, AtomicUsize, Condvar, Mutex, Ordering, thread_local};
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
    /// How many there are, for writers, who mostly find none.
    aloft: AtomicUsize,
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
    /// The key was written since it began. Changes under the shard's lock.
    overtaken: AtomicBool,
}

impl<T> Flight<T> {
    // Relaxed: whoever asks before storing holds the stripe's lock, which a writer takes after or while saying so; whoever asks
    // before joining holds the shard's.
    fn is_overtaken(&self) -> bool {
        self.overtaken.load(Ordering::Relaxed)
    }

    fn overtake(&self) {
        self.overtaken.store(true, Ordering::Relaxed);
    }
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
            aloft: AtomicUsize::new(0),
            run: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            nanos: AtomicU64::new(0),
        };
        Self(std::array::from_fn(shard))
    }

    /// Leads, or waits for who does; a thread that is in a loader leads in any case, since one that waited for another could wait
    /// for ever. `hash` is the key's. Who leads must go through the lock of the key's stripe before it loads.
    pub(super) fn join<Q: Eq + ToOwned<Owned = K> + ?Sized>(&self, hash: usize, key: &Q) -> Joined<'_, K, T>
    where
        K: Borrow<Q>,
    {
        let shard = &self.0[hash % SHARDS];
        let mut flying = shard.flying.lock();
        let joinable = |(of, flight): &&(K, Arc<Flight<T>>)| (*of).borrow() == key && !flight.is_overtaken();
        if LOADERS.with(Cell::get) == 0
            && let Some((_, flight)) = flying.iter().find(joinable)
        {
            return Joined::Wait(Waiting { flight: flight.clone(), number: None });
        }
        let state = State { outcome: Outcome::Flying, wakers: Vec::new(), next: 0 };
        let (landed, overtaken) = (Condvar::new(), AtomicBool::new(false));
        let flight = Arc::new(Flight { state: Mutex::new(state), landed, overtaken });
        flying.push((key.to_owned(), flight.clone()));
        // Relaxed: a writer that must see it takes the stripe's lock after us.
        shard.aloft.fetch_add(1, Ordering::Relaxed);
        Joined::Lead(Lead { shard, flight, outcome: None, since: None })
    }

    /// The key is being written: flights that have begun are overtaken. To be called under the lock of the key's stripe.
    #[inline]
    pub(super) fn overtake<Q: Eq + ?Sized>(&self, hash: usize, key: &Q)
    where
        K: Borrow<Q>,
    {
        let shard = &self.0[hash % SHARDS];
        // Relaxed: the stripe's lock is what makes sure that a flight which has begun is seen.
        if shard.aloft.load(Ordering::Relaxed) > 0 {
            let flying = shard.flying.lock();
            flying.iter().filter(|(of, _)| of.borrow() == key).for_each(|(_, flight)| flight.overtake());
        }
    }

    /// Anything may be written: all flights that have begun are overtaken. To be called before, under no lock: a loader that joins
    /// a shard later sees whatever was done before this call.
    pub(super) fn overtake_all(&self) {
        for shard in &self.0 {
            shard.flying.lock().iter().for_each(|(_, flight)| flight.overtake());
        }
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
    /// The key was written since it began: what is loaded may be older than that, and must not be stored. To be asked under the
    /// lock of the key's stripe.
    pub(super) fn is_overtaken(&self) -> bool {
        self.flight.is_overtaken()
    }

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
            // Relaxed: too many only makes a writer look.
            self.shard.aloft.fetch_sub(1, Ordering::Relaxed);
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
