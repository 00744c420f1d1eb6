//! Hit ratios beside an exact LRU, the rivals and the optimum: `cargo xtask bench-hits`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the tables are what it is for")]

use clap::{Parser, ValueEnum};
use keyway_benches::hits::{
    Row, SHARES, STRIPINGS, Trace, chart, columns, recorded, replay, replay_by_size, replay_striped,
    synthetic,
};
use std::{error::Error, path::PathBuf};

#[derive(Parser)]
#[command(about = "Hit ratios beside an exact LRU, the rivals and the optimum")]
struct Arguments {
    /// The first accesses of each trace only
    #[arg(long)]
    quick: bool,
    /// So many accesses of each trace at most
    #[arg(long)]
    longest: Option<usize>,
    /// A folder with recorded traces: files NAME.txt.gz, a line for each access, key and perhaps size as numbers. May be
    /// given more than once
    #[arg(long, value_name = "FOLDER")]
    traces: Vec<PathBuf>,
    /// Only traces whose names contain this
    #[arg(long)]
    only: Option<String>,
    /// Which tables; may be given more than once
    #[arg(long, default_values = ["equal"])]
    table: Vec<Table>,
    /// Where to write the chart of equal entries
    #[arg(long)]
    chart: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Table {
    /// Equal entries, all caches
    Equal,
    /// Values of different sizes, all caches: hits, and bytes of hits
    Sizes,
    /// Equal entries, Keyway alone in more and fewer stripes
    Stripes,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = Arguments::parse();
    let longest = arguments.longest.unwrap_or(if arguments.quick { 200_000 } else { 1_000_000 });
    let mut traces = synthetic(longest);
    let beside = PathBuf::from("../shared/traces");
    if arguments.traces.is_empty() && beside.is_dir() {
        arguments.traces.push(beside);
    }
    if arguments.traces.is_empty() {
        eprintln!("no recorded traces (--traces FOLDER): only made-up ones");
    }
    for folder in &arguments.traces {
        traces.extend(recorded(folder, longest)?);
    }
    if let Some(only) = &arguments.only {
        traces.retain(|trace| trace.name.contains(only));
    }
    for table in &arguments.table {
        let rows = print(*table, &traces);
        if let Some(path) = arguments.chart.as_ref().filter(|_| *table == Table::Equal) {
            std::fs::write(path, chart(&columns(), &rows)?)?;
        }
    }
    Ok(())
}

/// Runs a table and prints it, row by row.
fn print(table: Table, traces: &[Trace]) -> Vec<Row> {
    let columns: Vec<String> = match table {
        Table::Equal => columns().into_iter().map(str::to_owned).collect(),
        Table::Sizes => columns().into_iter().skip(1).map(str::to_owned).collect(),
        Table::Stripes => STRIPINGS
            .map(|stripes| {
                stripes.map_or_else(|| "default".to_owned(), |stripes| format!("{stripes} stripes"))
            })
            .into(),
    };
    println!("| trace @ share of its keys | {} |", columns.join(" | "));
    println!("|---|{}", "---|".repeat(columns.len()));
    let mut rows = Vec::new();
    for (trace, share) in traces.iter().flat_map(|trace| SHARES.map(|share| (trace, share))) {
        let new = match table {
            Table::Equal => vec![replay(trace, share)],
            Table::Sizes => replay_by_size(trace, share).into(),
            Table::Stripes => vec![replay_striped(trace, share)],
        };
        new.iter().for_each(|row| println!("{}", line(&row.name, &row.hits)));
        rows.extend(new);
    }
    // The yardstick: an exact LRU, or a single stripe.
    let (yardstick, name) = match table {
        Table::Equal => (1, "worst against exact LRU"),
        Table::Sizes => (0, "worst against exact LRU"),
        Table::Stripes => (0, "worst against one stripe"),
    };
    let (means, worst) = summary(&rows, yardstick);
    println!("{}", line("mean", &means));
    println!("{}\n", line(name, &worst));
    rows
}

fn line(name: &str, cells: &[f64]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:.1}")).collect();
    format!("| {name} | {} |", cells.join(" | "))
}

/// The mean of each column, and what it lost most against one of them.
#[allow(clippy::cast_precision_loss, reason = "there are some dozens of rows")]
fn summary(rows: &[Row], yardstick: usize) -> (Vec<f64>, Vec<f64>) {
    let columns = rows.first().map_or(0, |row| row.hits.len());
    let mean = |at: usize| rows.iter().map(|row| row.hits[at]).sum::<f64>() / rows.len() as f64;
    let worst =
        |at: usize| rows.iter().map(|row| row.hits[at] - row.hits[yardstick]).fold(f64::INFINITY, f64::min);
    ((0..columns).map(mean).collect(), (0..columns).map(worst).collect())
}
