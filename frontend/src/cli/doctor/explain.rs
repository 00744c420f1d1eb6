//! `keyway doctor explain`: why a login was refused, from the server's log and the users file.

mod line;
mod passwords;
mod reasons;

use crate::cli::{
    UsersFileOption,
    failure::Failure,
    output,
    search::{Found, Search},
};
use clap::Args;
use keyway_frontend::{FailureId, UsersFile};
use line::Refused;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal, Read},
    path::PathBuf,
};

/// A line of the log that is longer is none of ours.
const LINE_MAX: u64 = 64 << 10;

/// Without an id, so many of the last refusals are listed.
const LISTED: usize = 20;

/// Which login, and where its log is.
#[derive(Args, Debug)]
pub(super) struct ExplainOptions {
    /// The id behind `id=` in the log; without one, the last refused logins are listed with theirs
    id: Option<FailureId>,
    /// The log of `keyway serve -v` [default: stdin, as in `journalctl -u keyway -o cat | keyway doctor explain ID`]
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    users: UsersFileOption,
}

/// Answers, or says what to try when the log does not have it.
pub(super) fn explain(options: &ExplainOptions) -> Result<(), Failure> {
    let log = open(options)?;
    let Some(id) = options.id else { return list(log) };
    let refused = find(log, |refused| refused.id == id)?.pop().ok_or_else(|| {
        Failure::refused(format_args!(
            "{id} is not in this log. Refused logins are logged from `keyway serve -v` on; the log may have been rotated"
        ))
    })?;
    let users = users(options)?;
    for (label, text) in refused.facts().into_iter().chain(reasons::explain(&refused, users.as_ref())) {
        output::say(&format_args!("{label:9} {text}"));
    }
    Ok(())
}

fn list(log: impl Read) -> Result<(), Failure> {
    let refusals = find(log, |_| true)?;
    if refusals.is_empty() {
        return Err(Failure::refused(
            "no login was refused, says this log; refused logins are logged from `keyway serve -v` on",
        ));
    }
    for refused in refusals.iter().skip(refusals.len().saturating_sub(LISTED)) {
        output::say(refused);
    }
    Ok(())
}

/// `None` where there is no file, since users may come from elsewhere, and where it cannot be read: what the log says is worth
/// something without it.
fn users(options: &ExplainOptions) -> Result<Option<UsersFile>, Failure> {
    match Search::new(options.users.users.as_deref()).run()? {
        Found::There(path) => {
            let loaded = UsersFile::load(&path);
            if let Err(error) = &loaded {
                output::complain(&format_args!("explained without the users: {error}"));
            }
            Ok(loaded.ok())
        }
        Found::Missing(path) => Err(crate::cli::search::missing(&path)),
        Found::Nowhere => Ok(None),
    }
}

fn open(options: &ExplainOptions) -> Result<Box<dyn Read>, Failure> {
    match &options.log {
        Some(path) => File::open(path)
            .map(|file| -> Box<dyn Read> { Box::new(file) })
            .map_err(|error| Failure::refused(format_args!("cannot read {}: {error}", path.display()))),
        None if io::stdin().is_terminal() => Err(Failure::usage(
            "where is the log? --log FILE, or a pipe: journalctl -u keyway -o cat | keyway doctor explain ID",
        )),
        None => Ok(Box::new(io::stdin())),
    }
}

/// Those of the log that are wanted, in its order. What is no text, or no line of ours, is passed over.
fn find(log: impl Read, wanted: impl Fn(&Refused) -> bool) -> Result<Vec<Refused>, Failure> {
    let (mut log, mut line, mut found) = (BufReader::new(log), Vec::new(), Vec::new());
    loop {
        line.clear();
        let read = log.by_ref().take(LINE_MAX).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return Ok(found),
            Ok(_) => found.extend(Refused::read(&String::from_utf8_lossy(&line)).filter(&wanted)),
            Err(error) => return Err(Failure::refused(format_args!("cannot read the log: {error}"))),
        }
    }
}
