//! Builds the benchmarks in release mode and runs them.

use crate::{
    process::{Failure, Program},
    report::Totals,
    workspace,
};
use std::{path::PathBuf, time::Duration};

/// How long the runs are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Full,
    Quick,
}

impl Length {
    pub(crate) fn quick_if(asked: bool) -> Self {
        if asked { Self::Quick } else { Self::Full }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Full => &["--"],
            Self::Quick => &["--", "--quick"],
        }
    }
}

pub(crate) fn engine(length: Length) -> Result<(), Failure> {
    bench("engine").with(length.arguments()).run(&mut Totals::default())
}

/// The tables of hit ratios take minutes, and longer with many traces.
const TABLES_TAKE: Duration = Duration::from_secs(7200);

/// Hit ratios beside the rivals and the optimum, with further traces; the full run draws the chart of the documents.
pub(crate) fn hits(length: Length, traces: &[PathBuf]) -> Result<(), Failure> {
    let chart: &[&str] = if length == Length::Full { &["--chart", "docs/hit-ratio.svg"] } else { &[] };
    let tables = ["--table", "equal", "--table", "sizes", "--table", "stripes"];
    let folders = traces.iter().flat_map(|folder| ["--traces".into(), folder.clone().into_os_string()]);
    let program = bench("hits").with(length.arguments()).with(tables).with(chart).with(folders);
    program.within(TABLES_TAKE).run(&mut Totals::default())
}

/// Builds the server first: what is measured is what a user would run.
pub(crate) fn net(length: Length) -> Result<(), Failure> {
    let mut totals = Totals::default();
    Program::cargo(&["build", "--release", "--package", "keyway-frontend", "--bin", "keyway"])
        .run(&mut totals)?;
    let server = workspace::target().join("release").join("keyway");
    bench("net").with(length.arguments()).with(["--keyway"]).with([server]).run(&mut totals)
}

/// Operations that are counted, and what they may take in instructions. Keys and values are made for both; what that takes
/// is taken off.
const LIMITS: [(&str, Option<u64>); 3] = [("get", Some(180)), ("set", Some(420)), ("overwrite", None)];
/// Counted over the difference of two runs, so that what happens once does not matter.
const COUNTED: u64 = 20_000;

/// Counts instructions with callgrind: the same on each run, whatever else the machine does.
pub(crate) fn instructions() -> Result<(), Failure> {
    Program::cargo(&["build", "--release", "--package", "keyway-benches", "--bin", "instr"])
        .run(&mut Totals::default())?;
    let beside = instructions_of("nothing")?;
    let mut over = Vec::new();
    for (operation, limit) in LIMITS {
        let count = instructions_of(operation)?.saturating_sub(beside);
        println!(
            "{operation:>10} {count:5} instructions{}",
            limit.map_or_else(String::new, |it| format!(" of {it}"))
        );
        if let Some(limit) = limit.filter(|limit| count > *limit) {
            over.push(format!("{operation} takes {count} instructions; {limit} are the limit"));
        }
    }
    if over.is_empty() { Ok(()) } else { Err(Failure::new(over.join("; "))) }
}

fn instructions_of(operation: &str) -> Result<u64, Failure> {
    let counted = |times: u64| {
        let program = workspace::target().join("release").join("instr");
        let output = std::process::Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program)
            .args([operation, &times.to_string()])
            .output()
            .map_err(|error| Failure::new(format!("valgrind: {error}; install it")))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(Failure::new(format!("what was to be counted failed: {said}")));
        }
        let collected = said.lines().find_map(|line| line.split("Collected : ").nth(1));
        let count = collected.and_then(|count| count.trim().parse::<u64>().ok());
        count.ok_or_else(|| Failure::new(format!("valgrind counted nothing: {said}")))
    };
    Ok((counted(2 * COUNTED)? - counted(COUNTED)?) / COUNTED)
}

fn bench(name: &str) -> Program {
    Program::cargo(&["run", "--release", "--package", "keyway-benches", "--bin", name])
}
