//! `--users-source`: users whom a database or a directory knows.

use crate::cli::{failure::Failure, output};
use clap::Args;
use keyway::{Mechanism, SourceError, UserSource, Users};
use keyway_frontend::SourceSettings;
use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

/// A name that is asked for once at the start, to see whether the source can be asked at all.
const TRIED: &str = "keyway-tries-whether-it-can-ask";

/// Where else users come from.
#[derive(Args, Debug)]
pub(crate) struct SourceOption {
    /// Take users from SQLite, PostgreSQL or LDAP too, by the settings in this file; see docs/ldap-and-sql.md
    #[arg(long, value_name = "FILE")]
    users_source: Option<PathBuf>,
}

/// A source that is to be drawn from.
pub(super) struct Opened {
    settings: SourceSettings,
    source: Box<dyn UserSource>,
    file: PathBuf,
}

/// Looks known users up again for as long as it lives.
pub(super) struct Rechecks(Sender<()>);

impl SourceOption {
    /// What the file says, if one is named.
    pub(super) fn settings(&self) -> Result<Option<SourceSettings>, Failure> {
        self.users_source
            .as_ref()
            .map(|file| SourceSettings::load(file).map_err(Failure::refused))
            .transpose()
    }

    /// Opens it, and asks it something. One that does not answer may do so later; one that answers what cannot be used is
    /// better seen to before the server runs.
    pub(super) fn open(&self) -> Result<Option<Opened>, Failure> {
        let (Some(file), Some(settings)) = (self.users_source.clone(), self.settings()?) else {
            return Ok(None);
        };
        let source = settings.open().map_err(Failure::refused)?;
        match source.find(TRIED) {
            Err(error @ SourceError::Unusable(_)) => Err(Failure::refused(error)),
            Err(error) => {
                output::complain(&format_args!("WARNING: {error}; until it does, its users cannot log in"));
                Ok(Some(Opened { settings, source, file }))
            }
            Ok(_) => Ok(Some(Opened { settings, source, file })),
        }
    }
}

/// The mechanisms to offer unless somebody says which. Clients take the strongest, so one that the users of a source may lack is
/// not among them.
pub(super) fn usual_mechanisms(settings: &SourceSettings) -> Vec<Mechanism> {
    if settings.verifies_passwords() {
        vec![Mechanism::Plain]
    } else {
        vec![Mechanism::ScramSha256, Mechanism::Plain]
    }
}

impl Opened {
    /// Whether passwords must come in the clear, since the source wants to see them.
    pub(super) fn verifies_passwords(&self) -> bool {
        self.source.verifies_passwords()
    }

    /// What to offer unless somebody says which.
    pub(super) fn usual_mechanisms(&self) -> Vec<Mechanism> {
        usual_mechanisms(&self.settings)
    }

    /// Says where users come from, and what the operator had better know.
    pub(super) fn announce(&self, mechanisms: &[Mechanism]) {
        let names: Vec<_> = mechanisms.iter().map(|mechanism| mechanism.name()).collect();
        let (kind, file) = (self.settings.kind(), self.file.display());
        output::say(&format_args!("users source: {kind}, by {file}; mechanisms: {}", names.join(" ")));
        if self.verifies_passwords() && mechanisms.iter().any(|mechanism| *mechanism != Mechanism::Plain) {
            output::complain(
                &"WARNING: the source verifies passwords itself, so its users log in by PLAIN alone, and clients take the \
                  strongest mechanism that is offered; --mechanisms PLAIN lets them in",
            );
        }
    }

    /// Lets it say who there is, and sees to it that whoever is gone there loses its sessions here.
    pub(super) fn attach(self, users: &Users) -> Result<Rechecks, Failure> {
        users.draw_from(self.source, self.settings.terms());
        let (orders, received) = channel();
        let (users, every) = (users.clone(), self.settings.recheck());
        thread::Builder::new()
            .name("keyway-source".to_owned())
            .spawn(move || look_again(&users, every, &received))
            .map_err(|error| Failure::refused(format_args!("no thread for the source of users: {error}")))?;
        Ok(Rechecks(orders))
    }
}

impl Rechecks {
    /// Without waiting for the time to come.
    pub(super) fn look_now(&self) {
        // It runs for as long as this is there.
        let _taken = self.0.send(());
    }
}

/// A thread of its own: a source that hangs must hold up nobody. Ends when nobody can order it any more.
fn look_again(users: &Users, every: Duration, orders: &Receiver<()>) {
    while !matches!(orders.recv_timeout(every), Err(RecvTimeoutError::Disconnected)) {
        // The source tells the log itself what is new about it.
        if let Err(error) = users.look_again() {
            tracing::debug!("users of the source were not all looked up again: {error}");
        }
    }
}
