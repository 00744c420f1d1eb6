//! The log: to stderr, with times in UTC and without colours.

use std::io;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Registry, layer::SubscriberExt, reload, util::SubscriberInitExt};

/// The log of this process, for whoever wants to know more of it, or less, while it runs.
#[derive(Debug)]
pub(crate) struct Log(reload::Handle<LevelFilter, Registry>);

/// Starts the log of this process. `verbosity` counts the `-v`: 0 warnings, 1 also logins, 2 also
/// connections, 3 also each command.
pub(crate) fn start(verbosity: u8) -> Log {
    let (filter, log) = reload::Layer::new(level(verbosity));
    // Reporting that the log cannot be written would panic where stderr is closed.
    let lines =
        tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false).log_internal_errors(false);
    // Fails only if there is a log already.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Log(log)
}

impl Log {
    /// Goes on with this verbosity.
    pub(crate) fn set(&self, verbosity: u8) {
        // Fails only if there was a log before this one, which then stays as it is.
        let _ = self.0.reload(level(verbosity));
    }
}

fn level(verbosity: u8) -> LevelFilter {
    match verbosity {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}
