//! A session as one of those that are live.

use super::Session;
use crate::{OpenedBy, SessionId, Users};

impl Session {
    /// What it is called among the live sessions ([`Users::sessions`](crate::Users::sessions)); its clones share it.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.seat.id()
    }

    /// Who lists it.
    pub(crate) fn users(&self) -> Option<Users> {
        self.seat.users()
    }

    /// By what it was opened.
    #[must_use]
    pub fn opened_by(&self) -> OpenedBy {
        self.seat.opened_by()
    }

    /// Counts what went through it, for whoever lists the live sessions: for servers, from one thread at a time. It limits
    /// nothing.
    pub fn note_traffic(&self, requests: u64, bytes_in: u64, bytes_out: u64) {
        self.seat.note_traffic(requests, bytes_in, bytes_out);
    }
}
