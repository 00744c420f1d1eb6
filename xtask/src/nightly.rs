//! What needs the nightly toolchain: the fuzzer and the sanitizers. Not part of `cargo xtask test`.

use crate::{
    process::{Failure, Program},
    report::Totals,
    workspace,
};
use std::{ffi::OsString, fs, path::PathBuf, time::Duration};

/// What building may take beside the time that was asked for.
const BUILDING: Duration = Duration::from_secs(20 * 60);
/// All tests, compiled anew and under a sanitizer: twenty minutes on two cores that do nothing else.
const SANITIZED: Duration = Duration::from_secs(60 * 60);
/// The longest input: some hundred operations.
const LONGEST: &str = "-max_len=4096";

/// cargo of the nightly toolchain, by way of rustup.
fn cargo(arguments: &[&str]) -> Program {
    Program::new("cargo").with(["+nightly"]).with(arguments)
}

fn have_nightly() -> Result<(), Failure> {
    if cargo(&["--version"]).succeeds() {
        return Ok(());
    }
    Err(Failure::new("this needs the nightly toolchain; install it with: rustup toolchain install nightly"))
}

/// A target of the fuzzer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FuzzTarget {
    /// The cache of items beside its model, as sessions see it
    Model,
    /// The generic cache beside its model
    Generic,
    /// Any bytes, taken apart into frames
    Frame,
    /// A connection before login beside the naive server
    Locked,
    /// A connection after login beside the naive server
    Open,
    /// Exchanges of each mechanism beside the naive server's
    Exchange,
    /// Files that users are imported from
    Import,
    /// A users file
    UsersFile,
}

impl FuzzTarget {
    fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Generic => "generic",
            Self::Frame => "frame",
            Self::Locked => "locked",
            Self::Open => "open",
            Self::Exchange => "exchange",
            Self::Import => "import",
            Self::UsersFile => "users_file",
        }
    }
}

/// Fuzzes a target: the seeds first, then whatever they lead to, until the time is over or something is found.
pub(crate) fn fuzz(target: FuzzTarget, seconds: u64) -> Result<(), Failure> {
    let mut totals = Totals::default();
    have_nightly()?;
    if !cargo(&["fuzz", "--version"]).succeeds() {
        cargo(&["install", "--locked", "cargo-fuzz"]).run(&mut totals)?;
    }
    // What the fuzzer finds is kept here for the next run; the seeds stay as they are.
    let folder = workspace::root().join("fuzz");
    let (corpus, seeds) =
        (folder.join("corpus").join(target.name()), folder.join("seeds").join(target.name()));
    fs::create_dir_all(&corpus)
        .map_err(|error| Failure::new(format!("{} cannot be made: {error}", corpus.display())))?;
    cargo(&["fuzz", "run", target.name()])
        .with([corpus, seeds])
        .with(["--", LONGEST, "-print_final_stats=1"])
        .with([format!("-max_total_time={seconds}")])
        .within(BUILDING + Duration::from_secs(seconds))
        .run(&mut totals)
}

/// A sanitizer of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sanitizer {
    /// Addresses out of bounds, use after free, and leaks
    Address,
    /// Leaks alone
    Leak,
    /// Data races; needs the sources of the standard library
    Thread,
}

impl Sanitizer {
    fn flag(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Leak => "leak",
            Self::Thread => "thread",
        }
    }

    fn run(self, totals: &mut Totals) -> Result<(), Failure> {
        let target = host()?;
        let folder = workspace::target().join("sanitize").join(self.flag());
        let mut tests = cargo(&["test", "--no-fail-fast", "--lib", "--bins", "--tests"])
            .with(["--package", "keyway", "--package", "keyway-frontend", "--target"])
            .with([OsString::from(target), "--target-dir".into(), folder.into()])
            .under("RUSTFLAGS", format!("-Zsanitizer={} --cfg sanitized", self.flag()));
        if self == Self::Thread {
            if !sources()?.exists() {
                return Err(Failure::new(
                    "ThreadSanitizer needs a standard library built with it, hence its sources; \
                     add them with: rustup component add rust-src --toolchain nightly",
                ));
            }
            tests = tests.with(["-Zbuild-std"]);
        }
        tests.within(SANITIZED).run(totals)
    }
}

/// Runs the tests of the library and the frontend under each of these sanitizers.
pub(crate) fn sanitize(sanitizers: &[Sanitizer]) -> Result<(), Failure> {
    let mut totals = Totals::default();
    have_nightly()?;
    sanitizers.iter().try_for_each(|sanitizer| sanitizer.run(&mut totals))?;
    println!("{totals}");
    Ok(())
}

/// The target must be named: only then do build scripts and macros, which run in the compiler, stay as they are.
fn host() -> Result<String, Failure> {
    rustc(&["--print", "host-tuple"])
}

fn sources() -> Result<PathBuf, Failure> {
    Ok(PathBuf::from(rustc(&["--print", "sysroot"])?).join("lib/rustlib/src/rust/library/std"))
}

fn rustc(arguments: &[&str]) -> Result<String, Failure> {
    let said = Program::new("rustc").with(["+nightly"]).with(arguments).output();
    said.map(|said| said.trim().to_owned()).ok_or_else(|| Failure::new("the nightly rustc does not answer"))
}
