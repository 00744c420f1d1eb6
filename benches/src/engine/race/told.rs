//! What a child tells of its laps: a line for each cache, its name first, then its laps for each number of threads.

use super::laps::{Lap, Laps};
use crate::engine::walk::Reads;
use std::fmt::Write;

const BETWEEN_FIELDS: char = '\t';
const BETWEEN_LAPS: char = ';';

/// To be [`heard`].
pub(super) fn told(raced: &[Laps]) -> String {
    let mut said = String::new();
    for Laps { name, by_threads } in raced {
        said += name;
        for laps in by_threads {
            said.push(BETWEEN_FIELDS);
            for (at, Lap { wall, cpu, reads }) in laps.iter().enumerate() {
                said.extend((at > 0).then_some(BETWEEN_LAPS));
                // To a string nothing fails.
                let _written = write!(said, "{wall} {cpu} {} {}", reads.all, reads.hits);
            }
        }
        said.push('\n');
    }
    said
}

/// `None` if nobody has told that.
pub(super) fn heard(said: &str) -> Option<Vec<Laps>> {
    said.lines().map(heard_of_one).collect()
}

fn heard_of_one(line: &str) -> Option<Laps> {
    let mut fields = line.split(BETWEEN_FIELDS);
    let name = fields.next()?.to_owned();
    let by_threads = fields.map(|laps| laps.split(BETWEEN_LAPS).map(lap).collect()).collect::<Option<_>>()?;
    Some(Laps { name, by_threads })
}

fn lap(said: &str) -> Option<Lap> {
    let mut numbers = said.split(' ');
    let (wall, cpu) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    let reads = Reads { all: numbers.next()?.parse().ok()?, hits: numbers.next()?.parse().ok()? };
    numbers.next().is_none().then_some(Lap { wall, cpu, reads })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_heard() {
        let lap = |wall| Lap { wall, cpu: wall / 3.0, reads: Reads { all: 4, hits: 3 } };
        let laps = |name: &str| Laps {
            name: name.to_owned(),
            by_threads: vec![vec![lap(100.5), lap(0.1)], vec![lap(7.0), lap(8.0)]],
        };
        let raced = [laps("keyway engine, values in place"), laps("moka")];
        assert_eq!(heard(&told(&raced)).unwrap(), raced);
        assert!(heard("moka\t1 2 3").is_none() && heard("moka\t1 2 3 4 5").is_none());
    }
}
