//! Very many entries that expire in the same second, while gets and sets go on.

use super::{
    beside::{self, Entries},
    expiring::{EXPIRING, Expiring, Maker},
    pauses::{COLUMNS, Pauses, control},
    peers::FAR,
    plan::Plan,
};
use crate::{cpu, resident, table::Table};
use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// As often as the server calls it.
const MAINTAIN_EVERY: Duration = Duration::from_millis(250);
/// Gets and sets go on for so long before, as a control, and for so long after all memory is back.
const BESIDE: Duration = Duration::from_secs(1);
/// How often it is asked whether all memory is back.
const LOOK: Duration = Duration::from_millis(10);
/// It is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one cache came to.
struct Outcome {
    before: Pauses,
    after: Pauses,
    /// From the deadline until no expired entry was held any more.
    back: Option<Duration>,
    longest_upkeep: Upkeep,
    /// When filled, and at the end.
    resident: [u64; 2],
}

/// One call of `maintain`.
#[derive(Clone, Copy, Default)]
struct Upkeep {
    wall: Duration,
    cpu: Duration,
}

/// Single gets and sets before and after the deadline, and when the memory was back.
///
/// # Errors
/// If the table cannot be written, or the system does not say what is resident.
///
/// # Panics
/// If a cache returns a wrong value, or one that has expired.
pub fn burst(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let expiring: u64 = plan.length.of(10_000_000, 250_000);
    let entries = Entries { expiring, lasting: expiring / 10 };
    writeln!(
        out,
        "Expiry: {expiring} entries of 20 + 100 bytes end at once, {} stay. One thread makes 95 gets (half of them of",
        entries.lasting
    )?;
    writeln!(
        out,
        "what expires) to 5 sets, one calls `maintain` every 250 ms, as the server does. Single operations in the second before and until all is back. The controls are"
    )?;
    writeln!(
        out,
        "no caches: beside the first cache once more, as many looks at memory and pieces of it exchanged; then the clocks alone."
    )?;
    let mut table = Table::new(out, "gets and sets", &COLUMNS)?;
    let (mut notes, mut longest) = (Vec::new(), Duration::ZERO);
    let wanted: Vec<_> = EXPIRING.iter().filter(|(name, _)| plan.peers.includes(name)).collect();
    for (name, make) in &wanted {
        let outcome = expire(*make, entries, beside::load)?;
        outcome.rows(name, &mut table)?;
        longest = longest.max(outcome.after.time());
        notes.push(format!("{name}: {}", outcome.memory()));
    }
    if let Some((name, make)) = wanted.first() {
        expire(*make, entries, beside::memory(entries))?
            .rows(&format!("memory beside {name}"), &mut table)?;
    }
    control(longest).row("clocks", &mut table)?;
    writeln!(out)?;
    notes.iter().try_for_each(|note| writeln!(out, "{note}"))
}

/// A cache with all entries, and when those that expire do so.
fn fill(make: Maker, Entries { expiring, lasting }: Entries) -> (Box<dyn Expiring>, Instant) {
    // Ten times as many follow on the first ones, and larger tables are slower.
    let mut times_as_long = 20;
    loop {
        let cache = make(expiring + lasting);
        let began = Instant::now();
        (expiring..expiring + lasting).for_each(|number| cache.store(number, began + FAR));
        let deadline = Instant::now() + began.elapsed() * times_as_long + 2 * BESIDE;
        (0..expiring).for_each(|number| cache.store(number, deadline));
        cache.settle();
        if Instant::now() + BESIDE < deadline {
            return (cache, deadline);
        }
        // The machine was busy with something else; some expired before all were stored.
        times_as_long *= 2;
    }
}

fn expire(
    make: Maker,
    entries: Entries,
    beside: impl FnOnce(&dyn Expiring, Entries, Instant, &AtomicBool) -> [Pauses; 2] + Send,
) -> io::Result<Outcome> {
    let (cache, deadline) = fill(make, entries);
    let cache = &*cache;
    let full = resident::bytes()?;
    thread::sleep((deadline - BESIDE).saturating_duration_since(Instant::now()));

    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let upkeep = scope.spawn(|| keep_up(cache, &done));
        let load = scope.spawn(|| beside(cache, entries, deadline, &done));
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
        let back = until_back(cache, entries.lasting, deadline);
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

/// The longest of all calls.
fn keep_up(cache: &dyn Expiring, done: &AtomicBool) -> Upkeep {
    let mut longest = Upkeep::default();
    while !done.load(Ordering::Relaxed) {
        let (began, cpu) = (Instant::now(), cpu::of_thread());
        cache.maintain();
        let took = Upkeep { wall: began.elapsed(), cpu: cpu::of_thread() - cpu };
        if took.wall > longest.wall {
            longest = took;
        }
        thread::sleep(MAINTAIN_EVERY.saturating_sub(took.wall));
    }
    longest
}

impl Outcome {
    fn rows(&self, name: &str, table: &mut Table<'_>) -> io::Result<()> {
        self.before.row(&format!("{name}, before"), table)?;
        self.after.row(&format!("{name}, expiring"), table)
    }

    fn memory(&self) -> String {
        let back = self.back.map_or_else(
            || "not all was back in time".to_owned(),
            |back| format!("all was back {:.2} s after the deadline", back.as_secs_f64()),
        );
        let [full, end] = self.resident.map(|bytes| bytes >> 20);
        let Upkeep { wall, cpu } = self.longest_upkeep;
        let (wall, cpu) = (wall.as_millis(), cpu.as_millis());
        format!(
            "{back}; one `maintain` took {wall} ms at most, {cpu} ms of them CPU time; resident {full} MiB when full, {end} MiB at the end"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, outcome: io::Result<Outcome>) {
        let outcome = outcome.unwrap();
        assert!(outcome.back.is_some(), "{name}");
        assert!(outcome.before.operations > 0 && outcome.after.operations > 0, "{name}");
    }

    #[test]
    fn what_has_expired_goes_and_the_rest_stays() {
        let entries = Entries { expiring: 5000, lasting: 500 };
        thread::scope(|scope| {
            for (name, make) in EXPIRING {
                scope.spawn(move || check(name, expire(make, entries, beside::load)));
                scope.spawn(move || check(name, expire(make, entries, beside::memory(entries))));
            }
        });
    }
}
