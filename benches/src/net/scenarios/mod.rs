//! What is measured: each kind of scenario has a file, and a table or more.

pub(super) mod fair;
pub(super) mod idle;
pub(super) mod logins;
pub(super) mod memory;
pub(super) mod races;
pub(super) mod storm;
pub(super) mod tls;

use super::{
    cores::Cores,
    servers::{Contender, Kind},
};
use crate::{Length, Wanted};
use std::{io, time::Duration};

/// Who is measured, where and for how long.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) contenders: Vec<Contender>,
    pub(super) cores: Cores,
    pub(super) only: Wanted,
    pub(super) length: Length,
    pub(super) laps: usize,
    pub(super) lap: Duration,
}

impl Trial {
    /// Those that store what they are given.
    pub(super) fn caches(&self) -> Vec<&Contender> {
        self.contenders.iter().filter(|it| it.stores()).collect()
    }
}

/// A lap each, in turn, so that a disturbance of some seconds meets all of them; the laps of each.
///
/// # Errors
/// The first lap's that fails.
pub(super) fn in_turn<T, L>(
    tracks: &mut [T],
    laps: usize,
    mut lap: impl FnMut(&mut T) -> io::Result<L>,
) -> io::Result<Vec<Vec<L>>> {
    let mut results: Vec<Vec<L>> = tracks.iter().map(|_| Vec::with_capacity(laps)).collect();
    for _ in 0..laps {
        for (track, result) in tracks.iter_mut().zip(&mut results) {
            result.push(lap(track)?);
        }
    }
    Ok(results)
}

/// Measures one row after the other; one that fails does not keep those after it from being measured.
///
/// # Errors
/// All of those that failed, in one.
pub(super) fn each_row<T>(
    rows: impl IntoIterator<Item = T>,
    measure: impl FnMut(T) -> io::Result<()>,
) -> io::Result<()> {
    let failed: Vec<String> =
        rows.into_iter().map(measure).filter_map(Result::err).map(|error| error.to_string()).collect();
    if failed.is_empty() { Ok(()) } else { Err(io::Error::other(failed.join("; "))) }
}

/// The laps of whom others are compared with.
pub(super) fn laps_of_memcached<'a, L>(contenders: &[&Contender], results: &'a [Vec<L>]) -> Option<&'a [L]> {
    let at = contenders.iter().position(|it| matches!(it.kind, Kind::Memcached(_)))?;
    results.get(at).map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laps_are_taken_in_turn() {
        let mut order = Vec::new();
        let results = in_turn(&mut ["a", "b"], 2, |name| {
            order.push(*name);
            Ok(order.len())
        });
        assert_eq!(results.unwrap(), [[1, 3], [2, 4]]);
        assert_eq!(order, ["a", "b", "a", "b"]);
    }

    #[test]
    fn a_row_that_fails_is_told_and_stops_no_other() {
        let mut measured = Vec::new();
        let outcome = each_row(0..4, |row| {
            measured.push(row);
            if row % 2 == 1 { Err(io::Error::other(format!("row {row}"))) } else { Ok(()) }
        });
        assert_eq!(outcome.unwrap_err().to_string(), "row 1; row 3");
        assert_eq!(measured, [0, 1, 2, 3]);
        assert!(each_row(0..2, |_| Ok(())).is_ok());
    }
}
