//! `keyway watch`: what happens in a running server, line by line.

use super::{admin::AdminSocketOption, failure::Failure, output};
use clap::{Args, ValueEnum};
use keyway_frontend::admin::{AdminAnswer, AdminRequest, LoginRow, SightingRow, Watched};
use std::{fmt::Write as _, ops::ControlFlow};

/// What to watch, until it is interrupted. Whatever comes faster than it can be read is dropped, and told how much that was:
/// the server waits for nobody who watches.
#[derive(Args, Debug)]
pub(crate) struct WatchOptions {
    /// What to print
    what: What,
    #[command(flatten)]
    socket: AdminSocketOption,
    /// Print JSON, one object to a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Items that make room for others
    Evictions,
    /// Logins, good and refused
    Logins,
    /// Gets that find nothing
    Misses,
}

/// Prints until it is interrupted, nobody reads any more, or the server ends.
pub(crate) fn run(options: &WatchOptions) -> Result<(), Failure> {
    let what = match options.what {
        What::Evictions => Watched::Evictions,
        What::Logins => Watched::Logins,
        What::Misses => Watched::Misses,
    };
    options.socket.connect()?.follow(&AdminRequest::Watch { what }, |answer| {
        if answer == AdminAnswer::Watching {
            output::complain(&"watching");
            return ControlFlow::Continue(());
        }
        let line = if options.json { serde_json::to_string(&answer).ok() } else { line_of(&answer) };
        let said = line.map_or(Ok(()), |line| output::hand_over(&line));
        if said.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
}

fn line_of(answer: &AdminAnswer) -> Option<String> {
    match answer {
        AdminAnswer::Evicted(row) => Some(of_sighting("evicted", row)),
        AdminAnswer::Missed(row) => Some(of_sighting("missed", row)),
        AdminAnswer::Login(row) => Some(of_login(row)),
        AdminAnswer::Dropped { count } => {
            Some(format!("dropped {count} that came faster than they were read"))
        }
        _ => None,
    }
}

fn of_sighting(what: &str, row: &SightingRow) -> String {
    // The key is escaped already, quotes included.
    let mut line = format!("{}  {what}  key=\"{}\"", row.at, row.key);
    if !row.namespace.is_empty() {
        let _ = write!(line, "  namespace={}", row.namespace);
    }
    if let Some(bytes) = row.bytes {
        let _ = write!(line, "  bytes={bytes}");
    }
    line
}

fn of_login(row: &LoginRow) -> String {
    let mut line = format!("{}  {}", row.at, row.kind);
    // Quoted and escaped: what was claimed may be anything.
    let fields = [
        ("user", &row.user),
        ("mechanism", &row.mechanism),
        ("credential", &row.credential),
        ("reason", &row.reason),
        ("id", &row.id),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            let _ = write!(line, "  {name}={value:?}");
        }
    }
    if let Some(count) = row.count {
        let _ = write!(line, "  count={count}");
    }
    let _ = write!(line, "  from={}", row.from);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_chose_can_neither_end_a_line_nor_do_anything_to_a_terminal() {
        let json = r#"{"login":{"at":"t","kind":"login_failed","user":"\u001b[2J\n\"x","from":"process"}}"#;
        let line = line_of(&serde_json::from_str(json).unwrap()).unwrap();
        assert_eq!(line, "t  login_failed  user=\"\\u{1b}[2J\\n\\\"x\"  from=process");
    }
}
