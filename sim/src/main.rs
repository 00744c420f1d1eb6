//! `cargo xtask sim --seeds N [--seed K]`: stories of the simulator, as many as wanted, or one of them with its trace.
#![allow(clippy::print_stdout, reason = "this command exists to tell a person how it went")]

use clap::Parser;
use keyway_sim::simulator;
use std::{process::ExitCode, time::Instant};

#[derive(Parser)]
#[command(name = "keyway-sim", about = "Stories of the simulator: each seed is one")]
struct Arguments {
    /// How many stories
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first of them; with `--seeds 1`, the only one
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> ExitCode {
    let Arguments { seeds, seed: first } = Arguments::parse();
    // What a story fails by is shown below its trace.
    std::panic::set_hook(Box::new(|_| ()));
    let (start, mut answers) = (Instant::now(), 0);
    for seed in first..first.saturating_add(seeds) {
        match simulator::run(seed) {
            Ok(compared) => answers += compared,
            Err(failure) => {
                failure.trace.iter().for_each(|line| println!("{line}"));
                println!("{}", failure.what);
                println!("seed {seed} failed; again: cargo xtask sim --seeds 1 --seed {seed}");
                return ExitCode::FAILURE;
            }
        }
    }
    let took = start.elapsed().as_secs_f64();
    println!("{seeds} seeds, {answers} answers as they ought to be, {:.0} seeds/s", seeds as f64 / took);
    ExitCode::SUCCESS
}
