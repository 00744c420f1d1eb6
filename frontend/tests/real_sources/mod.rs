//! Real servers of users, each started privately on the loopback, in a folder of its own, and ended with the test.
#![allow(dead_code, unreachable_pub, unused_imports)] // each test program uses its own part of this
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::print_stderr, reason = "a server that is left out is said out loud")]

mod certificates;
mod postgres;
mod process;
mod serving;
mod slapd;
mod swallower;

pub use certificates::Certificates;
pub use postgres::Postgres;
pub use serving::Serving;
pub use slapd::{BASE, SERVICE, SERVICE_PASSWORD, Slapd};
pub use swallower::Swallower;

use keyway::UserSource;
use keyway_frontend::SourceSettings;
use std::path::Path;

/// A source by the text of its settings, which lie in this folder.
#[track_caller]
pub fn source(text: &str, folder: &Path) -> Box<dyn UserSource> {
    SourceSettings::parse(text, folder).unwrap().open().unwrap()
}

/// Says that a test is left out, where that is allowed: `cargo xtask test` installs what is needed.
pub fn left_out(what: &str) -> bool {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{what} is not installed");
    eprintln!("skipped: {what} is not installed");
    true
}
