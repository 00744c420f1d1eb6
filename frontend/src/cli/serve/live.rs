//! What of a running server follows its settings, and what of them does not.

use super::{ServeOptions, administer, open_files, rehearsal, resident::Watched, size};
use crate::cli::{
    config::{Change, Told},
    failure::Failure,
    logging::Log,
    output,
};
use keyway::Cache;
#[cfg(unix)]
use keyway_frontend::admin::AdminSocket;
use keyway_frontend::{AuditWriter, Server};

/// The parts that can be changed while the server runs.
pub(super) struct Live {
    pub(super) log: Log,
    pub(super) cache: Cache,
    /// What keeps the process near the budget, if something does.
    pub(super) watched: Option<Watched>,
    pub(super) audit: Option<AuditWriter>,
    #[cfg(unix)]
    pub(super) administered: Option<AdminSocket>,
    /// What `--sasl-conf` said at the start; it is not read again.
    pub(super) verbosity_of_sasl: u8,
}

/// What can be applied while the server runs; `docs/operating.md` has the same list.
const APPLIED: [&str; 13] = [
    "memory-limit",
    "verbose",
    "conn-limit",
    "strangers",
    "strangers-per-address",
    "guesses-per-name",
    "guesses-per-address",
    "derivations-per-address",
    "audit",
    "audit-limit",
    "audit-keys",
    "admin-socket",
    "forget-logins",
];

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Applied,
    /// The running server does not look at it again.
    Deferred,
}

impl Live {
    /// Reads the settings again and applies what can be; says of each change which it is. Settings that cannot be used change nothing.
    pub(super) fn reload(&mut self, told: &mut Told, server: &Server) {
        let read = told.again().and_then(|(options, changes)| {
            rehearsal::contradictions(&options)?;
            Ok((options, changes))
        });
        let (options, changes) = match read {
            Ok(read) => read,
            Err(failure) => {
                tracing::error!("{failure}; all settings stay as they were");
                return;
            }
        };
        for change in changes {
            let Change { key, before, now, .. } = &change;
            match self.apply(key, &options, server) {
                Ok(Became::Applied) => {
                    output::say(&format_args!("{key}: {before} -> {now}: applied"));
                    told.carried_out(change);
                }
                Ok(Became::Deferred) => output::complain(&format_args!(
                    "WARNING: {key}: {before} -> {now}: needs a restart; until then it is {before}"
                )),
                Err(failure) => {
                    tracing::error!("{key}: {before} -> {now}: {failure}; it stays {before}");
                }
            }
        }
    }

    fn apply(&mut self, key: &str, options: &ServeOptions, server: &Server) -> Result<Became, Failure> {
        match key {
            key if !APPLIED.contains(&key) => return Ok(Became::Deferred),
            "conn-limit" => {
                open_files::make_room(options.connections);
                bound(server, options)?;
            }
            "guesses-per-name"
            | "guesses-per-address"
            | "strangers"
            | "strangers-per-address"
            | "derivations-per-address" => bound(server, options)?,
            "verbose" => self.log.set(options.verbose.max(self.verbosity_of_sasl)),
            "memory-limit" => self.resize(size::Limits::new(options.memory, options.max_item)?.budget)?,
            "audit" | "audit-limit" => options.audit.go_on(&self.cache, &mut self.audit)?,
            "audit-keys" => options.audit.show_keys(&self.cache),
            #[cfg(unix)]
            "admin-socket" => {
                // Opened before the other one is closed: where that fails, there is still one.
                self.administered = administer(options, &self.cache, server.status_board())?;
            }
            "forget-logins" if options.forget_logins => self.cache.users().stop_remembering(),
            _ => return Ok(Became::Deferred),
        }
        Ok(Became::Applied)
    }

    fn resize(&mut self, budget: usize) -> Result<(), Failure> {
        match &mut self.watched {
            Some(watched) => watched.restate(&self.cache, budget),
            None => self.cache.resize(budget).map_err(Failure::refused),
        }
    }
}

/// All bounds at once: some go together, and a part of them may be none that could be.
fn bound(server: &Server, options: &ServeOptions) -> Result<(), Failure> {
    server.bound(&rehearsal::server_config(options)).map_err(Failure::refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_names_what_can_be_applied() {
        let guide = include_str!("../../../../docs/operating.md");
        let table = guide.split("| applied at once |").nth(1).unwrap().split("\n\n").next().unwrap();
        let keys = table.lines().filter_map(|row| row.strip_prefix("| ")?.split('|').next());
        let named = keys.flat_map(|keys| keys.split('`').skip(1).step_by(2));
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        let mut applied = APPLIED;
        applied.sort_unstable();
        assert_eq!(named, applied);
    }
}
