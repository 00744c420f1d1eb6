//! Every example is run, and must end well.

use crate::{
    process::{Failure, Program},
    report::Totals,
    workspace,
};
use std::{ffi::OsStr, fs, path::Path, time::Duration};

/// An example tells a short story; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);
/// Folders that hold examples.
const FOLDERS: [&str; 2] = ["examples", "frontend/examples"];

pub(crate) fn run(totals: &mut Totals) -> Result<(), Failure> {
    let packages = ["--package", "keyway", "--package", "keyway-frontend"];
    let build = Program::cargo(&["build", "--examples"]).with(workspace::FEATURES);
    build.with(packages).run(totals)?;
    let built = workspace::target().join("debug").join("examples");
    for name in FOLDERS.iter().flat_map(|folder| names(&workspace::root().join(folder))) {
        Program::new(built.join(name)).within(LIMIT).run(totals)?;
    }
    Ok(())
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let sources = files.filter(|path| path.extension() == Some(OsStr::new("rs")));
    let mut names: Vec<String> =
        sources.filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned())).collect();
    names.sort();
    names
}
