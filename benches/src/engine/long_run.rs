//! A budget under entries of very different sizes for long: how far resident memory goes beyond it.

use super::{child, peers::Session, plan::Plan};
use crate::{allocator, dice::Dice, resident, table::Table};
use bytes::Bytes;
use keyway::{Expiry, Governor, engine::Builder};
use std::{
    io::{self, Write},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

const BUDGET: usize = 256 << 20;
const THREADS: u64 = 2;
/// Values from and up to so many bytes, in turn: what was freed in one phase does not fit in the next.
const PHASES: [(usize, usize); 6] =
    [(50, 100 << 10), (50, 500), (8 << 10, 100 << 10), (500, 8 << 10), (50, 200), (30 << 10, 100 << 10)];
/// Times that each phase comes.
const TURNS: u32 = 2;
/// How often it is asked what is resident: as often as `keyway serve` asks while it moves.
const LOOK: Duration = Duration::from_millis(10);
/// Asks a child for this.
const LONG_RUN: &str = "long-run";

/// Stores a value under a number.
type Store = dyn Fn(u64, &[u8]) + Sync;

/// A cache as the long run sees it.
struct Held {
    store: Box<Store>,
    /// Told from time to time what is resident.
    look: Box<dyn Fn(u64)>,
    /// Bytes that it says it holds.
    stored: Box<dyn Fn() -> u64>,
}

impl Held {
    /// By nobody governed.
    fn alone(store: impl Fn(u64, &[u8]) + Sync + 'static, stored: impl Fn() -> u64 + 'static) -> Self {
        Self { store: Box::new(store), look: Box::new(|_| ()), stored: Box::new(stored) }
    }
}

type Maker = fn() -> Held;

/// Those that can be held within bytes. The governed one is told what is resident, and stores less. The last two hold values of so many bytes together; what they take beside is free.
const LIMITED: [(&str, Maker); 5] = [
    ("keyway session", || {
        let session = Session::with_budget(BUDGET);
        let cache = session.cache.clone();
        Held::alone(move |number, value| store_in(&session, number, value), move || cache.stats().bytes)
    }),
    ("governed keyway session", || {
        let session = Session::with_budget(BUDGET);
        let cache = session.cache.clone();
        let governor = Governor::new(cache.clone(), 0);
        let look = move |resident| governor.look(usize::try_from(resident).unwrap_or(usize::MAX));
        let store = move |number, value: &[u8]| store_in(&session, number, value);
        Held { look: Box::new(look), ..Held::alone(store, move || cache.stats().bytes) }
    }),
    ("keyway engine", || {
        let built = Builder::with_bytes(BUDGET, |_: &u64, value: &Bytes| value.len())
            .time_to_live(super::peers::FAR)
            .build();
        let Ok(cache) = built else { panic!("a cache of {BUDGET} bytes can be made") };
        let cache = Arc::new(cache);
        let same = cache.clone();
        let store = move |number, value: &[u8]| {
            let stored = cache.insert(number, Bytes::copy_from_slice(value));
            assert!(stored.is_ok(), "{} bytes fit", value.len());
        };
        Held::alone(store, move || same.stats().weight)
    }),
    ("quick_cache", || {
        let weigher = |_: &u64, value: &Bytes| value.len() as u64;
        let cache = quick_cache::sync::Cache::with_weighter(BUDGET / 1000, BUDGET as u64, Weigh(weigher));
        let cache = Arc::new(cache);
        let same = cache.clone();
        Held::alone(
            move |number, value| cache.insert(number, Bytes::copy_from_slice(value)),
            move || same.weight(),
        )
    }),
    ("moka", || {
        let weigher = |_: &u64, value: &Bytes| u32::try_from(value.len()).unwrap_or(u32::MAX);
        let cache = moka::sync::Cache::builder().max_capacity(BUDGET as u64).weigher(weigher).build();
        let same = cache.clone();
        Held::alone(
            move |number, value| cache.insert(number, Bytes::copy_from_slice(value)),
            move || same.weighted_size(),
        )
    }),
];

fn store_in(session: &Session, number: u64, value: &[u8]) {
    session.set_until(&number.to_be_bytes(), value, Expiry::After(super::peers::FAR));
}

#[derive(Clone)]
struct Weigh<F>(F);

impl<F: Fn(&u64, &Bytes) -> u64> quick_cache::Weighter<u64, Bytes> for Weigh<F> {
    fn weight(&self, key: &u64, value: &Bytes) -> u64 {
        (self.0)(key, value)
    }
}

/// Resident memory over the budget, in %.
///
/// # Errors
/// If the table cannot be written or a child process fails.
pub fn long_run(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let seconds = plan.seconds.unwrap_or_else(|| plan.length.of(120, 2));
    writeln!(
        out,
        "Long run, {}: a budget of {} MiB, {THREADS} threads store new values of 50 bytes to 100 KiB for {seconds} s,",
        allocator::NAME,
        BUDGET >> 20
    )?;
    writeln!(
        out,
        "their sizes spread otherwise every {:.1} s. Resident memory over the budget, each cache in a process of its own.",
        phase(seconds).as_secs_f64()
    )?;
    if let Some(pace) = plan.pace {
        writeln!(out, "No more than {pace} MiB a second are stored.")?;
    }
    let columns = [
        "largest, %",
        "at the end, %",
        "looks over 5 %, %",
        "held on average, % of the budget",
        "sets",
        "GiB stored",
    ];
    let mut table = Table::new(out, "cache", &columns)?;
    let pace = plan.pace.unwrap_or(u64::MAX).to_string();
    for (name, _) in LIMITED.iter().filter(|(name, _)| plan.peers.includes(name)) {
        let said = child::ask(&[LONG_RUN, name, &seconds.to_string(), &pace])?;
        let cells: Vec<&str> = said.split_whitespace().collect();
        table.row(name, &cells)?;
    }
    Ok(())
}

/// In the child: the cells of one row.
pub(super) fn answer(question: &[&str]) -> Option<io::Result<String>> {
    let [LONG_RUN, name, seconds, pace] = question else { return None };
    let (_, make) = LIMITED.iter().find(|(known, _)| known == name)?;
    Some(measure(*make, seconds.parse().ok()?, pace.parse().ok()?))
}

fn phase(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into()) / TURNS / u32::try_from(PHASES.len()).unwrap_or(1)
}

fn measure(make: Maker, seconds: u32, pace: u64) -> io::Result<String> {
    let empty = resident::bytes()?;
    let Held { store, look, stored } = make();
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds.into());
    thread::scope(|scope| {
        let work = Work { store: &*store, began, end, pace: pace / THREADS };
        let writers: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || work.write(thread))).collect();
        let mut seen = Seen::default();
        while Instant::now() < end {
            thread::sleep(LOOK);
            let bytes = resident::bytes()?.saturating_sub(empty);
            seen.add(bytes, stored());
            look(bytes);
        }
        let (mut sets, mut bytes) = (0, 0);
        for writer in writers {
            let (more_sets, more_bytes) =
                writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (sets, bytes) = (sets + more_sets, bytes + more_bytes);
        }
        let last = over(resident::bytes()?.saturating_sub(empty));
        let Seen { largest, looks, too_many, held } = seen;
        let [above, held] = [too_many * 100, held / (BUDGET as u64 / 100)].map(|sum| mean(sum, looks));
        Ok(format!("{:.1} {last:.1} {above:.2} {held:.0} {sets} {}", over(largest), bytes >> 30))
    })
}

/// What was seen in all looks.
#[derive(Default)]
struct Seen {
    /// The most that was resident.
    largest: u64,
    looks: u64,
    /// Looks that found more than 5 % too much.
    too_many: u64,
    /// What was held, summed up.
    held: u64,
}

impl Seen {
    fn add(&mut self, resident: u64, held: u64) {
        self.largest = self.largest.max(resident);
        self.looks += 1;
        self.too_many += u64::from(over(resident) > 5.0);
        self.held += held;
    }
}

/// What the writers have in common.
#[derive(Clone, Copy)]
struct Work<'a> {
    store: &'a Store,
    began: Instant,
    end: Instant,
    /// MiB that each of them stores in a second at most.
    pace: u64,
}

impl Work<'_> {
    /// What was stored: values and bytes.
    fn write(&self, thread: u64) -> (u64, u64) {
        let longest: Vec<u8> = (0..100 << 10).map(|at: u32| at.to_le_bytes()[0]).collect();
        let seconds = u32::try_from((self.end - self.began).as_secs()).unwrap_or(1);
        let each = phase(seconds).max(Duration::from_millis(1));
        let mut dice = Dice::new(thread);
        let (mut sets, mut bytes) = (0, 0);
        while Instant::now() < self.end {
            let since = self.began.elapsed();
            if self.is_ahead(bytes, since) {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            let number = usize::try_from(since.as_nanos() / each.as_nanos()).unwrap_or(0);
            let (least, most) = PHASES[number % PHASES.len()];
            let size = size(least, most, &mut dice);
            (self.store)(thread << 48 | sets, &longest[..size]);
            (sets, bytes) = (sets + 1, bytes + size as u64);
        }
        (sets, bytes)
    }

    /// Whether so many bytes are more than its pace allows.
    fn is_ahead(&self, bytes: u64, since: Duration) -> bool {
        u128::from(bytes >> 10) * 1000 > (u128::from(self.pace) << 10) * since.as_millis()
    }
}

/// Small ones are as frequent as large ones, so that there are many more of them in the same bytes: as many of twice the size as of
/// the size.
fn size(least: usize, most: usize, dice: &mut Dice) -> usize {
    let doublings = (most / least.max(1)).max(2).ilog2() as usize;
    let from = least << dice.below(doublings);
    (from + dice.below(from)).min(most)
}

#[allow(clippy::cast_precision_loss, reason = "bytes of memory are far below 2^53")]
fn over(resident: u64) -> f64 {
    (resident as f64 / BUDGET as f64 - 1.0) * 100.0
}

#[allow(clippy::cast_precision_loss, reason = "sums over looks are far below 2^53")]
fn mean(sum: u64, looks: u64) -> f64 {
    sum as f64 / looks.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_within_their_phase_and_reach_both_ends() {
        let mut dice = Dice::new(1);
        for (least, most) in PHASES {
            let sizes: Vec<usize> = (0..10_000).map(|_| size(least, most, &mut dice)).collect();
            assert!(sizes.iter().all(|size| (least..=most).contains(size)));
            assert!(sizes.iter().any(|size| *size < least * 2) && sizes.iter().any(|size| *size > most / 4));
        }
    }

    #[test]
    fn what_is_over_the_budget_is_a_share_of_it() {
        assert!((over(BUDGET as u64 * 5 / 4) - 25.0).abs() < 1e-9);
        assert!((over(BUDGET as u64 / 2) + 50.0).abs() < 1e-9);
    }

    #[test]
    fn looks_over_five_percent_are_counted() {
        let mut seen = Seen::default();
        for percent in [90, 104, 106, 120] {
            seen.add(BUDGET as u64 / 100 * percent, 10);
        }
        assert_eq!((seen.looks, seen.too_many, seen.held), (4, 2, 40));
        assert!((over(seen.largest) - 20.0).abs() < 0.1);
    }

    #[test]
    fn nobody_stores_more_than_the_pace() {
        let now = Instant::now();
        let work = |pace| Work { store: &|_, _| (), began: now, end: now, pace };
        assert!(!work(100).is_ahead(99 << 20, Duration::from_secs(1)));
        assert!(work(100).is_ahead(101 << 20, Duration::from_secs(1)));
        assert!(!work(100).is_ahead(101 << 20, Duration::from_secs(2)));
        assert!(!work(u64::MAX).is_ahead(u64::MAX, Duration::from_millis(1)));
    }
}
