//! A connection before login beside the reference: every exchange of every mechanism, nearly right messages and the right
//! ones. Nobody gets in whom the reference would not let in, and who is right does.

use super::{
    line::{Line, Outcomes},
    messages::{Message, Said, noise, slip},
    words::Draft,
};
use crate::{
    conversation::{ask, get},
    reference::{Mechanism, Reference, VALUE_MAX, entrance, record},
};
use arbitrary::{Arbitrary, Result, Unstructured};
use keyway::{Cache, Config, Role, Users};

/// More steps than this make a slow input and no new story.
const STEPS_MAX: usize = 60;

/// Mechanisms that are offered, or are nearly called so.
const MECHANISMS: [&str; 6] = ["PLAIN", "SCRAM-SHA-256", "plain", "SCRAM-SHA-512", "ANONYMOUS", "CRAM-MD5"];

#[derive(Debug)]
enum Step {
    Login {
        opcode: u8,
        mechanism: &'static str,
        message: Message,
        slip: Option<(usize, u8)>,
    },
    Ask(Draft),
    Noise(Vec<u8>),
    /// Pieces that the next messages are sent in; 0 is whole.
    Piece(u8),
}

impl Arbitrary<'_> for Step {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match input.arbitrary::<u8>()? {
            0..=3 => Self::Noise(noise(input)?),
            4..=15 => Self::Piece(input.arbitrary()?),
            16..=40 => Self::Ask(input.arbitrary()?),
            _ => {
                let opcode = if input.arbitrary()? { 0x21 } else { 0x22 };
                let mechanism = input.choose(&MECHANISMS)?;
                let message = input.arbitrary()?;
                let slip = slip(input)?.map(|(place, byte)| (usize::from(place % 24), byte));
                Self::Login { opcode, mechanism, message, slip }
            }
        })
    }
}

/// Tells the story that these bytes make; what was answered.
///
/// # Panics
/// If the connection does not do what the reference says.
pub fn tell(bytes: &[u8]) -> Outcomes {
    let mut input = Unstructured::new(bytes);
    let Ok(made) = input.arbitrary::<u8>() else { return Outcomes::new() };
    let mut story = Story::new(if made & 1 == 0 { usize::MAX } else { 60 });
    for _ in 0..STEPS_MAX {
        if input.is_empty() || story.line.is_over() {
            break;
        }
        let Ok(step) = input.arbitrary() else { break };
        story.tell(step);
    }
    story.end()
}

struct Story {
    line: Line,
    piece: usize,
    said: Said,
}

impl Story {
    fn new(window: usize) -> Self {
        let users = Users::with_mock_key([7; 32]);
        users.add_record(record(Role::ReadWrite)).unwrap();
        let mut config = Config::new(1 << 20);
        config.max_value = VALUE_MAX;
        config.stripes = 1;
        config.fixed_hash_key = Some([1, 2, 3, 4]);
        let cache = Cache::new(config, users).unwrap();
        let line = Line::to(&cache, entrance(), Reference::locked(Role::ReadWrite), window);
        Self { line, piece: usize::MAX, said: Said::of(Mechanism::Plain) }
    }

    fn tell(&mut self, step: Step) {
        match step {
            Step::Login { opcode, mechanism, message, slip } => {
                if let Some(Mechanism::Scram(hash)) = Mechanism::named(mechanism.as_bytes()) {
                    self.said.hash = hash;
                }
                let message = self.said.bytes(message);
                let mut bytes = ask(opcode).key(mechanism).value(message).bytes();
                if let Some((place, byte)) = slip {
                    bytes[place] = byte;
                }
                self.say(&bytes);
            }
            Step::Ask(draft) => self.say(&draft.bytes()),
            Step::Noise(bytes) => self.say(&bytes),
            Step::Piece(0) => self.piece = usize::MAX,
            Step::Piece(piece) => self.piece = piece.into(),
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        for challenge in self.line.say(bytes, self.piece).iter().filter(|reply| reply.status == 0x21) {
            self.said.hear(&challenge.value);
        }
    }

    /// Whoever is in may look at an item; whoever is not is hung up on. Behind a frame that is still dropped, nobody knows.
    fn end(mut self) -> Outcomes {
        if !self.line.is_over() {
            let open = self.line.is_open();
            let heard = self.line.say(&get("k").bytes(), usize::MAX);
            assert!(open || heard.iter().all(|reply| reply.status != 0x01), "served without a login");
        }
        self.line.into_outcomes()
    }
}
