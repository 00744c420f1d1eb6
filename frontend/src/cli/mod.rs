//! The command line: what can be asked for, and how it ends.

#[cfg(unix)]
mod admin;
mod doctor;
mod failure;
mod import;
mod logging;
mod output;
mod role;
mod search;
mod serve;
mod similar;
#[cfg(unix)]
mod top;
mod user;
#[cfg(unix)]
mod watch;

use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// A cache server with one door: the memcached binary protocol with SASL.
#[derive(Debug, Parser)]
#[command(name = "keyway", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a cache to memcached clients that log in
    Serve(Box<serve::ServeOptions>),
    /// Say who may log in
    User(user::UserOptions),
    /// Say what the roles are that users have
    Role(role::RoleOptions),
    /// Ask a running server who is in, and end sessions: by the socket of --admin-socket
    #[cfg(unix)]
    Admin(Box<admin::AdminOptions>),
    /// Show what a running server does, as it does it: rates, memory, users, refusals, hot keys
    #[cfg(unix)]
    Top(top::TopOptions),
    /// Print evictions, logins or misses of a running server as they happen
    #[cfg(unix)]
    Watch(watch::WatchOptions),
    /// Take users over from memcached, PostgreSQL and others
    Import(import::ImportOptions),
    /// Say what is wrong, and what to do: with the users file and this machine, with a server, or with a refused login
    Doctor(Box<doctor::DoctorOptions>),
}

/// Which users file is meant.
#[derive(Args, Debug)]
struct UsersFileOption {
    /// The users file [default: $KEYWAY_USERS, else ./keyway-users.toml, else /etc/keyway/users.toml]
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
}

/// Runs the command line of this process. Exit codes: 0 done, 1 refused or failed, 2 called in a way that has
/// no meaning.
pub(crate) fn run() -> ExitCode {
    // Ends the process with code 2 and a text if the line makes no sense, and with 0 after `--help`.
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Serve(options) => serve::serve(&options),
        Command::User(options) => {
            logging::start(0);
            user::run(&options)
        }
        Command::Role(options) => {
            logging::start(0);
            role::run(&options)
        }
        #[cfg(unix)]
        Command::Admin(options) => {
            logging::start(0);
            admin::run(&options)
        }
        #[cfg(unix)]
        Command::Top(options) => top::run(&options),
        #[cfg(unix)]
        Command::Watch(options) => watch::run(&options),
        Command::Import(options) => {
            logging::start(0);
            import::run(&options)
        }
        Command::Doctor(options) => {
            logging::start(0);
            doctor::run(&options)
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&format_args!("keyway: {failure}"));
            failure.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_start_line_of_memcached_is_taken() {
        let line = "keyway serve -S -l 127.0.0.1 -p 11211 -m 64 -c 1024 -t 4 -I 2m -vv";
        assert!(Cli::try_parse_from(line.split(' ')).is_ok());
    }

    #[test]
    fn a_password_has_no_place_on_the_command_line() {
        for line in ["keyway user add ada secret", "keyway user passwd ada --password secret"] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
