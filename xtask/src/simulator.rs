//! The simulator of connections, as many of its stories as wanted.

use crate::{
    process::{Failure, Program},
    report::Totals,
};
use std::time::Duration;

/// Millions of stories take a while.
const LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Tells this many stories from this seed on. The last one's trace is shown if it failed.
pub(crate) fn run(seeds: u64, first: u64) -> Result<(), Failure> {
    Program::cargo(&["run", "--release", "--package", "keyway-sim", "--"])
        .with(["--seeds", &seeds.to_string(), "--seed", &first.to_string()])
        .within(LIMIT)
        .run(&mut Totals::default())
}
