//! What a server takes in memory: for each item, and in all when it is full.

mod budget;
mod items;
mod mixes;

use super::Trial;
use std::io::{self, Write};

/// # Errors
/// If a server does not start or answers something else than it should, or a table cannot be written.
pub(crate) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    items::measure(trial, out)?;
    budget::measure(trial, out)
}
