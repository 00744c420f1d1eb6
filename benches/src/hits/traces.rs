//! What is replayed: recorded accesses, and made-up ones.

use crate::dice::{Dice, Zipf};
use flate2::read::GzDecoder;
use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
};

/// Accesses to keys that are numbered from 0.
#[derive(Clone, Debug)]
pub struct Trace {
    /// For the table.
    pub name: String,
    /// Distinct keys.
    pub keys: usize,
    /// The keys, in order.
    pub accesses: Vec<u32>,
}

/// All recorded traces of a folder: files named `NAME.txt.gz`, a number a line. At most `longest` accesses of each.
///
/// # Errors
/// If the folder or a file cannot be read.
pub fn recorded(folder: &Path, longest: usize) -> io::Result<Vec<Trace>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    let mut traces = Vec::new();
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".txt.gz") else { continue };
        let lines = BufReader::new(GzDecoder::new(File::open(file.path())?)).lines();
        let mut accesses = Vec::new();
        for line in lines.take(longest) {
            accesses.push(line?.trim().parse::<u64>().map_err(io::Error::other)?);
        }
        traces.push(numbered(name, accesses));
    }
    Ok(traces)
}

/// The made-up ones, of so many accesses each.
#[must_use]
pub fn synthetic(accesses: usize) -> Vec<Trace> {
    let keys = accesses / 20;
    let zipf = Zipf::new(keys, 0.9);
    let mut dice = Dice::new(1);
    let mut pick = || zipf.pick(&mut dice) as u64;
    let plain = (0..accesses).map(|_| pick()).collect();
    let mut once = keys as u64;
    // One access in five belongs to a scan, a tenth of the keys long, of keys that never come again.
    let with_scans = (0..accesses)
        .map(|at| {
            if at % (keys / 2) < keys / 10 {
                once += 1;
                once
            } else {
                pick()
            }
        })
        .collect();
    let around = (0..accesses).map(|at| (at % keys) as u64).collect();
    [
        ("zipf 0.9", plain),
        ("zipf with scans", with_scans),
        ("loop", around),
        ("drifting zipf", drifting(keys, accesses, 40)),
        ("fast drifting zipf", drifting(keys, accesses, 10)),
    ]
    .map(|(name, accesses)| numbered(name, accesses))
    .into()
}

/// Each key comes up from the coldest rank to the hottest, once, by a rank for so many accesses, and is gone.
fn drifting(ranks: usize, accesses: usize, each: usize) -> Vec<u64> {
    let zipf = Zipf::new(ranks, 0.9);
    let mut dice = Dice::new(2);
    (0..accesses).map(|at| (zipf.rank(&mut dice) + at / each) as u64).collect()
}

/// Numbers the keys anew, densely, in order of first appearance.
fn numbered(name: &str, accesses: Vec<u64>) -> Trace {
    let mut numbers = std::collections::HashMap::new();
    let mut number = |key| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(key).or_insert(next)
    };
    let accesses = accesses.into_iter().map(&mut number).collect();
    Trace { name: name.to_owned(), keys: numbers.len(), accesses }
}
