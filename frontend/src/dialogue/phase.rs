//! Where a connection stands.

use crate::{sasl::Pending, wire::Asked};
use keyway::{Mechanism, Session, audit::Claimed};

/// Where a connection stands. What a login under way needs has an allocation of its own: each idle connection has room for what is
/// here.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nobody is logged in.
    Locked,
    /// A login waits for the client's next message.
    Exchanging(Box<Pending>),
    /// A login waits for its verdict.
    Verifying(Box<Verifying>),
    /// Logged in as whoever the session says.
    Open(Session),
    /// Over: nothing more is read.
    Closed,
}

/// A login that waits for its verdict, and the answer to this request with it.
#[derive(Debug)]
pub(super) struct Verifying {
    pub(super) mechanism: Mechanism,
    pub(super) asked: Asked,
    /// The name as it was claimed, for the log,
    pub(super) claimed: Box<str>,
    /// and cut short, for the audit.
    pub(super) told: Claimed,
}
