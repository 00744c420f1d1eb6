//! Very many entries that expire in the same second, while gets and sets go on.

use super::{
    expiring::{EXPIRING, Expiring, Maker},
    pauses::{COLUMNS, Pauses, Watch, control},
    peers::FAR,
    plan::Plan,
};
use crate::{cpu, dice::Dice, resident, table::Table};
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
    let expiring: u64 = plan.length.of(10_000_000, 500_000);
    let lasting = expiring / 10;
    writeln!(
        out,
        "Expiry: {expiring} entries of 20 + 100 bytes end at once, {lasting} stay. One thread makes 95 gets (half of them of"
    )?;
    writeln!(
        out,
        "what expires) to 5 sets, one calls `maintain` every 250 ms, as the server does. Single operations in the second before and until all is back."
    )?;
    let mut table = Table::new(out, "gets and sets", &COLUMNS)?;
    let (mut notes, mut longest) = (Vec::new(), Duration::ZERO);
    for (name, make) in EXPIRING.iter().filter(|(name, _)| plan.peers.includes(name)) {
        let outcome = expire(*make, expiring, lasting)?;
        outcome.before.row(&format!("{name}, before"), &mut table)?;
        outcome.after.row(&format!("{name}, expiring"), &mut table)?;
        longest = longest.max(outcome.after.time());
        notes.push(format!("{name}: {}", outcome.memory()));
    }
    control(longest).row("control", &mut table)?;
    writeln!(out)?;
    notes.iter().try_for_each(|note| writeln!(out, "{note}"))
}

/// A cache with all entries, and when those that expire do so.
fn fill(make: Maker, expiring: u64, lasting: u64) -> (Box<dyn Expiring>, Instant) {
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

fn expire(make: Maker, expiring: u64, lasting: u64) -> io::Result<Outcome> {
    let (cache, deadline) = fill(make, expiring, lasting);
    let cache = &*cache;
    let full = resident::bytes()?;
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

fn load(
    cache: &dyn Expiring,
    expiring: u64,
    lasting: u64,
    deadline: Instant,
    done: &AtomicBool,
) -> [Pauses; 2] {
    let mut dice = Dice::new(5);
    let mut number_of =
        |from: u64, count: u64| from + dice.below(usize::try_from(count).unwrap_or(usize::MAX)) as u64;
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

impl Outcome {
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

    #[test]
    fn what_has_expired_goes_and_the_rest_stays() {
        thread::scope(|scope| {
            for (name, make) in EXPIRING {
                scope.spawn(move || {
                    let outcome = expire(make, 5000, 500).unwrap();
                    assert!(outcome.back.is_some(), "{name}");
                    assert!(outcome.before.operations > 0 && outcome.after.operations > 0, "{name}");
                });
            }
        });
    }
}
