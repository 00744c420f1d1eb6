//! What is replayed: recorded accesses, and made-up ones.

use crate::dice::{Dice, Zipf};
use flate2::read::GzDecoder;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
    sync::Arc,
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
    /// How large the value of each key is; made up where it was not recorded.
    pub sizes: Arc<[u32]>,
}

/// All recorded traces of a folder: files named `NAME.txt.gz`, a line for each access: the key, a number, and perhaps the
/// size of its value. At most `longest` accesses of each.
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
            let line = line?;
            let mut words = line.split_whitespace().map(|word| word.parse::<u64>().map_err(io::Error::other));
            accesses.push((words.next().transpose()?.unwrap_or_default(), words.next().transpose()?));
        }
        traces.push(numbered_with_sizes(name, accesses));
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

fn numbered(name: &str, accesses: Vec<u64>) -> Trace {
    numbered_with_sizes(name, accesses.into_iter().map(|key| (key, None)).collect())
}

/// Numbers the keys anew, densely, in order of first appearance. A key's size is the one that it had first.
fn numbered_with_sizes(name: &str, accesses: Vec<(u64, Option<u64>)>) -> Trace {
    let (mut numbers, mut sizes) = (HashMap::new(), Vec::new());
    let accesses = accesses
        .into_iter()
        .map(|(key, size)| {
            *numbers.entry(key).or_insert_with(|| {
                let recorded = size.and_then(|size| u32::try_from(size).ok());
                sizes.push(recorded.unwrap_or_else(|| made_up_size(key)).clamp(1, LARGEST));
                u32::try_from(sizes.len() - 1).unwrap_or(u32::MAX)
            })
        })
        .collect();
    Trace { name: name.to_owned(), keys: sizes.len(), accesses, sizes: sizes.into() }
}

/// TinyUFO's weights have sixteen bits.
const LARGEST: u32 = 65_535;

/// Half of all keys are below 500 bytes, one in a thousand is above 30,000.
fn made_up_size(key: u64) -> u32 {
    let fraction = Dice::new(key).fraction();
    let size = 100.0 / (1.0 - fraction * 0.9999).powf(0.8) * (1.0 + 8.0 * Dice::new(!key).fraction());
    // Saturating, as wanted.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, and positive")]
    let size = size as u32;
    size
}
