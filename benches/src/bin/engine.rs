//! The engine beside caches that run in process: `cargo xtask bench-engine`.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use clap::Parser;
use keyway_benches::engine::{Lap, Scale, WORKLOADS, race};

#[derive(Parser)]
#[command(about = "The engine beside caches that run in process")]
struct Arguments {
    /// Short laps over few keys: shows that it works, says little
    #[arg(long)]
    quick: bool,
    /// Threads to try
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4, 8])]
    threads: Vec<usize>,
    /// Only workloads whose names contain this
    #[arg(long)]
    only: Option<String>,
    /// Only caches whose names contain one of these
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
}

fn main() {
    let arguments = Arguments::parse();
    let scale = if arguments.quick { Scale::QUICK } else { Scale::FULL };
    println!(
        "20-byte keys, 100-byte values, room for {} items (resident: twice that); median of {} laps in turn.",
        scale.keys, scale.laps
    );
    println!(
        "Millions of steps a second for quick_cache, for the others their ratio to it; in brackets hits in %."
    );
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only));
    for workload in WORKLOADS.iter().filter(|workload| wanted(workload.name)) {
        let mut table: Vec<Vec<String>> = Vec::new();
        for threads in &arguments.threads {
            let laps = race(workload, *threads, scale, &arguments.peers);
            let yardstick =
                laps.iter().find(|lap| lap.name == "quick_cache").map_or(f64::NAN, |lap| lap.mops);
            table.resize(laps.len(), Vec::new());
            for (row, lap) in table.iter_mut().zip(&laps) {
                if row.is_empty() {
                    row.push(lap.name.to_owned());
                }
                row.push(cell(lap, yardstick));
            }
        }
        let threads: Vec<_> = arguments.threads.iter().map(ToString::to_string).collect();
        println!(
            "\n| {}, threads: | {} |\n|---|{}",
            workload.name,
            threads.join(" | "),
            "---|".repeat(threads.len())
        );
        table.iter().for_each(|row| println!("| {} |", row.join(" | ")));
    }
}

fn cell(lap: &Lap, yardstick: f64) -> String {
    match lap.name {
        "quick_cache" => format!("{:.2} M/s ({:.0})", lap.mops, lap.hits),
        _ => format!("{:.2} ({:.0})", lap.mops / yardstick, lap.hits),
    }
}
