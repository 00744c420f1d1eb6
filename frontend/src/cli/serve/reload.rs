//! While the server runs: a changed users file counts within a second, so that removing a user ends the
//! user's sessions.

use super::{
    keeping::Keeping,
    live::Live,
    metrics::Served,
    signals::{Signals, Wish},
    source::Rechecks,
    stamp::Stamp,
    systemd::Notify,
    tls::TlsFiles,
};
use crate::cli::{config::Told, failure::Failure};
use keyway::{Cache, UserRecord};
use keyway_frontend::{Server, UsersFile, metrics::Reloads};
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often the file is looked at. One look is one system call; twice a second keeps the promise of "within
/// a second".
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What it is called in metrics.
const USERS_FILE: &str = "users_file";

/// The users file as it was last read.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    path: PathBuf,
    /// What the last look found; errors by their kind only, so that the same one is reported once.
    last: Result<Option<Stamp>, io::ErrorKind>,
    /// Who is there as well.
    beside: Option<UserRecord>,
}

impl Watch {
    /// Watches this file; make it before the file is read for the first time.
    pub(super) fn new(path: PathBuf, beside: Option<UserRecord>) -> Self {
        let last = look(&path);
        Self { path, last, beside }
    }

    /// Reads the file, and adds to it in memory who is there as well. A user of that name in the file is an error: nobody could
    /// say which of the two passwords is meant.
    pub(super) fn load(&self) -> Result<UsersFile, Failure> {
        let mut file = UsersFile::load(&self.path)?;
        if let Some(user) = &self.beside {
            if file.contains(&user.name) {
                return Err(named_twice(&self.path, &user.name));
            }
            file.add_record(user.clone())?;
        }
        Ok(file)
    }

    /// Takes the file up if it is another one than at the last look.
    fn look(&mut self, cache: &Cache, reloads: &Reloads) {
        let found = look(&self.path);
        if found != self.last {
            self.last = found;
            self.take_up(cache, reloads);
        }
    }

    /// Takes the file up, whether it is another one or not.
    fn reload(&mut self, cache: &Cache, reloads: &Reloads) {
        self.last = look(&self.path);
        self.take_up(cache, reloads);
    }

    /// One that is missing or wrong changes nothing: a slip while editing logs nobody out.
    fn take_up(&self, cache: &Cache, reloads: &Reloads) {
        match self.try_to_take_up(cache) {
            Ok(()) => reloads.succeeded(USERS_FILE),
            Err(text) => {
                reloads.failed(USERS_FILE);
                tracing::error!("{text}; the users stay as they were");
            }
        }
    }

    fn try_to_take_up(&self, cache: &Cache) -> Result<(), String> {
        let file = self.load().map_err(|error| error.to_string())?;
        let path = self.path.display();
        file.apply_to_cache(cache).map_err(|error| format!("users file {path}: {error}"))?;
        if file.is_empty() {
            tracing::warn!(file = %path, "the users file has no users any more: nobody can log in by it");
        } else {
            tracing::info!(file = %path, users = file.len(), "users file read again");
        }
        Ok(())
    }
}

/// What to say of a user who is in the file and in the environment.
pub(super) fn named_twice(path: &Path, name: &str) -> Failure {
    Failure::refused(format_args!(
        "users file {}: there is a user {name:?}, whom the environment ($MEMCACHED_USERNAME) makes, too; remove one of the two",
        path.display()
    ))
}

fn look(path: &Path) -> Result<Option<Stamp>, io::ErrorKind> {
    Stamp::of(path).map_err(|error| error.kind())
}

/// What is kept up while the server runs, and seen to on SIGHUP.
pub(super) struct Kept<'a> {
    pub(super) watch: Option<Watch>,
    pub(super) rechecks: Option<&'a Rechecks>,
    pub(super) live: &'a mut Live,
    pub(super) told: &'a mut Told,
    /// Whoever started the server, and what it was told of it last.
    pub(super) notify: &'a Notify,
    pub(super) status: String,
    pub(super) tls: &'a mut TlsFiles,
    pub(super) http: Option<&'a Served>,
    pub(super) reloads: &'a Reloads,
}

/// Waits for the end, and meanwhile keeps the users those of the file, if there is one.
///
/// # Errors
/// The server ended without being asked to.
pub(super) fn until_stopped(
    signals: &Signals,
    Kept { mut watch, rechecks, live, told, notify, status, tls, http, reloads }: Kept<'_>,
    cache: &Cache,
    server: &Server,
) -> Result<(), Failure> {
    if watch.is_some() {
        // It was read before the server began.
        reloads.succeeded(USERS_FILE);
    }
    let mut keeping = watch.as_ref().map(|watch| Keeping::new(watch.path.clone()));
    while server.is_running() {
        let wish = signals.wait(LOOK_EVERY);
        let reloading = wish == Some(Wish::Reload);
        if reloading {
            notify.reloading();
        }
        tls.look(reloads);
        if let (Some(Wish::Reload), Some(rechecks)) = (&wish, rechecks) {
            rechecks.look_now();
        }
        if reloading {
            live.reload(told, server);
            if let Some(audit) = &live.audit {
                audit.reopen();
            }
            if let Some(http) = http {
                http.read_token_again();
            }
        }
        match (wish, &mut watch) {
            (Some(Wish::Stop), _) => {
                if let Some(keeping) = &mut keeping {
                    keeping.end(cache.users());
                }
                return Ok(());
            }
            (Some(Wish::Reload), Some(watch)) => watch.reload(cache, reloads),
            (None, Some(watch)) => watch.look(cache, reloads),
            (_, None) => {}
        }
        if reloading {
            notify.ready(&status);
        }
        if let Some(keeping) = &mut keeping {
            keeping.look(cache.users());
        }
    }
    Err(Failure::refused("the server ended by itself; the log says why"))
}
