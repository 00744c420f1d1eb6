//! What a running server writes: better forms of passwords into the users file, and when passwords were used beside it.

use keyway::{Upgrade, Users};
use keyway_frontend::{LastUsed, UsersFile};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// How often what was used is written, and how long after a failure something is tried again.
const EVERY: Duration = Duration::from_secs(60);

/// Keeps the users file, and what is beside it, those of the running users.
#[derive(Debug)]
pub(super) struct Keeping {
    path: PathBuf,
    /// Not yet in the file.
    upgrades: Vec<Upgrade>,
    upgrade_again: Instant,
    used: LastUsed,
    /// Whether the last note has been written.
    written: bool,
    note_again: Instant,
    /// So that what cannot be written is complained of once.
    complained: bool,
}

impl Keeping {
    pub(super) fn new(path: PathBuf) -> Self {
        let used = LastUsed::load(&path);
        let now = Instant::now();
        Self {
            path,
            upgrades: Vec::new(),
            upgrade_again: now,
            used,
            written: true,
            note_again: now + EVERY,
            complained: false,
        }
    }

    /// Writes what is due.
    pub(super) fn look(&mut self, users: &Users) {
        let now = Instant::now();
        let new = users.take_upgrades();
        if !new.is_empty() {
            self.upgrades.extend(new);
            self.upgrade_again = now;
        }
        if !self.upgrades.is_empty() && self.upgrade_again <= now {
            self.upgrade_again = now + EVERY;
            self.store_upgrades();
        }
        if self.note_again <= now {
            self.note_again = now + EVERY;
            self.note(users);
        }
    }

    /// Writes what was used last.
    pub(super) fn end(&mut self, users: &Users) {
        self.look(users);
        self.note(users);
    }

    /// Under the file's lock, and only where it still has what was upgraded.
    fn store_upgrades(&mut self) {
        let stored = UsersFile::edit(&self.path, |file| {
            let done = self.upgrades.iter().filter(|upgrade| file.upgrade(upgrade));
            Ok(done.count())
        });
        match stored {
            Ok(count) => {
                tracing::info!(file = %self.path.display(), count, "weak password hashes gave way to verifiers");
                self.upgrades.clear();
            }
            Err(error) => {
                tracing::error!("{error}; weak password hashes stay in it until it can be written");
            }
        }
    }

    fn note(&mut self, users: &Users) {
        self.written = !self.used.note(users) && self.written;
        if self.written {
            return;
        }
        match self.used.save(&self.path) {
            Ok(()) => self.written = true,
            Err(error) if !self.complained => {
                self.complained = true;
                tracing::warn!(
                    "{error}; `keyway user credentials` will not know when passwords were last used"
                );
            }
            Err(_) => {}
        }
    }
}
