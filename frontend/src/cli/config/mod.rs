//! `--config`, `KEYWAY_*` and `keyway config`: what a server is told elsewhere than on its command line.

mod check;
mod environment;
mod error;
mod example;
mod file;
mod gather;
#[cfg(unix)]
mod hiding;
mod setting;
mod spec;
mod told;
mod user;

pub(crate) use environment::Environment;
pub(crate) use gather::{Gathered, TypedLine, Ungathered};
#[cfg(unix)]
pub(crate) use hiding::hide_password;
pub(crate) use told::{Change, Told};
pub(crate) use user::EnvironmentUser;

use super::failure::Failure;
use clap::{Args, Subcommand};
use std::{ffi::OsString, path::PathBuf};

/// Look at the configuration of a server.
#[derive(Args, Debug)]
pub(crate) struct ConfigOptions {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what would run: each setting, its value and where that is from. Starts and changes nothing
    Check {
        /// The configuration file [default: $KEYWAY_CONFIG, else none]
        file: Option<PathBuf>,
        /// Flags of `keyway serve` that would stand beside it
        #[arg(last = true, value_name = "FLAGS")]
        flags: Vec<OsString>,
    },
    /// Print a configuration file with all keys, what they mean and their defaults
    Example,
}

/// Does it.
pub(crate) fn run(options: &ConfigOptions) -> Result<(), Failure> {
    match &options.action {
        Action::Check { file, flags } => check::check(&TypedLine::serving(file.clone(), flags)),
        Action::Example => {
            example::print();
            Ok(())
        }
    }
}
