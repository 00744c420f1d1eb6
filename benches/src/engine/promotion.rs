//! What others wait for while a cache's memory is put on large pages, and what it gives them.

use super::{
    pauses::{COLUMNS, Pauses, Watch},
    peers::{ENTRANTS, Racer},
    plan::Plan,
    workload::Scale,
};
use crate::{asked::Length, cpu, dice::Dice, sample, table::Table};
use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long single gets are looked at before and after.
fn beside(length: Length) -> Duration {
    length.of(Duration::from_secs(2), Duration::from_millis(500))
}

/// Single gets of one thread while another one promotes all it can in one go, which upkeep does a little at a time.
///
/// # Errors
/// If the table cannot be written.
pub fn promotion(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let items = Scale::of(plan).room;
    writeln!(
        out,
        "Promotion: single uniform gets of {items} items while another thread puts them on large pages."
    )?;
    let mut table = Table::new(out, "gets", &COLUMNS)?;
    let mut notes = Vec::new();
    let promotes = |name: &str| name.ends_with("large pages") && plan.peers.includes(name);
    for entrant in ENTRANTS.iter().filter(|entrant| promotes(entrant.name)) {
        let peer = (entrant.make)(items + items / 10);
        (0..items as u64).for_each(|number| peer.set(&sample::key(number), &sample::value(number)));
        let before = gets(&*peer, items, &|since| since.elapsed() < beside(plan.length));
        let (meanwhile, wall, cpu) = while_promoted(&*peer, items);
        let after = gets(&*peer, items, &|since| since.elapsed() < beside(plan.length));
        for (when, pauses) in [("before", before), ("meanwhile", meanwhile), ("after", after)] {
            pauses.row(&format!("{}, {when}", entrant.name), &mut table)?;
        }
        notes.push(format!("{}: {wall:.2?} for all of it, {cpu:.2?} of CPU", entrant.name));
    }
    writeln!(out)?;
    notes.iter().try_for_each(|note| writeln!(out, "{note}"))
}

/// The gets, and how long it took to promote.
fn while_promoted(peer: &dyn Racer, items: usize) -> (Pauses, Duration, Duration) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // Relaxed: only a request to stop.
        let getting = scope.spawn(|| gets(peer, items, &|_| !done.load(Ordering::Relaxed)));
        let (began, cpu) = (Instant::now(), cpu::of_thread());
        peer.maintain();
        let (wall, cpu) = (began.elapsed(), cpu::of_thread() - cpu);
        done.store(true, Ordering::Relaxed);
        (getting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), wall, cpu)
    })
}

fn gets(peer: &dyn Racer, items: usize, goes_on: &dyn Fn(Instant) -> bool) -> Pauses {
    let (mut dice, mut watch, began) = (Dice::new(7), Watch::start(), Instant::now());
    while goes_on(began) {
        let number = dice.below(items) as u64;
        assert_ne!(peer.holds(&sample::key(number), number), Some(false), "an answer was wrong");
        watch.note();
    }
    watch.pauses
}
