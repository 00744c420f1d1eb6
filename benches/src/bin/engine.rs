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
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4])]
    threads: Vec<usize>,
}

fn main() {
    let arguments = Arguments::parse();
    let scale = if arguments.quick { Scale::QUICK } else { Scale::FULL };
    println!(
        "20-byte keys, 100-byte values, {} keys; caches have room for equally many items; median of {} laps in turn",
        scale.keys, scale.laps
    );
    println!(
        "millions of steps a second for quick_cache, for the others their ratio to it; in brackets hits in %"
    );
    for workload in &WORKLOADS {
        for threads in &arguments.threads {
            let laps = race(workload, *threads, scale);
            println!("{:<36} {threads} threads  {}", workload.name, line(&laps));
        }
    }
}

fn line(laps: &[Lap]) -> String {
    let yardstick = laps.iter().find(|lap| lap.name == "quick_cache").map_or(f64::NAN, |lap| lap.mops);
    let cells = laps.iter().map(|lap| match lap.name {
        "quick_cache" => format!("quick_cache {:6.2} Mops/s ({:4.1})", lap.mops, lap.hits),
        name => format!("{name} {:5.2}x ({:4.1})", lap.mops / yardstick, lap.hits),
    });
    cells.collect::<Vec<_>>().join("  ")
}
