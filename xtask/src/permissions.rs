//! What permissions cost: the build that is shipped beside one that asks nothing, which is made for this alone.

use crate::{
    benches,
    process::{Failure, Program},
    report::Totals,
    workspace,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What the build without is made with: see `Grant::admits_at_once`.
const WITHOUT: (&str, &str) = ("RUSTFLAGS", "--cfg keyway_unchecked");
/// How often each has its turn.
const LAPS: usize = 15;
/// What may be added to a get, in process and on the wire.
const WANTED: &str = "at most 1.03 in process and 1.02 on the wire are wanted";

/// Prints instructions and CPU time of gets with and without, and then both servers under the same loads.
pub(crate) fn cost() -> Result<(), Failure> {
    let (with, without) = (built(None)?, built(Some(WITHOUT))?);
    println!("with role, prefix, namespace, epoch and quota checks, and without; {WANTED}\n");
    println!("{:<40} {:>8} {:>8} {:>6}", "session", "with", "without", "");
    for operation in ["get", "overwrite", "set"] {
        let count = |folder: &Path| benches::instructions_of(&folder.join("instr"), "session", operation);
        let (with, without) = (count(&with)?, count(&without)?);
        row(&format!("{operation}, instructions, the loop's included"), to_float(with), to_float(without));
    }
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..LAPS {
        for (folder, times) in [&with, &without].into_iter().zip(&mut times) {
            times.push(nanoseconds(folder)?);
        }
    }
    let [with_ns, without_ns] = times.map(median);
    row("get, uniform, 1M resident, CPU ns", with_ns, without_ns);
    println!();
    let also = format!("without={}", without.join("keyway").display());
    Program::new(with.join("net"))
        .with(["--keyway"])
        .with([with.join("keyway")])
        .with(["--also", &also, "--peers", "keyway,without", "--only", "get, 16;get, 50", "--laps", "7"])
        .run(&mut Totals::default())
}

/// The folder with the programs.
fn built(flags: Option<(&str, &str)>) -> Result<PathBuf, Failure> {
    let target = flags.map_or_else(workspace::target, |_| workspace::target().join("unchecked"));
    let packages = ["--package", "keyway-benches", "--package", "keyway-frontend"];
    let bins = ["--bin", "instr", "--bin", "engine", "--bin", "net", "--bin", "keyway"];
    let mut program =
        Program::cargo(&["build", "--release"]).with(packages).with(bins).with(["--target-dir"]);
    program = program.with([&target]);
    if let Some((name, value)) = flags {
        program = program.under(name, value);
    }
    program.run(&mut Totals::default())?;
    Ok(target.join("release"))
}

/// CPU time of a get, by the races.
fn nanoseconds(folder: &Path) -> Result<f64, Failure> {
    let races = [
        "--parts",
        "races",
        "--cpu",
        "--starts",
        "1",
        "--peers",
        "=keyway session",
        "--workload",
        "uniform",
        "--threads",
        "1",
    ];
    let output = Command::new(folder.join("engine")).args(races).output();
    let output = output.map_err(|error| Failure::new(format!("engine: {error}")))?;
    in_table(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| Failure::new("the races printed no CPU time".to_owned()))
}

fn in_table(said: &str) -> Option<f64> {
    let row = said.lines().find(|line| line.starts_with("| keyway session"))?;
    row.split('|').find_map(|cell| cell.trim().strip_suffix(" ns")?.parse().ok())
}

fn row(name: &str, with: f64, without: f64) {
    println!("{name:<40} {with:>8.0} {without:>8.0} {:>6.3}", with / without);
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

#[allow(clippy::cast_precision_loss, reason = "there are some thousands")]
fn to_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_read_from_the_races_table() {
        let said = "Races: of 5 ns\n\n| get | 1 threads | CPU |\n| --- | --- | --- |\n| keyway session | 2.40 M/s (100) | 417 ns |\n";
        assert_eq!(in_table(said), Some(417.0));
        assert_eq!(in_table("| quick_cache | 900 ns |"), None);
    }

    #[test]
    fn the_middle_one_counts() {
        assert!((median(vec![3.0, 1.0, 9.0]) - 3.0).abs() < 1e-9);
    }
}
