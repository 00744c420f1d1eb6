//! A connection before login beside the reference: every exchange of every mechanism, nearly right messages and the right
//! ones. Nobody gets in whom the reference would not let in, and who is right does.

use super::{
    line::{Line, Outcomes},
    words::Draft,
};
use crate::{
    conversation::{PASSWORD, Reply, ask, get},
    reference::{Keys, Reference, USER, VALUE_MAX, VERIFIER},
};
use arbitrary::{Arbitrary, Result, Unstructured};
use keyway::{Cache, Config, Role, Users};
use keyway_frontend::Policy;

/// More steps than this make a slow input and no new story.
const STEPS_MAX: usize = 60;

/// Names that are nearly the user's, or are.
const NAMES: [&str; 8] = ["", USER, "ad", "adam", "ada@host", "Ada", "=2C", "ad\u{ad}a"];
/// Passwords likewise.
const PASSWORDS: [&str; 6] = [PASSWORD, "", "penci", "pencils", "Pencil", "pen\u{ad}cil"];
/// Mechanisms likewise.
const MECHANISMS: [&str; 6] = ["PLAIN", "SCRAM-SHA-256", "plain", "SCRAM-SHA-1", "ANONYMOUS", "CRAM-MD5"];

/// What a login says.
#[derive(Debug)]
enum Message {
    Empty,
    Plain {
        acting_as: &'static str,
        name: &'static str,
        password: &'static str,
    },
    First {
        header: String,
        bare: String,
    },
    /// The right last message to the last challenge, except that one byte of it may be another.
    Final {
        slip: Option<(u8, u8)>,
    },
    /// A last message whose proof is right, to a greeting with this header and these nonces in place of the true ones.
    Turned {
        header: Option<&'static str>,
        nonces: Option<&'static str>,
    },
    Noise(Vec<u8>),
}

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

fn noise(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let len = usize::from(input.arbitrary::<u8>()?).min(input.len());
    Ok(input.bytes(len)?.into())
}

fn slip(input: &mut Unstructured<'_>) -> Result<Option<(u8, u8)>> {
    if input.arbitrary::<u8>()? < 200 { Ok(None) } else { Ok(Some(input.arbitrary()?)) }
}

impl Arbitrary<'_> for Message {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match input.arbitrary::<u8>()? % 16 {
            0..=2 => Self::Empty,
            3..=6 => Self::Plain {
                acting_as: input.choose(&NAMES)?,
                name: input.choose(&NAMES)?,
                password: input.choose(&PASSWORDS)?,
            },
            7..=10 => {
                let acting_as = match *input.choose(&NAMES)? {
                    "" => String::new(),
                    name => format!("a={name}"),
                };
                let flag = input.choose(&["n", "y", "p=x", "z"])?;
                let name = input.choose(&NAMES)?;
                let more = input.choose(&["", ",x=1", ",m=1", ",", ",x"])?;
                Self::First {
                    header: format!("{flag},{acting_as},"),
                    bare: format!("n={name},r=fyko+d2lbb{more}"),
                }
            }
            11..=13 => Self::Final { slip: slip(input)? },
            14 => Self::Turned {
                header: *input.choose(&[None, Some("y,,"), Some("n,a=ada,"), Some("")])?,
                nonces: *input.choose(&[None, Some("r=fyko+d2lbb"), Some("r="), Some("")])?,
            },
            _ => Self::Noise(noise(input)?),
        })
    }
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
    /// The last greeting, and what the server answered.
    greeting: (String, String),
    challenge: String,
}

impl Story {
    fn new(window: usize) -> Self {
        let users = Users::with_mock_key([7; 32]);
        users.add_verifier(USER, VERIFIER.clone(), Role::ReadWrite).unwrap();
        let mut config = Config::new(1 << 20);
        config.max_value = VALUE_MAX;
        config.stripes = 1;
        config.fixed_hash_key = Some([1, 2, 3, 4]);
        let cache = Cache::new(config, users).unwrap();
        let mut policy = Policy::default();
        policy.max_item = VALUE_MAX;
        let line = Line::to(&cache, policy, Reference::locked(Role::ReadWrite), window);
        Self { line, piece: usize::MAX, greeting: Default::default(), challenge: String::new() }
    }

    fn tell(&mut self, step: Step) {
        match step {
            Step::Login { opcode, mechanism, message, slip } => {
                let message = self.message(message);
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

    fn message(&mut self, message: Message) -> Vec<u8> {
        match message {
            Message::Empty => Vec::new(),
            Message::Plain { acting_as, name, password } => {
                format!("{acting_as}\0{name}\0{password}").into_bytes()
            }
            Message::First { header, bare } => {
                self.greeting = (header, bare);
                format!("{}{}", self.greeting.0, self.greeting.1).into_bytes()
            }
            Message::Final { .. } | Message::Turned { .. } if self.challenge.is_empty() => {
                b"c=biws,r=x,p=".into()
            }
            Message::Final { slip } => {
                let (header, bare) = &self.greeting;
                let last = Keys::to(&self.challenge).client_final(header, bare, &self.challenge);
                let mut last = last.into_bytes();
                if let Some((place, byte)) = slip {
                    let place = usize::from(place) % last.len();
                    last[place] = byte;
                }
                last
            }
            Message::Turned { header, nonces } => {
                let true_nonces = self.challenge.split(',').next().unwrap_or_default();
                let (header, nonces) = (header.unwrap_or(&self.greeting.0), nonces.unwrap_or(true_nonces));
                let keys = Keys::to(&self.challenge);
                keys.client_final_of(header, nonces, &self.greeting.1, &self.challenge).into_bytes()
            }
            Message::Noise(bytes) => bytes,
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        let greeted = |reply: &&Reply| reply.status == 0x21 && reply.value.starts_with(b"r=");
        if let Some(challenge) = self.line.say(bytes, self.piece).iter().rev().find(greeted) {
            self.challenge = challenge.text();
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
