//! The commands of the README and of every guide in `docs/`, run as they stand there: each guide in a folder of its own, from top
//! to bottom, by bash; and what they print, where the guide says so. [`table`] has what cannot run in a test, and why.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic")]

mod markdown;
mod shell;
mod table;

use libtest_mimic::{Arguments, Failed, Trial};
use shell::{Run, is_installed, left_out};
use std::{fs, path::Path};
use table::{Guide, guide};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = docs.map(|name| format!("docs/{}", name.to_string_lossy()));
    let guides = names.filter(|name| name.ends_with(".md"));
    let roots = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned);
    let trials = guides.chain(roots).map(|name| {
        let text = fs::read_to_string(root.join(&name)).unwrap();
        Trial::test(name.clone(), move || follow(&guide(&name), &text))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn follow(guide: &Guide, text: &str) -> Result<(), Failed> {
    let strays = markdown::strays(text);
    if !strays.is_empty() {
        return Err(format!("these are in no block of `sh` or `console`: {strays:#?}").into());
    }
    stale(guide, text)?;
    let deeds = markdown::deeds(text);
    if let Some(missing) = guide.needs.iter().find(|program| !is_installed(program)) {
        left_out(&guide.file, missing);
        return Ok(());
    }
    Run::new(guide, deeds).outcome().map_err(Failed::from)
}

/// Whatever the table says of a guide must be about something in it.
fn stale(guide: &Guide, text: &str) -> Result<(), Failed> {
    let swapped = guide.swapped(text);
    let commands = guide.left_out.iter().chain(guide.says).filter(|(start, _)| !swapped.contains(start));
    let swaps = guide.swaps.iter().filter(|(from, _)| !text.contains(from));
    let gone = commands.chain(swaps).map(|(gone, _)| gone).next();
    gone.map_or(Ok(()), |gone| Err(format!("the table names {gone:?}, which is not in the guide").into()))
}
