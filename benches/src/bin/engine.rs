//! The engine beside caches that run in process: `cargo xtask bench-engine`.
#![allow(clippy::print_stdout, reason = "the tables are what it is for")]

use clap::{Parser, ValueEnum};
use keyway_benches::{
    Length, Wanted,
    engine::{
        Keys, Plan, Shown, answer, burst, growth, latency, long_run, many, memory, neighbours, promotion,
        race, revocation,
    },
};
use std::{io, num::NonZeroUsize};

#[derive(Parser)]
#[command(
    about = "The engine beside caches that run in process",
    after_help = "`cargo xtask bench-engine` takes `--allocators system,jemalloc,mimalloc` before all this: what depends on \
                  the allocator is measured with each of them, all else with the first."
)]
struct Arguments {
    /// Short runs over few keys: shows that it works, says little
    #[arg(long)]
    quick: bool,
    /// Only these parts
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    parts: Vec<Part>,
    /// Only caches whose names contain one of these, or are it, if it begins with =
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    peers: Vec<String>,
    /// Races: only workloads whose names contain this, or are it, if it begins with =; may be given more than once
    #[arg(long, value_name = "NAME")]
    workload: Vec<String>,
    /// Races, latency, growth, promotion: items that are resident, or that there is room for
    #[arg(long, value_name = "COUNT")]
    items: Option<NonZeroUsize>,
    /// Races: numbers of threads
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4, 8])]
    threads: Vec<usize>,
    /// Races: how often each is started anew, each time with another cache first; 3, or 1 if it is to be quick
    #[arg(long, value_name = "COUNT")]
    starts: Option<NonZeroUsize>,
    /// Races: when the key of a step is made
    #[arg(long, value_enum, default_value_t = Keys::Made)]
    keys: Keys,
    /// Races: CPU time as well, which is less noisy than the clock on the wall
    #[arg(long)]
    cpu: bool,
    /// The long run: how long, for each cache
    #[arg(long)]
    seconds: Option<u32>,
    /// The long run: MiB that are stored in a second at most
    #[arg(long, value_name = "MIB")]
    pace: Option<u64>,
    /// Only what depends on the allocator
    #[arg(long)]
    memory_only: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Steps a second in eight workloads
    Races,
    /// Percentiles of single gets
    Latency,
    /// The largest single set while a cache grows
    Growth,
    /// Entries that expire all at once
    Expiry,
    /// Gets while a cache's memory is put on large pages
    Promotion,
    /// Many keys at once beside one by one
    Many,
    /// What it takes to end sessions of many users
    Revocation,
    /// What a noisy tenant costs a quiet one, in process and on the wire
    Neighbours,
    /// What an entry takes in resident memory; depends on the allocator
    Memory,
    /// Resident memory beside a budget under values of very different sizes; depends on the allocator
    LongRun,
}

impl Part {
    fn depends_on_allocator(self) -> bool {
        matches!(self, Self::Memory | Self::LongRun)
    }

    fn run(self, plan: &Plan) -> io::Result<()> {
        let out = &mut io::stdout();
        match self {
            Self::Races => race(plan, out),
            Self::Latency => latency(plan, out),
            Self::Growth => growth(plan, out),
            Self::Expiry => burst(plan, out),
            Self::Promotion => promotion(plan, out),
            Self::Many => many(plan, out),
            Self::Revocation => revocation(plan, out),
            Self::Neighbours => neighbours(plan, out),
            Self::Memory => memory(plan, out),
            Self::LongRun => long_run(plan, out),
        }
    }
}

fn main() -> io::Result<()> {
    if let Some(answer) = answer() {
        println!("{}", answer?);
        return Ok(());
    }
    let arguments = Arguments::parse();
    let (length, starts) = if arguments.quick { (Length::Quick, 1) } else { (Length::Full, 3) };
    let plan = Plan {
        length,
        items: arguments.items.map(NonZeroUsize::get),
        threads: arguments.threads,
        starts: arguments.starts.map_or(starts, NonZeroUsize::get),
        peers: Wanted(arguments.peers),
        workloads: Wanted(arguments.workload),
        keys: arguments.keys,
        shown: if arguments.cpu { Shown::WallAndCpu } else { Shown::Wall },
        seconds: arguments.seconds,
        pace: arguments.pace,
    };
    let wanted = |part: &Part| {
        (arguments.parts.is_empty() || arguments.parts.contains(part))
            && (!arguments.memory_only || part.depends_on_allocator())
    };
    for part in Part::value_variants().iter().filter(|part| wanted(part)) {
        part.run(&plan)?;
        println!();
    }
    Ok(())
}
