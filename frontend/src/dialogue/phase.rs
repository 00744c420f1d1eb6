//! Where a connection stands.

use crate::{sasl::Pending, wire::Asked};
use keyway::{Mechanism, Session, audit::Claimed};

/// Where a connection stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nobody is logged in.
    Locked,
    /// A login waits for the client's next message.
    Exchanging(Pending),
    /// A login waits for its verdict, and the answer to this request with it. The name is as it was claimed, for the log, and
    /// cut short, for the audit.
    Verifying { mechanism: Mechanism, asked: Asked, claimed: Box<str>, told: Box<Claimed> },
    /// Logged in as whoever the session says.
    Open(Session),
    /// Over: nothing more is read.
    Closed,
}
