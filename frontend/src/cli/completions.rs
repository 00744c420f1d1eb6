//! `keyway completions`: what packages install for shells.

use super::Cli;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::{self, Write};

/// Which shell.
#[derive(Args, Debug)]
pub(crate) struct CompletionsOptions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints it.
pub(crate) fn run(options: &CompletionsOptions) {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "keyway", &mut script);
    // Nobody may be there to read.
    let _ = io::stdout().write_all(&script);
}
