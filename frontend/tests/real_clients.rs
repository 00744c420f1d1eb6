//! Existing memcached clients, started for real, against `keyway serve` with users made by `keyway user add`.
//!
//! `cargo xtask test --only clients` prepares the clients and names the folder in `KEYWAY_REAL_CLIENTS`. Without it
//! every test here is ignored; with it a client that is not there is ignored as well, unless `CI` is `true`: then it
//! is a failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails in `raw` fails the test
#![allow(clippy::print_stderr, reason = "a client that is left out is said out loud")]

mod clients;
mod raw;

use clients::{Availability, CASES, IN_MID_PIPELINE, Prepared};
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let prepared = Prepared::from_environment();
    let trials =
        CASES.iter().chain(&IN_MID_PIPELINE).map(|case| match case.client.availability(prepared.as_ref()) {
            Availability::Ready(client) => {
                Trial::test(case.name, move || (case.run)(&client).map_err(Failed::from))
            }
            Availability::Missing(why)
                if std::env::var_os("CI").is_some_and(|ci| ci == "true")
                    && prepared.is_some()
                    && case.client.is_needed() =>
            {
                Trial::test(case.name, move || Err(Failed::from(why)))
            }
            Availability::Missing(why) => {
                eprintln!("skipped: {}: {why}", case.name);
                Trial::test(case.name, || Ok(())).with_ignored_flag(true)
            }
        });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
