//! The steps of `cargo xtask test`, in the order in which they run.

use crate::{
    clients, examples, packages,
    process::{Failure, Program},
    report::{self, Outcome, Totals},
    workspace,
};
use clap::ValueEnum;
use std::{path::PathBuf, process::ExitCode, time::Instant};

/// A step of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Debian packages that the real clients and the servers of users need
    Packages,
    /// cargo fmt --check
    Format,
    /// clippy, warnings refused
    Lints,
    /// Unit, public-API and doc tests with every feature, users from a real PostgreSQL and a real LDAP directory included
    Tests,
    /// With the default features, with none, and with each alone
    Features,
    /// Every example, run
    Examples,
    /// The documentation, warnings refused
    Docs,
    /// The loom models
    Loom,
    /// The whole cache under random schedules of many threads
    Shuttle,
    /// Existing memcached clients against the real server
    Clients,
}

impl Step {
    fn heading(self) -> String {
        let value = self.to_possible_value();
        let (name, help) =
            value.as_ref().map_or_else(Default::default, |value| (value.get_name(), value.get_help()));
        format!("{name}: {}", help.map(ToString::to_string).unwrap_or_default())
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self, totals: &mut Totals) -> Result<(), Failure> {
        match self {
            Self::Packages => packages::install(totals),
            Self::Format => format(totals),
            Self::Lints => lints(totals),
            Self::Tests => tests(totals),
            Self::Features => features(totals),
            Self::Examples => examples::run(totals),
            Self::Docs => docs(totals),
            Self::Loom => loom(totals),
            Self::Shuttle => shuttle(totals),
            Self::Clients => clients::run(totals),
        }
    }
}

/// Runs one step, or all of them; a failed one does not keep the rest from being run.
pub(crate) fn run(only: Option<Step>) -> ExitCode {
    let steps = only.as_ref().map_or_else(Step::value_variants, std::slice::from_ref);
    let mut totals = Totals::default();
    let outcomes: Vec<Outcome> = steps
        .iter()
        .map(|step| {
            println!("\n== {}", step.heading());
            let start = Instant::now();
            let result = totals.run(|totals| step.run(totals));
            Outcome { step: step.name(), took: start.elapsed(), result }
        })
        .collect();
    report::print(&outcomes, &totals);
    if outcomes.iter().all(|outcome| outcome.result.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn format(totals: &mut Totals) -> Result<(), Failure> {
    Program::cargo(&["fmt", "--all", "--check"]).run(totals)?;
    Program::cargo(&["fmt", "--check", "--manifest-path"]).with([fuzz_manifest()]).run(totals)
}

/// The fuzzer's targets are a workspace of their own.
fn fuzz_manifest() -> PathBuf {
    workspace::root().join("fuzz").join("Cargo.toml")
}

fn lints(totals: &mut Totals) -> Result<(), Failure> {
    let all = Program::cargo(&["clippy", "--workspace", "--all-targets"]).with(workspace::FEATURES);
    all.with(["--", "-D", "warnings"]).run(totals)?;
    fuzz_lints(totals)
}

/// Whether they build, and their lock file is current, which nothing else here shows. Nothing is linked, so the fuzzer's own code
/// need not be there.
fn fuzz_lints(totals: &mut Totals) -> Result<(), Failure> {
    Program::cargo(&["clippy", "--locked", "--manifest-path"])
        .with([fuzz_manifest()])
        .with(["--target-dir"])
        .with([workspace::target().join("fuzz")])
        .with(["--", "-D", "warnings"])
        .under("RUSTFLAGS", "--cfg fuzzing")
        .under("CUSTOM_LIBFUZZER_PATH", "./libfuzzer.a")
        .run(totals)
}

fn tests(totals: &mut Totals) -> Result<(), Failure> {
    const PACKAGES: [&str; 5] = ["keyway", "keyway-frontend", "keyway-sim", "keyway-benches", "xtask"];
    let all = Program::cargo(&["test", "--no-fail-fast"]).with(workspace::FEATURES);
    all.with(PACKAGES.iter().flat_map(|package| ["--package", package])).run(totals)
}

/// What the other steps, which build with every feature, do not show.
fn features(totals: &mut Totals) -> Result<(), Failure> {
    const FRONTEND: [&str; 2] = ["--package", "keyway-frontend"];
    const REFUSE_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];
    Program::cargo(&["clippy", "--all-targets"]).with(REFUSE_WARNINGS).run(totals)?;
    for package in ["keyway", "keyway-frontend"] {
        let bare = Program::cargo(&["clippy", "--no-default-features", "--lib", "--package", package]);
        bare.with(REFUSE_WARNINGS).run(totals)?;
    }
    for feature in ["sqlite", "postgres", "ldap"] {
        let one = Program::cargo(&["clippy", "--features", feature]).with(FRONTEND);
        one.with(REFUSE_WARNINGS).run(totals)?;
    }
    Program::cargo(&["test", "--package", "keyway", "--no-default-features", "--lib"]).run(totals)
}

/// The libraries only: the server's binary has the name of the library, and their pages would overwrite each other.
fn docs(totals: &mut Totals) -> Result<(), Failure> {
    Program::cargo(&["doc", "--no-deps", "--lib", "--package", "keyway", "--package", "keyway-frontend"])
        .under("RUSTDOCFLAGS", "-D warnings")
        .run(totals)
}

/// In a folder of its own: `cfg(loom)` would otherwise make the next ordinary build start anew.
fn loom(totals: &mut Totals) -> Result<(), Failure> {
    Program::cargo(&["test", "--release", "--package", "loom-tests", "--target-dir"])
        .with([workspace::target().join("loom")])
        .under("RUSTFLAGS", "--cfg loom")
        .run(totals)
}

/// How many schedules, and how to run one of them again, says `shuttle-tests/src/lib.rs`.
fn shuttle(totals: &mut Totals) -> Result<(), Failure> {
    Program::cargo(&["test", "--release", "--package", "shuttle-tests", "--target-dir"])
        .with([workspace::target().join("shuttle")])
        .under("RUSTFLAGS", "--cfg shuttle")
        .run(totals)
}
