//! Resident memory of connections that are logged in and do nothing.

use super::Trial;
use crate::{
    net::{
        client::Client,
        figures::{bytes_each, mebibytes},
        servers::{Contender, Server, Setting},
        values::Value,
    },
    table::Table,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    io::{self, Write},
    thread,
    time::{Duration, Instant},
};

const NAME: &str = "idle connections";
const COLUMNS: [&str; 6] = [
    "server",
    "before any",
    "each, logged in",
    "each, after 100 KiB in and out",
    "each, after they have closed",
    "all at once at most",
];
const WANTED: [&str; 6] = ["*wanted*", "", "*400 B*", "*1024 B*", "*0 B*", ""];
/// Bytes of what each connection moves. All move the same few values, so that items take the same memory all the time.
const LARGE: usize = 100 << 10;
const KEYS: u32 = 16;
/// Open files beside the connections.
const BESIDE: usize = 64;
/// The longest that a server is waited for until it gives nothing back any more.
const SETTLED_WITHIN: Duration = Duration::from_secs(6);
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// # Errors
/// If a server does not start or a value is another one, or the table cannot be written.
pub(crate) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    if !trial.only.includes(NAME) {
        return Ok(());
    }
    let count = trial.length.of(10_000, 2000);
    // Deadlines of logins are ten seconds, and whoever keeps one has memory for it.
    let rest = trial.length.of(Duration::from_secs(11), Duration::from_secs(1));
    open_files(count + BESIDE)?;
    writeln!(out, "\nResident bytes for each of {count} connections, {rest:?} after the last did anything.")?;
    let setting = Setting { connections: count + BESIDE, ..Setting::default() };
    let mut table = Table::new(out, NAME, &COLUMNS)?;
    table.row(&format!("{count} connections"), &WANTED)?;
    for contender in trial.caches() {
        let server = contender.start(&setting, trial.cores)?;
        let crowd = crowd(&server, count, rest).map_err(|error| server.blamed(&error))?;
        table.row(&format!("{count} connections"), &crowd.cells(contender, count))?;
    }
    Ok(())
}

/// Resident bytes of a server in turn.
struct Crowd {
    before: u64,
    logged_in: u64,
    used: u64,
    closed: u64,
}

fn crowd(server: &Server, count: usize, rest: Duration) -> io::Result<Crowd> {
    let mut first = server.client()?;
    for turn in 0..KEYS {
        move_value(&mut first, turn)?;
    }
    let before = settled(server, rest)?;
    let mut clients = (0..count)
        .map(|_| {
            let mut client = server.client()?;
            client.rest();
            Ok(client)
        })
        .collect::<io::Result<Vec<_>>>()?;
    let logged_in = settled(server, rest)?;
    for (client, turn) in clients.iter_mut().zip((0..KEYS).cycle()) {
        move_value(client, turn)?;
        client.rest();
    }
    let used = settled(server, rest)?;
    drop(clients);
    let closed = settled(server, rest)?;
    move_value(&mut first, 0)?;
    Ok(Crowd { before, logged_in, used, closed })
}

impl Crowd {
    fn cells(&self, contender: &Contender, count: usize) -> [String; COLUMNS.len()] {
        let each = |then: u64| format!("{:.0} B", bytes_each(self.before, then, count as u64));
        [
            contender.name.clone(),
            mebibytes(self.before),
            each(self.logged_in),
            each(self.used),
            each(self.closed),
            mebibytes(self.logged_in.max(self.used)),
        ]
    }
}

/// Stores a large value and reads it back.
fn move_value(client: &mut Client, number: u32) -> io::Result<()> {
    let value = Value::filled(number, LARGE);
    let refused = client.store([value])?;
    if let Some(status) = refused.first() {
        return Err(io::Error::other(format!("a value of 100 KiB was refused with status {status:#04x}")));
    }
    match client.check([number], LARGE, |_, bytes| value.is(bytes))? {
        1 => Ok(()),
        _ => Err(io::Error::other("a value of 100 KiB that was just stored is gone")),
    }
}

/// Resident bytes, once they have not become fewer for a while.
fn settled(server: &Server, rest: Duration) -> io::Result<u64> {
    thread::sleep(rest);
    let (start, mut least, mut unchanged) = (Instant::now(), server.resident()?, 0);
    while unchanged < 4 && start.elapsed() < SETTLED_WITHIN {
        thread::sleep(LOOK_AGAIN);
        let now = server.resident()?;
        unchanged = if now < least { 0 } else { unchanged + 1 };
        least = least.min(now);
    }
    Ok(least)
}

/// Raises the limit of open files as far as it is needed.
fn open_files(needed: usize) -> io::Result<()> {
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if maximum.is_some_and(|maximum| maximum < needed) {
        return Err(io::Error::other(format!(
            "the system allows fewer than {needed} open files; raise the hard limit (`ulimit -Hn`)"
        )));
    }
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })?)
}
