//! Resident memory of a whole server that is filled several times over, against its budget.

use super::{
    Trial,
    mixes::{MIXES, Mix},
};
use crate::{
    net::{
        client::Client,
        figures::{mebibytes, number},
        servers::{Contender, Server, Setting},
        values::Value,
    },
    table::Table,
};
use std::{
    collections::{HashMap, VecDeque},
    io::{self, Write},
};

const COLUMNS: [&str; 8] = [
    "server",
    "budget",
    "empty, one login",
    "filled",
    "at most",
    "filled, beyond budget and empty (wanted at most 5 %)",
    "sets",
    "refused (wanted 0)",
];
/// Bytes that are stored in each phase, in budgets.
const TIMES: u64 = 4;
/// Sets that are sent before it is looked how many bytes they were.
const AT_ONCE: usize = 1000;
/// So many of the newest values are read back.
const NEWEST: usize = 2000;

pub(super) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    let taken: Vec<&Mix> = MIXES.iter().filter(|mix| trial.only.includes(mix.name)).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let setting = Setting { memory_mib: trial.length.of(256, 64), ..Setting::default() };
    writeln!(
        out,
        "\nKeys and values of {TIMES} times the budget in each phase; a server's constant is what it takes when it is empty."
    )?;
    let mut table = Table::new(out, "values", &COLUMNS)?;
    for mix in taken {
        for contender in trial.caches() {
            table.row(mix.name, &cells(contender, trial, &setting, mix)?)?;
        }
    }
    Ok(())
}

fn cells(
    contender: &Contender,
    trial: &Trial,
    setting: &Setting,
    mix: &Mix,
) -> io::Result<[String; COLUMNS.len()]> {
    let server = contender.start(setting, trial.cores)?;
    let mut client = server.client()?;
    let empty = server.resident()?;
    let budget = u64::from(setting.memory_mib) << 20;
    let filling = fill(&mut client, mix, budget)?;
    let filled = server.resident()?;
    look_at_the_newest(&server, &mut client, filling.newest)?;
    let beyond = (number(filled) - number(budget + empty)) / number(budget);
    Ok([
        contender.name.clone(),
        mebibytes(budget),
        mebibytes(empty),
        mebibytes(filled),
        mebibytes(server.most_resident()?),
        format!("{:.1} %", 100.0 * beyond),
        filling.sets.to_string(),
        filling.refused.to_string(),
    ])
}

struct Filling {
    sets: u32,
    refused: usize,
    /// What was stored last.
    newest: VecDeque<Value>,
}

fn fill(client: &mut Client, mix: &Mix, budget: u64) -> io::Result<Filling> {
    let mut filling = Filling { sets: 0, refused: 0, newest: VecDeque::new() };
    for sizes in mix.phases {
        let mut left = TIMES * budget;
        while left > 0 {
            let some: Vec<Value> =
                (0..AT_ONCE).zip(filling.sets..).map(|(_, set)| mix.value(set, *sizes)).collect();
            filling.sets += u32::try_from(some.len()).unwrap_or_default();
            filling.refused += client.store(some.iter().copied())?.len();
            let bytes: usize = some.iter().map(|value| value.len + crate::net::values::KEY).sum();
            left = left.saturating_sub(bytes as u64);
            filling.newest.extend(some);
            filling.newest.drain(..filling.newest.len().saturating_sub(NEWEST));
        }
    }
    Ok(filling)
}

/// What was stored last is there or not, but nothing else is in its place.
fn look_at_the_newest(server: &Server, client: &mut Client, newest: VecDeque<Value>) -> io::Result<()> {
    let mut latest: HashMap<u32, Value> = newest.into_iter().map(|value| (value.number, value)).collect();
    let numbers: Vec<u32> = latest.keys().copied().collect();
    let longest = latest.values().map(|value| value.len).max().unwrap_or(0);
    let held = client.check(numbers, longest, |number, bytes| {
        latest.remove(&number).is_some_and(|value| value.is(bytes))
    })?;
    if held > 0 { Ok(()) } else { Err(io::Error::other(format!("{}: nothing new is there", server.name))) }
}
