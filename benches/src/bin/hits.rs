//! Hit ratios beside an exact LRU, the rivals and the optimum: `cargo xtask bench-hits`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is for")]

use clap::Parser;
use keyway_benches::hits::{Row, SHARES, Trace, chart, columns, recorded, replay, synthetic};
use std::{error::Error, path::PathBuf};

#[derive(Parser)]
#[command(about = "Hit ratios beside an exact LRU, the rivals and the optimum")]
struct Arguments {
    /// The first accesses of each trace only
    #[arg(long)]
    quick: bool,
    /// A folder with recorded traces: files NAME.txt.gz, a number a line
    #[arg(long)]
    traces: Option<PathBuf>,
    /// Only traces whose names contain this
    #[arg(long)]
    only: Option<String>,
    /// Where to write the chart
    #[arg(long)]
    chart: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let longest = if arguments.quick { 200_000 } else { 1_000_000 };
    let mut traces = synthetic(longest);
    let beside = PathBuf::from("../shared/traces");
    match arguments.traces.or_else(|| beside.is_dir().then_some(beside)) {
        Some(folder) => traces.extend(recorded(&folder, longest)?),
        None => eprintln!("no recorded traces (--traces FOLDER): only made-up ones"),
    }
    let wanted = |trace: &Trace| arguments.only.as_ref().is_none_or(|only| trace.name.contains(only));
    let columns = columns();
    println!("| trace @ share of its keys | {} |", columns.join(" | "));
    println!("|---|{}", "---|".repeat(columns.len()));
    let mut rows = Vec::new();
    for trace in traces.iter().filter(|trace| wanted(trace)) {
        for share in SHARES {
            let row = replay(trace, share);
            println!("{}", line(&row.name, &row.hits));
            rows.push(row);
        }
    }
    let (means, worst) = summary(&rows);
    println!("{}", line("mean", &means));
    println!("{}", line("worst against exact LRU", &worst));
    if let Some(path) = arguments.chart {
        std::fs::write(path, chart(&columns, &rows)?)?;
    }
    Ok(())
}

fn line(name: &str, cells: &[f64]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:.1}")).collect();
    format!("| {name} | {} |", cells.join(" | "))
}

/// The mean of each column, and what it lost most against the second one.
#[allow(clippy::cast_precision_loss, reason = "there are some dozens of rows")]
fn summary(rows: &[Row]) -> (Vec<f64>, Vec<f64>) {
    let columns = rows.first().map_or(0, |row| row.hits.len());
    let mean = |at: usize| rows.iter().map(|row| row.hits[at]).sum::<f64>() / rows.len() as f64;
    let worst = |at: usize| rows.iter().map(|row| row.hits[at] - row.hits[1]).fold(f64::INFINITY, f64::min);
    ((0..columns).map(mean).collect(), (0..columns).map(worst).collect())
}
