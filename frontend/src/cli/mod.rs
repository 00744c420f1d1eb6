//! The command line: what can be asked for, and how it ends.

#[cfg(unix)]
mod admin;
mod completions;
mod config;
mod doctor;
mod failure;
mod health;
mod http_client;
mod import;
mod logging;
mod manual;
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
use config::{Environment, EnvironmentUser, Gathered, Told, TypedLine, Ungathered};
use failure::Failure;
use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

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
    /// Look at the configuration of a server: check a file, or print one with all keys
    Config(config::ConfigOptions),
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
    /// Ask a running server whether it is well, and answer by the exit code: for container checks
    Health(health::HealthOptions),
    /// Print what makes a shell complete this command's lines
    #[command(hide = true)]
    Completions(completions::CompletionsOptions),
    /// Write the manual pages of this command into a folder
    #[command(hide = true)]
    Manual(manual::ManualOptions),
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
    let arguments: Vec<_> = env::args_os().collect();
    let outcome = match TypedLine::of(&arguments) {
        Some(line) => gather_and_serve(&line, &arguments),
        // Ends the process with code 2 and a text if the line makes no sense, and with 0 after `--help`.
        None => carry_out(Cli::parse()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&format_args!("keyway: {failure}"));
            failure.exit_code()
        }
    }
}

/// `keyway serve` is told things by the environment and by a file, too.
fn gather_and_serve(line: &TypedLine, arguments: &[OsString]) -> Result<(), Failure> {
    #[cfg(unix)]
    config::hide_password(arguments)?;
    let environment = Environment::of_process();
    let Gathered { cli, settings, oddities, .. } = match line.gather(&environment) {
        Ok(gathered) => gathered,
        Err(Ungathered::Line(error)) => error.exit(),
        Err(Ungathered::Config(error)) => return Err(error.into()),
    };
    for oddity in oddities {
        output::complain(&format_args!("WARNING: {oddity}"));
    }
    let Command::Serve(options) = cli.command else { return carry_out(cli) };
    let user = EnvironmentUser::of(&environment)?;
    serve::serve(&options, Told::new(line.clone(), environment, settings), user)
}

fn carry_out(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        // `gather_and_serve` has it, since the line begins with it.
        Command::Serve(_) => Err(Failure::usage("`serve` comes before everything else on the line")),
        Command::Config(options) => {
            logging::start(0);
            config::run(&options)
        }
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
        Command::Health(options) => health::run(&options),
        Command::Completions(options) => {
            completions::run(&options);
            Ok(())
        }
        Command::Manual(options) => manual::run(&options),
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

    /// As a shell takes it apart, up to a comment, a pipe or the like.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for character in line.chars() {
            match (quote, character) {
                (Some(open), _) if open == character => quote = None,
                (None, '"' | '\'') => quote = Some(character),
                (None, ' ') => words.push(std::mem::take(&mut word)),
                (None, '|' | '>' | ';' | '&') => break,
                (None, '#') if word.is_empty() => break,
                _ => word.push(character),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        words
    }

    /// What stands in blocks of commands, without comments and what comes behind a pipe, and what is a command in the text.
    fn lines_of_guides() -> Vec<(String, Vec<String>)> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let guides = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
        let guides = guides.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
        let mut found = Vec::new();
        for guide in guides.chain([root.join("README.md")]) {
            let text = std::fs::read_to_string(&guide).unwrap();
            for (number, part) in text.split("```").enumerate() {
                let in_block = number % 2 == 1;
                let lines: Vec<&str> = match part.split_once('\n') {
                    Some(("sh" | "console", block)) if in_block => block.lines().collect(),
                    _ if in_block => Vec::new(),
                    _ => part.split('`').skip(1).step_by(2).collect(),
                };
                for line in lines {
                    let mut words = words(line.strip_prefix("$ ").unwrap_or(line));
                    if words.first().is_some_and(|word| word == "sudo") {
                        words.drain(..words.len().min(3));
                    }
                    // What goes on in the background is a command like any other.
                    words.retain(|word| word != "&");
                    let is_command = words.len() > 1 && words[0] == "keyway";
                    if is_command && !line.contains("...") && !line.contains('[') {
                        found.push((guide.display().to_string(), words));
                    }
                }
            }
        }
        found
    }

    #[test]
    fn each_command_of_the_guides_is_one() {
        let lines = lines_of_guides();
        assert!(lines.len() > 100, "{}", lines.len());
        // A text may speak of a command without all that belongs to it, or with a word such as ID for what a reader has.
        let is_cut = |error: &clap::Error, line: &[String]| {
            use clap::error::ErrorKind::{
                DisplayHelpOnMissingArgumentOrSubcommand, InvalidValue, MissingRequiredArgument,
                MissingSubcommand, ValueValidation,
            };
            let stands_for = |word: &String| word.chars().all(|it| it.is_ascii_uppercase() || it == ':');
            match error.kind() {
                DisplayHelpOnMissingArgumentOrSubcommand | MissingRequiredArgument | MissingSubcommand => {
                    true
                }
                InvalidValue => line.last().is_some_and(|word| word.starts_with("--")),
                ValueValidation => line.iter().any(stands_for),
                _ => false,
            }
        };
        let wrong = lines.iter().filter_map(|(guide, line)| match Cli::try_parse_from(line) {
            Err(error) if !is_cut(&error, line) => Some(format!("{guide}: {}: {error}", line.join(" "))),
            _ => None,
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_password_has_no_place_on_the_command_line() {
        for line in ["keyway user add ada secret", "keyway user passwd ada --password secret"] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
