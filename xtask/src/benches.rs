//! Builds the benchmarks in release mode and runs them.

use crate::{
    process::{Failure, Program},
    report::Totals,
    workspace,
};
use clap::ValueEnum;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    slice,
    time::Duration,
};

/// The full run of one allocator's benchmarks takes over an hour.
const LONGEST: Duration = Duration::from_secs(3 * 60 * 60);

/// What the caches get their memory from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Allocator {
    System,
    Jemalloc,
    Mimalloc,
}

impl Allocator {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::System => &[],
            Self::Jemalloc => &["--features", "jemalloc"],
            Self::Mimalloc => &["--features", "mimalloc"],
        }
    }
}

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

/// The engine beside other caches. With the first allocator everything, with each further one what depends on it.
pub(crate) fn engine(told: &[Allocator], arguments: &[OsString]) -> Result<(), Failure> {
    for (number, allocator) in allocators(told, arguments).iter().enumerate() {
        let narrowed: &[&str] = if number == 0 { &["--"] } else { &["--", "--memory-only"] };
        bench("engine")
            .with(allocator.arguments())
            .with(narrowed)
            .with(arguments)
            .within(LONGEST)
            .run(&mut Totals::default())?;
    }
    Ok(())
}

/// Those to measure with. More than one only where something that depends on it was asked for, and unasked not in a hurry: to build
/// the benchmarks anew takes minutes.
fn allocators<'a>(told: &'a [Allocator], arguments: &[OsString]) -> &'a [Allocator] {
    let said: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let is_said = |name: &str| said.iter().any(|argument| argument == name);
    let parts = said.iter().position(|argument| argument.starts_with("--parts"));
    let depends =
        parts.map(|at| said[at..].iter().take(2).any(|it| it.contains("memory") || it.contains("long-run")));
    let matter = depends.unwrap_or_else(|| !is_said("--help") && !is_said("-h"));
    match told {
        [] if is_said("--quick") || !matter => &[Allocator::System],
        [] => Allocator::value_variants(),
        [first, ..] if !matter => slice::from_ref(first),
        told => told,
    }
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
pub(crate) fn net(arguments: &[OsString]) -> Result<(), Failure> {
    let mut totals = Totals::default();
    Program::cargo(&["build", "--release", "--package", "keyway-frontend", "--bin", "keyway"])
        .run(&mut totals)?;
    let server = workspace::target().join("release").join("keyway");
    bench("net").with(["--", "--keyway"]).with([server]).with(arguments).within(LONGEST).run(&mut totals)
}

/// Who is counted.
const COUNTED: [Counted; 6] = [
    Counted { cache: "session", clock: Some(SYSTEM_CLOCK), limits: Some(Limits { get: 180, set: 420 }) },
    Counted { cache: "session-without-expiry", clock: None, limits: None },
    Counted { cache: "engine", clock: Some(SYSTEM_CLOCK), limits: None },
    Counted { cache: "engine-in-place", clock: Some(SYSTEM_CLOCK), limits: None },
    Counted { cache: "quick-cache", clock: None, limits: None },
    Counted { cache: "mutexes", clock: None, limits: None },
];
/// Counted on its own: caches that look at the time have a clock here that goes on by the operation, since by the system's one
/// there are the more ticks in a count the slower the machine is.
const SYSTEM_CLOCK: &str = "system-clock";
/// Counted over the difference of two runs, so that what happens once does not matter.
const OPERATIONS: u64 = 20_000;

struct Counted {
    cache: &'static str,
    /// What it looks at once in each operation, which is added.
    clock: Option<&'static str>,
    limits: Option<Limits>,
}

/// What a get and an evicting set may take.
struct Limits {
    get: u64,
    set: u64,
}

/// Counts instructions with callgrind: the same on each run, whatever else the machine does. Keys and values are made for all
/// of it; what that takes is taken off.
pub(crate) fn instructions(only: Option<&str>) -> Result<(), Failure> {
    Program::cargo(&["build", "--release", "--package", "keyway-benches", "--bin", "instr"])
        .run(&mut Totals::default())?;
    let program = workspace::target().join("release").join("instr");
    println!("instructions          {:>10} {:>12} {:>10}", "get", "evicting set", "overwrite");
    let mut over = Vec::new();
    for Counted { cache, clock, limits } in &COUNTED {
        if only.is_some_and(|only| !cache.contains(only)) {
            continue;
        }
        let look = clock.map_or(Ok(0), |clock| count(&program, clock, "get"))?;
        let with_look = |operation| Ok(count(&program, cache, operation)? + look);
        let (get, set, overwrite) = (with_look("get")?, with_look("set")?, with_look("overwrite")?);
        println!("{cache:<22} {get:>9} {set:>12} {overwrite:>10}");
        if look > 0 {
            println!("{:>22} {look:>9} {look:>12} {look:>10}", "of it, a clock");
        }
        if let Some(limits) = limits {
            println!("{:>22} {:>9} {:>12}", "at most", limits.get, limits.set);
            let each = [("a get", get, limits.get), ("an evicting set", set, limits.set)];
            let above = each.iter().filter(|(_, count, limit)| count > limit);
            over.extend(above.map(|(name, count, limit)| {
                format!("{cache}: {name} takes {count} instructions; {limit} are the limit")
            }));
        }
    }
    if over.is_empty() { Ok(()) } else { Err(Failure::new(over.join("; "))) }
}

/// Without what is beside the operation.
fn count(program: &Path, of: &str, operation: &str) -> Result<u64, Failure> {
    let beside = instructions_of(program, of, "nothing")?;
    Ok(instructions_of(program, of, operation)?.saturating_sub(beside))
}

pub(crate) fn instructions_of(program: &Path, cache: &str, operation: &str) -> Result<u64, Failure> {
    let counted = |times: u64| {
        let output = std::process::Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program)
            .args([cache, operation, &times.to_string()])
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
    Ok((counted(2 * OPERATIONS)? - counted(OPERATIONS)?) / OPERATIONS)
}

fn bench(name: &str) -> Program {
    Program::cargo(&["run", "--release", "--package", "keyway-benches", "--bin", name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_allocators_are_for_what_depends_on_them_and_in_a_hurry_only_if_told() {
        let taken = |told: &[Allocator], said: &str| {
            allocators(told, &said.split_whitespace().map(OsString::from).collect::<Vec<_>>()).to_vec()
        };
        let all = vec![Allocator::System, Allocator::Jemalloc, Allocator::Mimalloc];
        for said in ["", "--parts races,memory", "--parts=long-run"] {
            assert_eq!(taken(&[], said), all, "{said}");
        }
        for said in ["--quick", "--parts memory --quick", "--parts races", "--help"] {
            assert_eq!(taken(&[], said), [Allocator::System], "{said}");
        }
        let told = [Allocator::Jemalloc, Allocator::System];
        assert_eq!(taken(&told, "--quick"), told);
        assert_eq!(taken(&told, "--parts races"), told[..1]);
    }
}
