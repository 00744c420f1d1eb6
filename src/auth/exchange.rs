//! A login by a mechanism under way: a client's messages in, what to do next out.
//!
//! ```text
//!            empty                 SCRAM: first message       last message
//! Opening ----------> Prompted ------------------> AwaitingProof ----> Judge(Proof)
//!    |    challenge ""   |           challenge                              | challenge "v="
//!    +------------------>+--- PLAIN: Verify(Claim)                    AwaitingReceipt
//!                                                                           | empty
//!                                                                      Proven(Grant)
//! ```
//!
//! Where a source of users has to be asked who somebody is, a message that names somebody leads to a look-up first
//! (`LookUp`); PLAIN asks as part of its claim.
//!
//! Claims and proofs are guesses, so they are handed out to be judged when whoever limits guesses allows it. A password that is remembered (see `memory`) is proven without the claim. Whatever else comes is refused, and a
//! refused exchange is gone.

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::{
    account::Grant,
    claim::Claim,
    failure::LoginError,
    mechanism::Mechanism,
    name::UserName,
    plain,
    scram::{self, AwaitingProof, AwaitingReceipt, ClaimedProof},
    users::Users,
};

/// What a mechanism has got to.
#[derive(Debug)]
pub(crate) struct Exchange {
    users: Users,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Opening(Mechanism),
    /// An empty message was answered by an empty challenge. Once only: the next one must say something.
    Prompted(Mechanism),
    // Boxed, so that an exchange that waits for its first message is small.
    Proof(Box<AwaitingProof>),
    Receipt(Box<AwaitingReceipt>),
}

/// What comes after a client's message.
#[derive(Debug)]
#[must_use]
pub(crate) enum Step {
    /// Send these bytes and feed the answer to the exchange.
    Challenge(Vec<u8>, Exchange),
    /// A password to verify, which takes milliseconds.
    Verify(Claim),
    /// A proof of SCRAM to judge, which takes microseconds.
    Judge(Proof),
    /// The client is who it says.
    Proven(Grant),
    /// It is over; tell the client nothing of the reason.
    Refused(LoginError),
}

impl Exchange {
    pub(crate) fn begin(mechanism: Mechanism, users: &Users) -> Self {
        Self { users: users.clone(), stage: Stage::Opening(mechanism) }
    }

    /// What is to be looked up at the source of users before this message can be answered; the exchange as it was if
    /// nothing is.
    pub(crate) fn look_up_first(self, message: &[u8]) -> Result<LookUp, Self> {
        match self.name_to_look_up(message) {
            Some(name) => Ok(LookUp { exchange: self, message: message.into(), name }),
            None => Err(self),
        }
    }

    /// Whom this message names, if the source of users is to be asked for that name before the answer.
    fn name_to_look_up(&self, message: &[u8]) -> Option<UserName> {
        let named = match &self.stage {
            Stage::Opening(Mechanism::ScramSha256) | Stage::Prompted(Mechanism::ScramSha256) => {
                scram::claimed_name(message)
            }
            // PLAIN asks when its claim is verified; the others name nobody new.
            _ => None,
        };
        named.filter(|name| self.users.asks_source(name))
    }

    /// `message` is empty where the client sent none.
    pub(crate) fn step(self, message: &[u8]) -> Step {
        let Self { users, stage } = self;
        let next = match stage {
            Stage::Opening(mechanism) if message.is_empty() => {
                Ok(Step::Challenge(Vec::new(), Self { users, stage: Stage::Prompted(mechanism) }))
            }
            Stage::Opening(Mechanism::Plain) | Stage::Prompted(Mechanism::Plain) => {
                plain::claim(&users, message).map(|claim| match claim.recall() {
                    Ok(outcome) => outcome.map_or_else(Step::Refused, Step::Proven),
                    Err(claim) => Step::Verify(claim),
                })
            }
            Stage::Opening(Mechanism::ScramSha256) | Stage::Prompted(Mechanism::ScramSha256) => {
                scram::begin(&users, message).map(|(challenge, awaiting)| {
                    Step::Challenge(challenge, Self { users, stage: Stage::Proof(Box::new(awaiting)) })
                })
            }
            Stage::Proof(awaiting) => {
                awaiting.read(message).map(|claimed| Step::Judge(Proof { users, claimed: Box::new(claimed) }))
            }
            Stage::Receipt(awaiting) => awaiting.finish(message).map(Step::Proven),
        };
        next.unwrap_or_else(Step::Refused)
    }
}

/// A message that names somebody for whom the source of users is to be asked before it is answered.
#[derive(Debug)]
pub(crate) struct LookUp {
    exchange: Exchange,
    message: Box<[u8]>,
    name: UserName,
}

impl LookUp {
    /// The name, prepared.
    pub(crate) fn claimed_name(&self) -> &str {
        self.name.as_str()
    }

    /// Whom it would be a guess at: see `Claim::target`.
    pub(crate) fn target(&self) -> Box<str> {
        self.name.stem().into()
    }

    /// Asks, which may block for a second, and goes on with the exchange.
    pub(crate) fn run(self) -> Step {
        let Self { exchange, message, name } = self;
        let consulted = exchange.users.consult(&name);
        let certainty = exchange.users.certainty(&name, &consulted);
        let mut step = exchange.step(&message);
        if let Step::Challenge(_, Exchange { stage: Stage::Proof(awaiting), .. }) = &mut step {
            awaiting.under(certainty);
        }
        step
    }
}

/// A client's proof that it knows a password, not yet judged.
#[derive(Debug)]
pub(crate) struct Proof {
    users: Users,
    claimed: Box<ClaimedProof>,
}

impl Proof {
    /// The name, as it was sent.
    pub(crate) fn claimed_name(&self) -> &str {
        self.claimed.claimed_name()
    }

    /// Whom it is a guess at: see `Claim::target`.
    pub(crate) fn target(&self) -> Box<str> {
        self.claimed.target().into()
    }

    /// Judges: microseconds of CPU, the same whether or not there is such a user. Yields the server's own proof for the
    /// client, and what waits for its answer.
    pub(crate) fn judge(self) -> Result<(Vec<u8>, Exchange), LoginError> {
        let Self { users, claimed } = self;
        let (signature, awaiting) = claimed.judge()?;
        Ok((signature, Exchange { users, stage: Stage::Receipt(Box::new(awaiting)) }))
    }
}
