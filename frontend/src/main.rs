//! The `keyway` command: a cache server, and the users who may log in to it.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
