//! Over the network: `keyway serve` beside memcached and an echo, each with one thread on one core and the load on the other.

mod batch;
mod client;
mod cores;
mod draws;
mod driver;
mod figures;
mod ledger;
mod login;
mod scenarios;
mod servers;
mod values;
mod way;
mod wire;

pub use servers::serve_echo;

use crate::{Length, Wanted};
use cores::Cores;
use scenarios::{Trial, fair, idle, logins, memory, races, storm, tls};
use servers::{Contender, Kind};
use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long it may take.
    pub length: Length,
    /// Laps of each server, if it is said.
    pub laps: Option<usize>,
    /// Workloads.
    pub only: Wanted,
    /// Servers.
    pub peers: Wanted,
    /// Builds of the server, with names for the tables.
    pub builds: Vec<(String, PathBuf)>,
}

/// Measures it, server by server in turn. A scenario that fails does not keep the others from being measured.
///
/// # Errors
/// If a server does not start, answers something else than it should, or the tables cannot be written.
pub fn measure(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let trial = Trial {
        contenders: contenders(plan, out)?,
        cores: Cores::take_apart(),
        only: plan.only.clone(),
        length: plan.length,
        laps: plan.laps.unwrap_or_else(|| plan.length.of(5, 3)).max(1),
        lap: plan.length.of(Duration::from_secs(2), Duration::from_millis(400)),
    };
    let place = match trial.cores {
        Cores::Apart => "servers on core 0, the load on core 1",
        Cores::Shared => "SERVERS AND LOAD SHARE CORES: the system does not let them be kept apart",
    };
    writeln!(
        out,
        "16-byte keys, 100-byte values unless said, all checked; {place}; median of {} laps of {:?} in turn.",
        trial.laps, trial.lap
    )?;
    let mut failed = Vec::new();
    for (name, scenario) in SCENARIOS {
        if let Err(error) = scenario(&trial, out) {
            writeln!(out, "\n{name} FAILED: {error}")?;
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(io::Error::other(format!("failed: {}", failed.join(", ")))) }
}

type Scenario = fn(&Trial, &mut dyn Write) -> io::Result<()>;

const SCENARIOS: [(&str, Scenario); 8] = [
    ("races", races::measure),
    ("event loops", races::measure_event_loops),
    ("logins", logins::measure),
    ("fair", fair::measure),
    ("storm", storm::measure),
    ("idle", idle::measure),
    ("memory", memory::measure),
    ("tls", tls::measure),
];

fn contenders(plan: &Plan, out: &mut dyn Write) -> io::Result<Vec<Contender>> {
    let ours = plan.builds.iter().map(|(name, path)| (name.as_str(), Kind::Keyway(path.clone())));
    let others =
        [("memcached", Kind::Memcached(&[])), ("echo", Kind::Echo), ("echo of kept values", Kind::Keeper)];
    let all = ours.chain(others).map(|(name, kind)| Contender { name: name.to_owned(), kind });
    let mut taken: Vec<Contender> = all.filter(|it| plan.peers.includes(&it.name)).collect();
    let missing = servers::memcached_is_missing();
    if !missing.is_empty() {
        writeln!(out, "without memcached: {} is not installed", missing.join(" and "))?;
        taken.retain(|it| !matches!(it.kind, Kind::Memcached(_)));
    }
    Ok(taken)
}
