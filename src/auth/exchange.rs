//! A login by a mechanism under way: a client's messages in, what to do next out.
//!
//! ```text
//!            empty                 SCRAM: first message       last message
//! Opening ----------> Prompted ------------------> AwaitingProof ----> Judge(Proof)
//!    |    challenge ""   |           challenge                              | challenge "v="
//!    +------------------>+--- PLAIN: Verify(Claim)                    AwaitingReceipt
//!    |                                                                      | empty
//!    |  CRAM-MD5: empty                  answer                        Proven(Grant)
//!    +------------------> AwaitingResponse ----> Judge(Proof) --------------^
//!        challenge "<..>"
//! ```
//!
//! EXTERNAL has nothing to exchange: its one message says as whom the client wants to act, or nothing, and leads to `Proven`.
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
    channel::Channel,
    claim::Claim,
    cram_md5::{self, AwaitingResponse, ClaimedResponse},
    external,
    failure::{LoginError, LoginFailure},
    grant::Grant,
    mechanism::Mechanism,
    name::UserName,
    plain,
    scram::{self, AwaitingProof, AwaitingReceipt, Binding, ClaimedProof},
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
    Opening(Mechanism, Known),
    /// An empty message was answered by an empty challenge. Once only: the next one must say something.
    Prompted(Mechanism, Known),
    // Boxed, so that an exchange that waits for its first message is small.
    Proof(Box<AwaitingProof>),
    Receipt(Box<AwaitingReceipt>),
    Response(Box<AwaitingResponse>),
}

/// What is known of the channel, if anything is.
type Known = Option<Box<Channel>>;

/// What comes after a client's message.
#[derive(Debug)]
#[must_use]
pub(crate) enum Step {
    /// Send these bytes and feed the answer to the exchange.
    Challenge(Vec<u8>, Exchange),
    /// A password to verify, which takes milliseconds.
    Verify(Claim),
    /// A proof of SCRAM or CRAM-MD5 to judge, which takes microseconds.
    Judge(Proof),
    /// The client is who it says.
    Proven(Grant),
    /// It is over; tell the client nothing of the reason.
    Refused(LoginError),
}

impl Exchange {
    pub(crate) fn begin(mechanism: Mechanism, users: &Users) -> Self {
        Self { users: users.clone(), stage: Stage::Opening(mechanism, None) }
    }

    /// The same by messages that come this way.
    pub(crate) fn over(self, channel: Channel) -> Self {
        let known = (!channel.is_unknown()).then(|| Box::new(channel));
        let stage = match self.stage {
            Stage::Opening(mechanism, _) => Stage::Opening(mechanism, known),
            Stage::Prompted(mechanism, _) => Stage::Prompted(mechanism, known),
            under_way => under_way,
        };
        Self { stage, ..self }
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
            Stage::Opening(mechanism, _) | Stage::Prompted(mechanism, _) => match mechanism.scram_hash() {
                Some(_) => scram::claimed_name(message),
                // PLAIN asks when its claim is verified, CRAM-MD5 has not heard a name, and EXTERNAL asks nobody else.
                None => None,
            },
            Stage::Response(_) => cram_md5::claimed_name(message),
            // Asked for before.
            Stage::Proof(_) | Stage::Receipt(_) => None,
        };
        named.filter(|name| self.users.asks_source(name))
    }

    /// `message` is empty where the client sent none.
    pub(crate) fn step(self, message: &[u8]) -> Step {
        self.advance(message).unwrap_or_else(Step::Refused)
    }

    fn advance(self, message: &[u8]) -> Result<Step, LoginError> {
        let Self { users, stage } = self;
        match stage {
            // In CRAM-MD5 it is the server that speaks first, and in EXTERNAL nothing is a message.
            Stage::Opening(mechanism, known)
                if message.is_empty() && !matches!(mechanism, Mechanism::CramMd5 | Mechanism::External) =>
            {
                Ok(Step::Challenge(Vec::new(), Self { users, stage: Stage::Prompted(mechanism, known) }))
            }
            Stage::Opening(mechanism, known) | Stage::Prompted(mechanism, known) => match mechanism {
                Mechanism::ScramSha512Plus
                | Mechanism::ScramSha256Plus
                | Mechanism::ScramSha512
                | Mechanism::ScramSha256 => {
                    let binding = binding(mechanism, known.as_deref())?;
                    let (challenge, awaiting) = scram::begin(&users, mechanism, binding, message)?;
                    Ok(Step::Challenge(challenge, Self { users, stage: Stage::Proof(Box::new(awaiting)) }))
                }
                Mechanism::External => external::log_in(&users, known.as_deref(), message).map(Step::Proven),
                Mechanism::Plain => Self::claim(&users, message),
                Mechanism::CramMd5 => {
                    let (challenge, awaiting) = cram_md5::begin(message)?;
                    Ok(Step::Challenge(challenge, Self { users, stage: Stage::Response(Box::new(awaiting)) }))
                }
            },
            Stage::Proof(awaiting) => {
                let claimed = Claimed::Scram(Box::new(awaiting.read(message)?));
                Ok(Step::Judge(Proof { users, claimed }))
            }
            Stage::Receipt(awaiting) => Ok(Step::Proven(awaiting.finish(message)?)),
            Stage::Response(awaiting) => {
                let claimed = Claimed::CramMd5(Box::new(awaiting.read(&users, message)?));
                Ok(Step::Judge(Proof { users, claimed }))
            }
        }
    }

    fn claim(users: &Users, message: &[u8]) -> Result<Step, LoginError> {
        match plain::claim(users, message)?.recall() {
            Ok(outcome) => outcome.map(Step::Proven),
            Err(claim) => Ok(Step::Verify(claim)),
        }
    }
}

/// What SCRAM by this mechanism has to be bound to.
fn binding(mechanism: Mechanism, known: Option<&Channel>) -> Result<Binding, LoginError> {
    match (mechanism.binds(), known.and_then(|channel| channel.tls_exporter)) {
        (true, Some(exporter)) => Ok(Binding::To(exporter)),
        // There is nothing to bind to, so nobody was offered it.
        (true, None) => Err(LoginError::nameless(LoginFailure::UnknownBinding)),
        (false, Some(_)) => Ok(Binding::Offered),
        (false, None) => Ok(Binding::Unavailable),
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
        match &mut step {
            Step::Challenge(_, Exchange { stage: Stage::Proof(awaiting), .. }) => awaiting.under(certainty),
            Step::Judge(Proof { claimed: Claimed::CramMd5(response), .. }) => response.under(certainty),
            _ => {}
        }
        step
    }
}

/// A client's proof that it knows a password, not yet judged.
#[derive(Debug)]
pub(crate) struct Proof {
    users: Users,
    claimed: Claimed,
}

#[derive(Debug)]
enum Claimed {
    Scram(Box<ClaimedProof>),
    CramMd5(Box<ClaimedResponse>),
}

/// What a right proof leads to.
#[derive(Debug)]
#[must_use]
pub(crate) enum Judged {
    /// Send these bytes, the server's own proof, and feed the answer to the exchange.
    Challenge(Vec<u8>, Exchange),
    /// The client is who it says.
    Proven(Grant),
}

impl Proof {
    /// The name, as it was sent.
    pub(crate) fn claimed_name(&self) -> &str {
        match &self.claimed {
            Claimed::Scram(proof) => proof.claimed_name(),
            Claimed::CramMd5(response) => response.claimed_name(),
        }
    }

    /// Whom it is a guess at: see `Claim::target`.
    pub(crate) fn target(&self) -> Box<str> {
        match &self.claimed {
            Claimed::Scram(proof) => proof.target().into(),
            Claimed::CramMd5(response) => response.target().into(),
        }
    }

    /// Judges: microseconds of CPU, the same whether or not there is such a user.
    pub(crate) fn judge(self) -> Result<Judged, LoginError> {
        let Self { users, claimed } = self;
        match claimed {
            Claimed::Scram(proof) => {
                let (signature, awaiting) = proof.judge()?;
                let stage = Stage::Receipt(Box::new(awaiting));
                Ok(Judged::Challenge(signature, Exchange { users, stage }))
            }
            Claimed::CramMd5(response) => response.judge().map(Judged::Proven),
        }
    }
}
