//! What an entry takes in resident memory. Each cache is measured in a process of its own, so that none finds memory that
//! another one freed.

use super::{
    child,
    peers::{ENTRANTS, Kind, Racer, charge, charge_is},
    plan::Plan,
};
use crate::{allocator, asked::Length, resident, sample, table::Table};
use std::io::{self, Write};

/// Bytes of key and value, which any cache takes.
const OWN: f64 = (sample::KEY + sample::VALUE) as f64;
/// Asks a child for this.
const RESIDENT: &str = "resident";

/// Resident bytes an entry beyond key and value.
///
/// # Errors
/// If the table cannot be written or a child process fails.
pub fn memory(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let entries = entries(plan.length);
    writeln!(
        out,
        "Memory, {}: resident bytes an entry beyond 20 + 100, {entries} entries, each cache in a process of its own;",
        allocator::NAME
    )?;
    writeln!(
        out,
        "when filled, after each entry was read once, after {} evicting sets more. By the entries that are held then.",
        2 * entries
    )?;
    let mut table =
        Table::new(out, "cache", &["filled", "read", "after more sets", "held", "held at the end"])?;
    for entrant in ENTRANTS.iter().filter(|it| it.kind == Kind::Cache && plan.peers.includes(it.name)) {
        let said = child::ask(&[RESIDENT, entrant.name, &charge().to_string(), &entries.to_string()])?;
        let cells: Vec<&str> = said.split_whitespace().collect();
        table.row(entrant.name, &cells)?;
    }
    Ok(())
}

fn entries(length: Length) -> u64 {
    length.of(1_000_000, 100_000)
}

/// In the child: the cells of one row.
pub(super) fn answer(question: &[&str]) -> Option<io::Result<String>> {
    let [RESIDENT, name, charge, entries] = question else { return None };
    let entrant = ENTRANTS.iter().find(|entrant| entrant.name == *name)?;
    charge_is(charge.parse().ok()?);
    Some(measure(entrant.make, entries.parse().ok()?))
}

fn measure(make: fn(usize) -> Box<dyn Racer>, entries: u64) -> io::Result<String> {
    let empty = resident::bytes()?;
    let peer = make(usize::try_from(entries).unwrap_or(usize::MAX));
    let store = |number| peer.set(&sample::key(number), &sample::value(number));
    let held = |stored: u64| {
        (0..stored).map(|it| u64::from(peer.holds(&sample::key(it), it).is_some())).sum::<u64>()
    };
    let beyond = || {
        peer.maintain();
        Ok::<_, io::Error>(resident::bytes()?.saturating_sub(empty))
    };
    (0..entries).for_each(store);
    let filled = beyond()?;
    let at_first = held(entries);
    let read = beyond()?;
    (entries..3 * entries).for_each(store);
    let stirred = beyond()?;
    let at_the_end = held(3 * entries);
    let [filled, read] = [filled, read].map(|bytes| a_piece(bytes, at_first));
    Ok(format!("{filled:.1} {read:.1} {:.1} {at_first} {at_the_end}", a_piece(stirred, at_the_end)))
}

#[allow(clippy::cast_precision_loss, reason = "bytes of memory are far below 2^53")]
fn a_piece(bytes: u64, held: u64) -> f64 {
    bytes as f64 / held.max(1) as f64 - OWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_and_value_are_taken_off() {
        assert!((a_piece(1500, 10) - 30.0).abs() < 1e-9);
    }

    #[test]
    fn a_question_names_a_cache() {
        let said = answer(&[RESIDENT, "quick_cache", "180", "1000"]).unwrap().unwrap();
        assert_eq!(said.split_whitespace().count(), 5);
        assert!(answer(&[RESIDENT, "nobody", "180", "1000"]).is_none());
    }
}
