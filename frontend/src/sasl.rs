//! From the wire's login requests to the cache's exchanges.

use crate::{Door, ServerFinal, wire::Hidden};
use keyway::{Attempt, Channel, Exchange, LoginError, Mechanism, Session, Step, Verified, audit::Origin};

/// A login that waits for the client's next message.
#[derive(Debug)]
pub(crate) struct Pending {
    mechanism: Mechanism,
    exchange: Exchange,
}

/// What a client's message led to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Send this, and feed the answer to the pending login.
    Challenge(Vec<u8>, Pending),
    /// A guess: to be counted, and to be verified where its cost hurts nobody.
    Verify(Mechanism, Attempt),
    /// Logged in. The last bytes are the server's own proof, which goes with the good news; mostly there are none.
    Open(Mechanism, Session, Vec<u8>),
    /// The reason is for the log.
    Refused(Mechanism, LoginError),
    /// Refused by its form alone: no such mechanism here, or a step of a login that is not under way.
    OutOfPlace(Misplaced),
}

/// What of its form is wrong.
#[derive(Debug)]
pub(crate) enum Misplaced {
    /// No mechanism of this name is offered.
    NotOffered(Box<[u8]>),
    /// A step, and no login is under way.
    NoLoginUnderWay,
    /// A step that names another mechanism than the login did.
    OtherMechanism,
}

impl Misplaced {
    /// Its name in the log and in the audit.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NotOffered(_) => "NotOffered",
            Self::NoLoginUnderWay => "NoLoginUnderWay",
            Self::OtherMechanism => "OtherMechanism",
        }
    }
}

/// The names of the mechanisms to choose from, as clients read them.
pub(crate) fn list(door: &Door, channel: &Channel) -> String {
    let listed = door.entrance().listed(door.cache().users(), channel).into_iter();
    listed.map(|mechanism| mechanism.name()).collect::<Vec<_>>().join(" ")
}

/// Begins a login. `message` may be empty: then the mechanism asks for the first one.
pub(crate) fn begin(
    door: &Door,
    origin: &Origin,
    channel: Channel,
    mechanism: &[u8],
    message: Hidden<'_>,
) -> Outcome {
    match Mechanism::from_name(mechanism) {
        Some(mechanism) if door.entrance().takes(mechanism, &channel) => {
            let exchange = door.cache().exchange(mechanism).coming_from(origin.clone()).over(channel);
            take(mechanism, exchange.step(message.0))
        }
        _ => Outcome::OutOfPlace(Misplaced::NotOffered(mechanism.into())),
    }
}

impl Pending {
    /// The client's next message. A step that names another mechanism belongs to another login, and ends this one.
    pub(crate) fn resume(self, mechanism: &[u8], message: Hidden<'_>) -> Outcome {
        if Mechanism::from_name(mechanism) == Some(self.mechanism) {
            take(self.mechanism, self.exchange.step(message.0))
        } else {
            Outcome::OutOfPlace(Misplaced::OtherMechanism)
        }
    }
}

/// What the verification of an [`Outcome::Verify`] led to.
pub(crate) fn conclude(door: &Door, mechanism: Mechanism, verified: Result<Verified, LoginError>) -> Outcome {
    match verified {
        Ok(Verified::Open(session)) => Outcome::Open(mechanism, session, Vec::new()),
        Ok(Verified::Challenge(message, exchange)) => match door.entrance().server_final {
            ServerFinal::Step => Outcome::Challenge(message, Pending { mechanism, exchange }),
            // The client will not say that it found the proof right, so that is taken for said.
            ServerFinal::Success => match exchange.step(b"") {
                Step::Open(session) => Outcome::Open(mechanism, session, message),
                other => take(mechanism, other),
            },
        },
        Ok(Verified::Continue(message, exchange)) => {
            Outcome::Challenge(message, Pending { mechanism, exchange })
        }
        Err(error) => Outcome::Refused(mechanism, error),
    }
}

fn take(mechanism: Mechanism, step: Step) -> Outcome {
    match step {
        Step::Challenge(message, exchange) => Outcome::Challenge(message, Pending { mechanism, exchange }),
        Step::Verify(attempt) => Outcome::Verify(mechanism, attempt),
        Step::Open(session) => Outcome::Open(mechanism, session, Vec::new()),
        Step::Refused(error) => Outcome::Refused(mechanism, error),
    }
}
