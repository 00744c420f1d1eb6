//! A session as one of those that are live.

use super::Session;
use crate::{OpenedBy, SessionId, Users};

impl Session {
    /// What it is called among the live sessions ([`Users::sessions`](crate::Users::sessions)); its clones share it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(cache.users().sessions(None, 10)[0].id, session.id());
    /// assert_eq!(session.clone().id(), session.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.seat.id()
    }

    /// Who lists it.
    pub(crate) fn users(&self) -> Option<Users> {
        self.seat.users()
    }

    /// By what it was opened.
    ///
    /// ```
    /// # use keyway::{Cache, Config, OpenedBy, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// assert_eq!(session.opened_by(), OpenedBy::Code);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn opened_by(&self) -> OpenedBy {
        self.seat.opened_by()
    }

    /// Counts what went through it, for whoever lists the live sessions: for servers, from one thread at a time. It limits
    /// nothing.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let session = cache.session_for("app")?;
    /// session.note_traffic(1, 24, 48);
    /// assert_eq!(cache.users().sessions(None, 10)[0].traffic.bytes_out, 48);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn note_traffic(&self, requests: u64, bytes_in: u64, bytes_out: u64) {
        self.seat.note_traffic(requests, bytes_in, bytes_out);
    }
}
