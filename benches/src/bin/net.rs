//! The server beside memcached: `cargo xtask bench-net`.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use clap::Parser;
use keyway_benches::{
    median,
    net::{self, LOADS, Running, Scale},
};
use std::{io, path::PathBuf};

#[derive(Parser)]
#[command(about = "The server beside memcached")]
struct Arguments {
    /// Short runs: shows that it works, says little
    #[arg(long)]
    quick: bool,
    /// The server's program
    #[arg(long)]
    keyway: PathBuf,
}

/// CPU time comes in hundredths of a second; a run must last long enough for that to be fine.
const FULL: Scale = Scale { operations: 1_000_000, runs: 5 };
const QUICK: Scale = Scale { operations: 200_000, runs: 3 };

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let scale = if arguments.quick { QUICK } else { FULL };
    println!(
        "one server thread on core 0, the load on core 1 if started under `taskset -c 1`; 16-byte keys, 100-byte values"
    );
    println!("server CPU an operation and rate; median of {} runs in turn", scale.runs);
    let ours = net::keyway(&arguments.keyway)?;
    let theirs = net::memcached()?;
    if theirs.is_none() {
        println!("memcached or saslpasswd2 is not installed: only keyway is measured");
    }
    for load in &LOADS {
        let (mut us, mut them) = (Vec::new(), Vec::new());
        for _ in 0..scale.runs {
            us.push(load.run(&ours, scale)?);
            if let Some(server) = &theirs {
                them.push(load.run(server, scale)?);
            }
        }
        println!("{:<36} {}", load.name, line(&ours, &us, theirs.as_ref(), &them));
    }
    Ok(())
}

fn line(ours: &Running, us: &[(f64, f64)], theirs: Option<&Running>, them: &[(f64, f64)]) -> String {
    let (cpu, rate) = middle(us);
    let mut line = format!("{} {cpu:5.2} us, {rate:6.0}k/s", ours.name);
    if let Some(server) = theirs {
        let (their_cpu, their_rate) = middle(them);
        line += &format!("  {} {their_cpu:5.2} us, {their_rate:6.0}k/s", server.name);
        line += &format!("  CPU ratio {:4.2}x", cpu / their_cpu);
    }
    line
}

fn middle(runs: &[(f64, f64)]) -> (f64, f64) {
    (median(runs.iter().map(|run| run.0).collect()), median(runs.iter().map(|run| run.1).collect()))
}
