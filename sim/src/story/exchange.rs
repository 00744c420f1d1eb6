//! Exchanges of each mechanism beside the reference, without a wire: messages in any order, nearly right ones and the right ones.
//! Nobody gets in whom the reference would not let in, and who is right does.

pub use crate::reference::MECHANISMS;

use super::messages::{Message, Said};
use crate::{
    conversation::PASSWORD,
    reference::{Exchange as Reference, Mechanism as Known, Reaction, USER, record},
};
use arbitrary::{Result, Unstructured};
use keyway::{Attempt, Cache, Config, Exchange, Mechanism, Role, Session, Step, Users, Verified};
use std::collections::BTreeSet;

/// More exchanges than this make a slow input and no new story.
const EXCHANGES_MAX: usize = 20;

/// How exchanges ended: the mechanism, and whether somebody was let in.
pub type Ends = BTreeSet<(&'static str, bool)>;

/// Tells the story that these bytes make.
///
/// # Panics
/// If an exchange does not do what the reference says.
pub fn tell(bytes: &[u8]) -> Ends {
    let mut input = Unstructured::new(bytes);
    let mut config = Config::new(1 << 20);
    config.stripes = 1;
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let users = Users::with_mock_key([7; 32]);
    users.add_record(record(Role::ReadWrite)).unwrap();
    let cache = Cache::new(config, users).unwrap();
    let mut ends = Ends::new();
    for _ in 0..EXCHANGES_MAX {
        let Ok(mechanism) = input.choose(&MECHANISMS).copied() else { break };
        if input.is_empty() {
            break;
        }
        let let_in = Story::new(&cache, mechanism).tell(&mut input);
        ends.insert((mechanism.name(), let_in));
    }
    ends
}

struct Story {
    exchange: Exchange,
    reference: Reference,
    said: Said,
}

/// What one message led to.
enum Next {
    On(Vec<u8>, Exchange),
    In(Session),
    Out,
}

impl Story {
    fn new(cache: &Cache, mechanism: Mechanism) -> Self {
        let known = Known::named(mechanism.name().as_bytes()).expect("the reference knows each");
        Self { exchange: cache.exchange(mechanism), reference: Reference::new(known), said: Said::of(known) }
    }

    /// Half of the messages are the right ones, or a login would hardly ever come to its end.
    fn message(&self, input: &mut Unstructured<'_>) -> Result<Message> {
        Ok(if input.arbitrary()? { right_message(&self.reference) } else { input.arbitrary()? })
    }

    /// Whether it ends with somebody let in.
    fn tell(mut self, input: &mut Unstructured<'_>) -> bool {
        loop {
            // What comes too late is left out: the client has gone.
            let Ok(message) = self.message(input) else { return false };
            let bytes = self.said.bytes(message);
            let shown = bytes.escape_ascii().to_string();
            let reaction = self.reference.react(&bytes);
            match (next(self.exchange.step(&bytes)), reaction) {
                (Next::On(challenge, exchange), Reaction::Challenge(expected, reference)) => {
                    assert_eq!(challenge, expected, "{shown}");
                    (self.exchange, self.reference) = (exchange, reference);
                }
                (Next::On(challenge, exchange), Reaction::Choice(choice)) => {
                    self.said.hear(&challenge);
                    (self.exchange, self.reference) = (exchange, choice.hear(&challenge));
                }
                (Next::In(session), Reaction::Open) => {
                    assert_eq!(session.user(), USER);
                    return true;
                }
                (Next::Out, Reaction::Refused) => return false,
                (Next::In(session), reaction) => {
                    panic!("{} was let in by {shown}, where {reaction:?} was due", session.user())
                }
                (Next::On(challenge, _), reaction) => {
                    panic!("{} to {shown}, where {reaction:?} was due", challenge.escape_ascii())
                }
                (Next::Out, reaction) => panic!("{shown} was refused, where {reaction:?} was due"),
            }
        }
    }
}

/// What a client says that has the password.
fn right_message(reference: &Reference) -> Message {
    match reference {
        Reference::Silent { mechanism: Known::Plain, .. } => {
            Message::Plain { acting_as: "", name: USER, password: PASSWORD }
        }
        Reference::Silent { mechanism: Known::Scram(_), .. } => {
            Message::First { header: "n,,".to_owned(), bare: format!("n={USER},r=fyko+d2lbb") }
        }
        Reference::Greeted(_) => Message::Final { slip: None },
        Reference::Dared(_) => Message::Answer { name: USER, slip: None },
        Reference::Silent { mechanism: Known::CramMd5, .. } | Reference::Proven(_) => Message::Empty,
    }
}

fn next(step: Step) -> Next {
    match step {
        Step::Challenge(challenge, exchange) => Next::On(challenge, exchange),
        Step::Verify(attempt) => verified(attempt),
        Step::Open(session) => Next::In(session),
        Step::Refused(error) => {
            assert_eq!(error.to_string(), "login refused");
            Next::Out
        }
    }
}

fn verified(attempt: Attempt) -> Next {
    match attempt.verify() {
        Ok(Verified::Open(session)) => Next::In(session),
        Ok(Verified::Challenge(challenge, exchange) | Verified::Continue(challenge, exchange)) => {
            Next::On(challenge, exchange)
        }
        Err(error) => {
            assert_eq!(error.to_string(), "login refused");
            Next::Out
        }
    }
}
