//! What packages have beside the program: manual pages and completions, made by the program itself; and a Debian package of all that.

use crate::{
    process::{Failure, Program},
    report::Totals,
    workspace,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Shells, and what the file with their completions is called.
const SHELLS: [(&str, &str); 3] = [("bash", "keyway.bash"), ("zsh", "_keyway"), ("fish", "keyway.fish")];

/// Builds the program, and lets it write them. They lie where `frontend/Cargo.toml` says, wherever cargo builds.
pub(crate) fn manual() -> Result<(), Failure> {
    Program::cargo(&["build", "--release", "--package", "keyway-frontend", "--bin", "keyway"])
        .run(&mut Totals::default())?;
    let (pages, scripts) = (folder("manual")?, folder("completions")?);
    Program::new(keyway()).with(["manual".as_ref(), pages.as_os_str()]).run(&mut Totals::default())?;
    for (shell, name) in SHELLS {
        let script = Program::new(keyway()).with(["completions", shell]).output();
        let script = script.ok_or_else(|| Failure::new(format!("no completions for {shell}")))?;
        write(&scripts.join(name), &script)?;
    }
    println!("{}\n{}", pages.display(), scripts.display());
    Ok(())
}

/// Builds the package by cargo-deb, which is installed if it is not there.
pub(crate) fn deb() -> Result<(), Failure> {
    let totals = &mut Totals::default();
    if !Program::cargo(&["deb", "--version"]).succeeds() {
        Program::cargo(&["install", "--locked", "cargo-deb"]).run(totals)?;
    }
    manual()?;
    Program::cargo(&["deb", "--no-build", "--strip", "--locked", "--package", "keyway-frontend"]).run(totals)
}

fn keyway() -> PathBuf {
    workspace::target().join("release/keyway")
}

/// An empty one.
fn folder(name: &str) -> Result<PathBuf, Failure> {
    let folder = workspace::root().join("target").join(name);
    let cannot = |error| Failure::new(format!("{} cannot be made: {error}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(cannot)?;
    }
    fs::create_dir_all(&folder).map_err(cannot)?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
}
