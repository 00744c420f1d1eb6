//! What is counted of a conversation.

use super::{Dialogue, phase::Phase};
use crate::{
    Outbox,
    tally::{Count, Tally},
};

impl Dialogue {
    /// Counts the connection, for `stats`.
    pub(crate) fn count_opened(&self) {
        self.door.connection_opened(self.thread.into());
    }

    /// Counts its end.
    pub(crate) fn count_closed(&self) {
        self.door.connection_closed(self.thread.into());
    }

    pub(super) fn tally(&self) -> &Tally {
        self.door.tally(self.thread.into())
    }

    /// Counts what was put into the outbox since it held `already` bytes.
    pub(super) fn count_written(&self, already: usize, out: &Outbox) {
        self.tally().add(Count::BytesWritten, (out.len() - already) as u64);
    }

    /// Counts for whoever lists the live sessions; not what goes through the one that all have who have not logged in.
    pub(super) fn note_traffic(&self, requests: u64, bytes_in: usize, bytes_out: usize) {
        let Phase::Open(session) = &self.phase else { return };
        if self.door.entrance().anonymous.as_ref().is_none_or(|everybody| everybody.id() != session.id()) {
            session.note_traffic(requests, bytes_in as u64, bytes_out as u64);
        }
    }
}
