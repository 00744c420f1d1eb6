//! The project's own tasks: `cargo xtask test`, `cargo xtask bench-engine`, `cargo xtask bench-net`,
//! `cargo xtask fuzz`, `cargo xtask sim`, `cargo xtask sanitize`, `cargo xtask manual`, `cargo xtask deb`.
#![allow(clippy::print_stdout, reason = "these commands exist to tell a person how it went")]

mod benches;
mod clients;
mod examples;
mod nightly;
mod packages;
mod packaging;
mod permissions;
mod process;
mod report;
mod simulator;
mod steps;
mod workspace;

use clap::{Parser, Subcommand};
use std::{ffi::OsString, path::PathBuf, process::ExitCode};
use steps::Step;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own tasks", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need and run them all
    Test {
        /// Run this step alone
        #[arg(long, value_name = "STEP")]
        only: Option<Step>,
    },
    /// Measure the engine beside other caches of the field
    #[command(disable_help_flag = true)]
    BenchEngine {
        /// What depends on the allocator is measured with each of these, all else with the first; all three, or with `--quick` the
        /// system's alone, unless told. Comes before all else
        #[arg(long, value_delimiter = ',', value_name = "ALLOCATOR")]
        allocators: Vec<benches::Allocator>,
        /// For the benchmark: `--quick`, `--parts races`, `--peers keyway,quick_cache`; more says `--help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Measure hit ratios beside other caches, an exact LRU and the optimum
    BenchHits {
        /// The first part of each trace only
        #[arg(long)]
        quick: bool,
        /// A folder with recorded traces, in place of shared/traces; may be given more than once
        #[arg(long, value_name = "FOLDER")]
        traces: Vec<PathBuf>,
    },
    /// Measure what roles, namespaces, epochs and quotas cost, beside a build that asks for none of them
    BenchPermissions,
    /// Count the instructions of a get and of an evicting set; fails above the limits
    BenchInstr {
        /// Only caches whose names contain this
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
    },
    /// Measure the server beside memcached, if it is installed
    #[command(disable_help_flag = true)]
    BenchNet {
        /// For the benchmark: `--quick`, `--peers keyway,memcached`, `--laps 9`; more says `--help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Fuzz a cache beside its model, or a connection beside a naive server, on the nightly toolchain
    Fuzz {
        /// What
        #[arg(value_name = "TARGET", default_value = "model")]
        target: nightly::FuzzTarget,
        /// How long
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Tell stories of the simulator: connections under seeded faults, beside a naive server
    Sim {
        /// How many
        #[arg(long, default_value_t = 10_000)]
        seeds: u64,
        /// The first of them; with `--seeds 1` the only one
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Write the manual pages and the completions for shells into target/manual and target/completions
    Manual,
    /// Build a Debian package, by cargo-deb, into target/debian
    Deb,
    /// Run the tests under the compiler's sanitizers, on the nightly toolchain
    Sanitize {
        /// With this one alone; may be given more than once. AddressSanitizer brings LeakSanitizer along
        #[arg(long, value_name = "SANITIZER", default_values = ["address"])]
        only: Vec<nightly::Sanitizer>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test { only } => return steps::run(only),
        Task::BenchEngine { allocators, arguments } => benches::engine(&allocators, &arguments),
        Task::BenchHits { quick, traces } => benches::hits(benches::Length::quick_if(quick), &traces),
        Task::BenchPermissions => permissions::cost(),
        Task::BenchInstr { only } => benches::instructions(only.as_deref()),
        Task::BenchNet { arguments } => benches::net(&arguments),
        Task::Fuzz { target, seconds } => nightly::fuzz(target, seconds),
        Task::Sim { seeds, seed } => simulator::run(seeds, seed),
        Task::Manual => packaging::manual(),
        Task::Deb => packaging::deb(),
        Task::Sanitize { only } => nightly::sanitize(&only),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            println!("failed: {failure}");
            ExitCode::FAILURE
        }
    }
}
