//! Very many entries that expire in the same second, while gets and sets go on.

use super::{
    pauses::{COLUMNS, Pauses, Watch, control},
    peers::{Engine, ExpiringMoka, FAR, Peer, Session, charge},
    plan::Plan,
    table::Table,
};
use crate::{dice::Dice, resident, sample};
use keyway::Expiry;
use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// A cache whose entries may each end at a time of their own.
trait Expiring: Sync {
    /// The entry of this number ends at this time.
    fn store(&self, number: u64, ends: Instant);
    fn holds(&self, number: u64) -> Option<bool>;
    fn maintain(&self);
    /// Those whose memory is held.
    fn entries(&self) -> u64;
}

type Maker = fn(u64) -> Box<dyn Expiring>;

/// The others have no expiry.
const EXPIRING: [(&str, Maker); 3] = [
    ("keyway session", |entries| Box::new(Session::with_budget(usize_of(entries * charge() * 3 / 2)))),
    ("keyway engine", |entries| Box::new(Engine::<{ sample::KEY }>::with_room_for(usize_of(entries * 2)))),
    ("moka", |entries| Box::new(ExpiringMoka::with_room_for(entries * 2))),
];

/// As often as the server calls it.
const MAINTAIN_EVERY: Duration = Duration::from_secs(1);
/// Gets and sets go on for so long before, as a control, and for so long after all memory is back.
const BESIDE: Duration = Duration::from_secs(1);
/// How often it is asked whether all memory is back.
const LOOK: Duration = Duration::from_millis(10);
/// Deadlines are kept to some sixteenths of a second.
const GRACE: Duration = Duration::from_millis(500);
/// It is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one cache came to.
struct Outcome {
    before: Pauses,
    after: Pauses,
    /// From the deadline until no expired entry was held any more.
    back: Option<Duration>,
    longest_upkeep: Duration,
    /// When filled, and at the end.
    resident: [u64; 2],
}

/// Single gets and sets before and after the deadline, and when the memory was back.
///
/// # Errors
/// If the table cannot be written, or the system does not say what is resident.
///
/// # Panics
/// If a cache returns a wrong value, or one that has expired.
pub fn burst(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let expiring: u64 = plan.length.of(10_000_000, 1_000_000);
    let lasting = expiring / 10;
    writeln!(
        out,
        "Expiry: {expiring} entries of 20 + 100 bytes end at once, {lasting} stay. One thread makes 95 gets (half of them of"
    )?;
    writeln!(
        out,
        "what expires) to 5 sets, one calls `maintain` each second. Single operations in the second before and until all is back."
    )?;
    let mut table = Table::new(out, "gets and sets", &COLUMNS)?;
    let (mut notes, mut longest) = (Vec::new(), Duration::ZERO);
    for (name, make) in EXPIRING.iter().filter(|(name, _)| plan.peers.includes(name)) {
        let outcome = expire(&*make(expiring + lasting), expiring, lasting)?;
        outcome.before.row(&format!("{name}, before"), &mut table)?;
        outcome.after.row(&format!("{name}, expiring"), &mut table)?;
        longest = longest.max(outcome.after.time());
        notes.push(format!("{name}: {}", outcome.memory()));
    }
    control(longest).row("control", &mut table)?;
    writeln!(out)?;
    notes.iter().try_for_each(|note| writeln!(out, "{note}"))
}

fn expire(cache: &dyn Expiring, expiring: u64, lasting: u64) -> io::Result<Outcome> {
    let began = Instant::now();
    (expiring..expiring + lasting).for_each(|number| cache.store(number, began + FAR));
    // Ten times as many follow; larger tables are slower.
    let deadline = Instant::now() + began.elapsed() * 20 + 2 * BESIDE;
    (0..expiring).for_each(|number| cache.store(number, deadline));
    let full = resident::bytes()?;
    assert!(Instant::now() + BESIDE < deadline, "entries expired before all were stored");
    thread::sleep((deadline - BESIDE).saturating_duration_since(Instant::now()));

    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let upkeep = scope.spawn(|| keep_up(cache, &done));
        let load = scope.spawn(|| load(cache, expiring, lasting, deadline, &done));
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
        let back = until_back(cache, lasting, deadline);
        thread::sleep(BESIDE);
        // Relaxed: only a request to stop.
        done.store(true, Ordering::Relaxed);
        let [before, after] = load.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let longest_upkeep = upkeep.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Outcome { before, after, back, longest_upkeep, resident: [full, resident::bytes()?] })
    })
}

fn until_back(cache: &dyn Expiring, lasting: u64, deadline: Instant) -> Option<Duration> {
    while deadline.elapsed() < PATIENCE {
        if cache.entries() <= lasting {
            return Some(deadline.elapsed());
        }
        thread::sleep(LOOK);
    }
    None
}

/// The longest that one call took.
fn keep_up(cache: &dyn Expiring, done: &AtomicBool) -> Duration {
    let mut longest = Duration::ZERO;
    while !done.load(Ordering::Relaxed) {
        let began = Instant::now();
        cache.maintain();
        longest = longest.max(began.elapsed());
        thread::sleep(MAINTAIN_EVERY.saturating_sub(began.elapsed()));
    }
    longest
}

fn load(
    cache: &dyn Expiring,
    expiring: u64,
    lasting: u64,
    deadline: Instant,
    done: &AtomicBool,
) -> [Pauses; 2] {
    let mut dice = Dice::new(5);
    let mut number_of = |from: u64, count: u64| from + dice.below(usize_of(count)) as u64;
    let mut phase = |goes_on: &dyn Fn() -> bool| {
        let mut watch = Watch::start();
        while goes_on() {
            match number_of(0, 200) {
                0..10 => cache.store(number_of(expiring, lasting), deadline + FAR),
                10..105 => {
                    let held = cache.holds(number_of(expiring, lasting));
                    assert_eq!(held, Some(true), "an entry was lost");
                }
                _ => {
                    let late = deadline.elapsed() > GRACE;
                    let held = cache.holds(number_of(0, expiring));
                    assert!(
                        held.is_none() || held == Some(true) && !late,
                        "an entry came back after its end"
                    );
                }
            }
            watch.note();
        }
        watch.pauses
    };
    [phase(&|| Instant::now() < deadline), phase(&|| !done.load(Ordering::Relaxed))]
}

fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl Outcome {
    fn memory(&self) -> String {
        let back = self.back.map_or_else(
            || "not all was back in time".to_owned(),
            |back| format!("all was back {:.2} s after the deadline", back.as_secs_f64()),
        );
        let [full, end] = self.resident.map(|bytes| bytes >> 20);
        let upkeep = self.longest_upkeep.as_millis();
        format!(
            "{back}; one `maintain` took {upkeep} ms at most; resident {full} MiB when full, {end} MiB at the end"
        )
    }
}

impl Expiring for Session {
    fn store(&self, number: u64, ends: Instant) {
        let after = Expiry::After(ends.saturating_duration_since(Instant::now()));
        self.set_until(&sample::key(number), &sample::value(number), after);
    }

    fn holds(&self, number: u64) -> Option<bool> {
        Peer::holds(self, &sample::key(number), number)
    }

    fn maintain(&self) {
        self.cache.maintain();
    }

    fn entries(&self) -> u64 {
        self.cache.stats().items
    }
}

impl Expiring for Engine<{ sample::KEY }> {
    #[allow(clippy::expect_used, reason = "a refusal would be measured as speed")]
    fn store(&self, number: u64, ends: Instant) {
        let value = bytes::Bytes::copy_from_slice(&sample::value(number));
        let after = ends.saturating_duration_since(Instant::now());
        self.0.insert_for(sample::key(number), value, after).expect("an entry fits");
    }

    fn holds(&self, number: u64) -> Option<bool> {
        Peer::holds(self, &sample::key(number), number)
    }

    fn maintain(&self) {
        self.0.maintain();
    }

    fn entries(&self) -> u64 {
        self.0.stats().entries
    }
}

impl Expiring for ExpiringMoka {
    fn store(&self, number: u64, ends: Instant) {
        self.insert(sample::key(number), &sample::value(number), ends);
    }

    fn holds(&self, number: u64) -> Option<bool> {
        self.get(&sample::key(number), number)
    }

    fn maintain(&self) {
        self.0.run_pending_tasks();
    }

    fn entries(&self) -> u64 {
        self.0.entry_count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_expired_goes_and_the_rest_stays() {
        thread::scope(|scope| {
            for (name, make) in EXPIRING {
                scope.spawn(move || {
                    let outcome = expire(&*make(5500), 5000, 500).unwrap();
                    assert!(outcome.back.is_some(), "{name}");
                    assert!(outcome.before.operations > 0 && outcome.after.operations > 0, "{name}");
                });
            }
        });
    }
}
