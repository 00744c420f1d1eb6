//! `keyway doctor` alone: the users file and this machine, before or while a server runs.

mod machine;
mod permissions;
mod users;

use super::report::Report;
use crate::cli::{
    UsersFileOption,
    failure::Failure,
    search::{Found, IN_DIRECTORY, ON_SYSTEM, Search, VARIABLE},
    serve::{ListenList, MechanismList, resolve_addresses},
};
use clap::Args;
use keyway_frontend::{Entrance, ServerConfig};

/// How the server is or will be started; the options are those of `keyway serve`.
#[derive(Args, Debug)]
pub(super) struct HomeOptions {
    #[command(flatten)]
    file: UsersFileOption,
    /// Where it listens, as for `keyway serve`
    #[arg(short, long, value_name = "ADDR", default_value = "127.0.0.1", conflicts_with = "server")]
    listen: Vec<ListenList>,
    /// Its TCP port
    #[arg(short, long, default_value_t = ServerConfig::DEFAULT_PORT, conflicts_with = "server")]
    port: u16,
    /// Connections at once
    #[arg(
        short,
        long = "conn-limit",
        value_name = "CONNECTIONS",
        default_value_t = 1024,
        conflicts_with = "server"
    )]
    connections: u32,
    /// The mechanisms that it offers [default: those of `keyway serve`]
    #[arg(long, value_name = "NAMES", conflicts_with = "server")]
    mechanisms: Option<MechanismList>,
}

/// Looks at everything, whatever is wrong with the first thing.
pub(super) fn look(options: &HomeOptions, report: &mut Report) -> Result<(), Failure> {
    let mechanisms =
        options.mechanisms.as_ref().map_or_else(|| Entrance::default().mechanisms, |list| list.to_vec());
    match Search::new(options.file.users.as_deref()).run() {
        Ok(Found::There(path)) => {
            permissions::look(&path, report);
            users::look(&path, &mechanisms, report);
        }
        Ok(Found::Missing(path)) => report.error(
            format_args!("users file {} does not exist", path.display()),
            format_args!("keyway user add NAME --users {}", path.display()),
        ),
        Ok(Found::Nowhere) => report.note(format_args!(
            "there is no users file (no --users, no {VARIABLE}, no {IN_DIRECTORY}, no {ON_SYSTEM}); `keyway serve` makes one with \
             one user where nobody but this machine can reach it"
        )),
        Err(failure) => report.error_in_full(failure),
    }
    machine::clock(report);
    machine::open_files(options.connections, report);
    let addresses = resolve_addresses(&options.listen, options.port)?;
    machine::addresses(&addresses, &mechanisms, report);
    Ok(())
}
