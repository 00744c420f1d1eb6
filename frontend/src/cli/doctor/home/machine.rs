//! What the server will find on this machine: the clock, room for connections, its addresses.

use crate::cli::{doctor::report::Report, serve::files_needed};
use keyway::Mechanism;
use keyway_frontend::client::{Client, ClientError};
use rustix::process::{Resource, getrlimit};
use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// This source is younger: a clock that shows less was never set. 2026-01-01, in seconds.
const NEVER_BEFORE: u64 = 1_767_225_600;

/// How long whoever is there already may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ids in the log, expiry of credentials and of items go by it.
pub(super) fn clock(report: &mut Report) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if now < NEVER_BEFORE {
        report.error(
            format_args!("the clock shows {now} s since 1970, which is long ago: credentials begin and end at wrong times"),
            "set the clock (`timedatectl`)",
        );
    } else {
        report.ok("the clock shows a time that can be");
    }
}

pub(super) fn open_files(connections: u32, report: &mut Report) {
    let needed = files_needed(connections);
    let limit = getrlimit(Resource::Nofile);
    match limit.maximum {
        Some(maximum) if maximum < needed => report.warning(
            format_args!(
                "the system allows {maximum} open files, and {connections} connections need {needed}"
            ),
            format_args!("`ulimit -Hn {needed}` (LimitNOFILE={needed} in a unit of systemd), or a lower -c"),
        ),
        _ => report.ok(format_args!("{connections} connections fit into the limit of open files")),
    }
}

pub(super) fn addresses(addresses: &[SocketAddr], mechanisms: &[Mechanism], report: &mut Report) {
    for address in addresses {
        match TcpListener::bind(address) {
            Ok(_) => report.ok(format_args!("{address} is free")),
            Err(error) if error.kind() == ErrorKind::AddrInUse => in_use(*address, report),
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable => {
                report.error(
                    format_args!("{address}: this machine has no such address"),
                    "choose another -l; `ip address` shows what there is",
                );
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                report.error(
                    format_args!("{address}: {error}"),
                    "ports below 1024 are root's; choose another -p",
                );
            }
            Err(error) => report.error(format_args!("{address}: {error}"), "choose another -l or -p"),
        }
        if !address.ip().to_canonical().is_loopback() {
            beyond_this_machine(*address, mechanisms, report);
        }
    }
}

/// There, PLAIN is left out of what is offered.
fn beyond_this_machine(address: SocketAddr, mechanisms: &[Mechanism], report: &mut Report) {
    let is_left_out = |mechanism: &Mechanism| matches!(mechanism, Mechanism::Plain | Mechanism::External);
    if mechanisms.iter().all(is_left_out) {
        report.error(
            format_args!(
                "{address} can be reached from elsewhere, so PLAIN is not offered there, and nothing else is"
            ),
            "--mechanisms SCRAM-SHA-256, or listen on 127.0.0.1 or a unix socket (-s)",
        );
    } else if mechanisms.contains(&Mechanism::Plain) {
        report.note(format_args!(
            "{address} can be reached from elsewhere, so PLAIN is not offered there unless --plain anywhere says so: passwords \
             could be read on the way"
        ));
    }
}

/// Most often the server itself, which is then no trouble.
fn in_use(address: SocketAddr, report: &mut Report) {
    let reachable = if address.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], address.port()))
    } else {
        address
    };
    let version = Client::connect(reachable, PATIENCE).and_then(|mut client| client.version());
    match version {
        Ok(version) => report.note(format_args!(
            "{address} is in use by a memcached server, version {version:?}; `keyway doctor {reachable}` looks at it"
        )),
        Err(ClientError::Refused { .. }) => report.note(format_args!("{address} is in use by a memcached server")),
        Err(error) => report.error(
            format_args!("{address} is in use by something else ({error})"),
            "stop that, or choose another -p",
        ),
    }
}
