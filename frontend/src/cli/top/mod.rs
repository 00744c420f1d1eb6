//! `keyway top`: what a running server does, as it does it.
//!
//! Snapshots come from the admin socket or from the status address, on a thread apart (`feed`), so that keys are heard while a server
//! is slow. `state` is what is known and chosen, `view` draws it; neither knows where anything comes from, so both are tested
//! without a server and without a terminal.

mod feed;
mod figures;
mod hot_keys;
mod http;
mod keys;
mod limits;
mod once;
mod source;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod view;

use super::{admin::AdminSocketOption, failure::Failure, output, user::duration};
use clap::Args;
use source::Source;
use std::{path::PathBuf, time::Duration};

/// Which server, how often, and how.
#[derive(Args, Debug)]
pub(crate) struct TopOptions {
    /// The status address of a server (--metrics with --status-page), such as http://127.0.0.1:9150 (also the port where none is said), instead of its admin
    /// socket; hot keys are told by the latter alone
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// A file with the token that the status address asks for
    #[arg(long, value_name = "FILE", requires = "url")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    socket: AdminSocketOption,
    /// How often to look, such as 500ms
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    interval: Duration,
    /// Print what one interval shows as plain text, and end
    #[arg(long)]
    once: bool,
    /// Sample hot keys from the start; with --once, print them. A sample costs the server some nanoseconds a request
    #[arg(long)]
    keys: bool,
}

/// A server makes no more than two snapshots a second.
const LEAST_INTERVAL: Duration = Duration::from_millis(500);

/// Shows it until a key or a signal ends it.
pub(crate) fn run(options: &TopOptions) -> Result<(), Failure> {
    let source = Source::new(options.url.as_deref(), options.token_file.as_deref(), &options.socket)?;
    let interval = options.interval.max(LEAST_INTERVAL);
    if options.once {
        let text = once::text(&source, interval, options.keys)?;
        output::say(&text.trim_end());
        return Ok(());
    }
    terminal::run(&source, interval, options.keys)
}
