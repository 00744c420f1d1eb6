//! Prepares the existing memcached clients, and runs the tests that drive them.

use crate::{
    process::{Failure, Program},
    report::Totals,
    workspace,
};
use std::{fs, path::Path};

/// Sources of the clients, in the workspace.
const SOURCES: &str = "frontend/tests/clients";
/// Which Python clients, and which versions of them.
const REQUIREMENTS: &str = "requirements.txt";

/// Our programs on libmemcached, by their files.
const C_PROGRAMS: [&str; 2] = ["sasl_test", "pipeline"];

/// The library in Java, where Debian's package has it.
const SPYMEMCACHED: &str = "/usr/share/java/spymemcached.jar";

/// Prepares what can be prepared; the tests find out for themselves what is there, and fail over what is not where
/// nothing may be skipped.
pub(crate) fn run(totals: &mut Totals) -> Result<(), Failure> {
    let sources = workspace::root().join(SOURCES);
    let prepared = workspace::target().join("clients");
    fs::create_dir_all(&prepared)
        .map_err(|error| Failure::new(format!("{} cannot be made: {error}", prepared.display())))?;
    for preparation in [compile, compile_java, install_python] {
        if let Err(failure) = preparation(&sources, &prepared, totals) {
            println!("not prepared: {failure}");
        }
    }
    Program::cargo(&["test", "--package", "keyway-frontend", "--test", "real_clients"])
        .with(workspace::FEATURES)
        .under("KEYWAY_REAL_CLIENTS", prepared)
        .run(totals)
}

/// The SASL library keeps callbacks of every shape under one function type, hence the one warning that is off.
fn compile(sources: &Path, prepared: &Path, totals: &mut Totals) -> Result<(), Failure> {
    for name in C_PROGRAMS {
        let program = prepared.join(name);
        // A program of an earlier run must not stand in for one that does not compile any more.
        let _ = fs::remove_file(&program);
        Program::new("gcc")
            .with(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-cast-function-type", "-o"])
            .with([program, sources.join(name).with_extension("c")])
            .with(["-lmemcached", "-lsasl2"])
            .run(totals)?;
    }
    Ok(())
}

/// The JDK's own SASL does the work, spymemcached carries it.
fn compile_java(sources: &Path, prepared: &Path, totals: &mut Totals) -> Result<(), Failure> {
    let classes = prepared.join("java");
    // As for the program in C.
    let _ = fs::remove_dir_all(&classes);
    Program::new("javac")
        .with(["-Xlint:all", "-Werror", "-cp", SPYMEMCACHED, "-d"])
        .with([classes, sources.join("SpymemcachedLogin.java")])
        .run(totals)
}

/// A virtual environment of its own; kept as long as the requirements stay what they were.
fn install_python(sources: &Path, prepared: &Path, totals: &mut Totals) -> Result<(), Failure> {
    let wanted = sources.join(REQUIREMENTS);
    let environment = prepared.join("venv");
    let stamp = environment.join(REQUIREMENTS);
    let python = environment.join("bin").join("python");
    let wanted_now = fs::read(&wanted).ok();
    let works = || Program::new(&python).with(["-c", "import pylibmc, bmemcached"]).succeeds();
    if wanted_now.is_some() && fs::read(&stamp).ok() == wanted_now && works() {
        println!("the Python clients are installed");
        return Ok(());
    }
    let make = Program::new("python3").with(["-m", "venv", "--clear"]).with([&environment]);
    make.run(totals)?;
    let install =
        Program::new(&python).with(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install.with(["--requirement"]).with([&wanted]).run(totals)?;
    fs::copy(&wanted, &stamp)
        .map(drop)
        .map_err(|error| Failure::new(format!("the stamp was not written: {error}")))
}
