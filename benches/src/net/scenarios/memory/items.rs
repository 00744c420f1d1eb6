//! Resident bytes for each item beyond its key and value, while there is room for all.

use super::Trial;
use crate::{
    net::{
        figures::{bytes_each, mebibytes, number},
        servers::{Contender, Kind, Setting},
        values::{KEY, Value},
    },
    table::Table,
};
use std::io::{self, Write};

const COLUMNS: [&str; 4] = ["server", "each item beyond key and value", "wanted", "resident"];
/// Name, bytes of a value, and the most that an item may take beyond it and its key.
const ROWS: [(&str, usize, f64); 2] =
    [("item memory, 16 + 100", 100, 64.0), ("item memory, 16 + 1024", 1024, 80.0)];
/// Enough that no item is evicted.
const ROOM_MIB: u32 = 4096;
/// Every so many items one is looked at.
const APART: usize = 61;

pub(super) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    let taken: Vec<_> = ROWS.iter().filter(|(name, ..)| trial.only.includes(name)).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let count = trial.length.of(1_000_000, 200_000);
    writeln!(out, "\n{count} items stored into an empty server.")?;
    let mut table = Table::new(out, "items", &COLUMNS)?;
    for (name, len, wanted) in taken {
        for contender in trial.caches() {
            table.row(name, &cells(contender, trial, count, *len, *wanted)?)?;
        }
    }
    Ok(())
}

fn cells(
    contender: &Contender,
    trial: &Trial,
    count: u32,
    len: usize,
    wanted: f64,
) -> io::Result<[String; COLUMNS.len()]> {
    let setting = Setting { memory_mib: ROOM_MIB, ..Setting::default() };
    let server = contender.start(&setting, trial.cores)?;
    let mut client = server.client()?;
    // What the first item and the first answer take is not an item's.
    server.fill(&mut client, 1, len)?;
    let before = server.resident()?;
    server.fill(&mut client, count, len)?;
    let after = server.resident()?;
    let numbers = (0..count).step_by(APART);
    let due = numbers.len() as u64;
    let held = client.check(numbers, len, |number, bytes| Value::filled(number, len).is(bytes))?;
    if held != due {
        return Err(io::Error::other(format!("{}: {held} of {due} items are there", server.name)));
    }
    let beyond = bytes_each(before, after, u64::from(count)) - number((KEY + len) as u64);
    let wanted = matches!(contender.kind, Kind::Keyway(_)).then(|| format!("{wanted:.0} B"));
    Ok([contender.name.clone(), format!("{beyond:.1} B"), wanted.unwrap_or_default(), mebibytes(after)])
}
