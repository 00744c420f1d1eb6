//! Many connections at once, driven by seeded dice over sockets that are none and a clock that is none.
//!
//! A seed is a story: clients that pipeline, dawdle, stop in the middle, never read, vanish while their password is
//! verified; sockets that take a few bytes at a time; verdicts that come late or not at all; sessions that end in the middle
//! of a pipeline; a server that stops. It is the same story each time, but for the numbers that the server draws from the
//! system when somebody logs in by SCRAM, on which nothing depends.

mod house;
mod peer;
mod trace;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use trace::Trace;
use world::World;

/// A story that went wrong.
#[derive(Debug)]
pub struct Failure {
    /// Which.
    pub seed: u64,
    /// What did not hold.
    pub what: String,
    /// What happened towards its end, line by line.
    pub trace: Vec<String>,
}

/// Tells the story of a seed; how many answers were compared.
///
/// # Errors
/// Something did not hold.
pub fn run(seed: u64) -> Result<u64, Failure> {
    catch_unwind(|| World::new(seed, &mut Trace::default()).run()).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let what = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text");
        Failure { seed, what: what.to_owned(), trace: retrace(seed) }
    })
}

/// Tells a story again, and what happened in it.
fn retrace(seed: u64) -> Vec<String> {
    let mut trace = Trace::wanted();
    let _again = catch_unwind(AssertUnwindSafe(|| World::new(seed, &mut trace).run()));
    trace.into_lines()
}
