//! The log: to stderr, with times in UTC and without colours.

use std::io;
use tracing::level_filters::LevelFilter;

/// Starts the log of this process. `verbosity` counts the `-v`: 0 warnings, 1 also logins, 2 also
/// connections, 3 also each command.
pub(crate) fn start(verbosity: u8) {
    let level = match verbosity {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Reporting that the log cannot be written would panic where stderr is closed.
    let log =
        tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).log_internal_errors(false);
    // Fails only if there is a log already.
    let _ = log.try_init();
}
