//! What clients say at a login: any bytes make messages that are nearly right, or are.

use crate::{
    conversation::PASSWORD,
    reference::{Keys, Mechanism, USER, cram_md5},
};
use arbitrary::{Arbitrary, Result, Unstructured};
use keyway::ScramHash;

/// Names that are nearly the user's, or are.
const NAMES: [&str; 8] = ["", USER, "ad", "adam", "ada@host", "Ada", "=2C", "ad\u{ad}a"];
/// Passwords likewise.
const PASSWORDS: [&str; 6] = [PASSWORD, "", "penci", "pencils", "Pencil", "pen\u{ad}cil"];
/// What a login says.
#[derive(Debug)]
pub(super) enum Message {
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
    /// The right answer to the last challenge of CRAM-MD5, in this name, except that one byte of it may be another.
    Answer {
        name: &'static str,
        slip: Option<(u8, u8)>,
    },
    Noise(Vec<u8>),
}

pub(super) fn noise(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let len = usize::from(input.arbitrary::<u8>()?).min(input.len());
    Ok(input.bytes(len)?.into())
}

pub(super) fn slip(input: &mut Unstructured<'_>) -> Result<Option<(u8, u8)>> {
    if input.arbitrary::<u8>()? < 200 { Ok(None) } else { Ok(Some(input.arbitrary()?)) }
}

impl Arbitrary<'_> for Message {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match input.arbitrary::<u8>()? % 16 {
            0 | 1 => Self::Empty,
            2 => Self::Answer { name: input.choose(&NAMES)?, slip: slip(input)? },
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

/// What was said before, as far as the next message depends on it.
#[derive(Debug)]
pub(super) struct Said {
    /// With which a client of SCRAM goes on.
    pub(super) hash: ScramHash,
    /// The last greeting, and what the server answered.
    greeting: (String, String),
    challenge: String,
    /// The last challenge of CRAM-MD5.
    dare: String,
}

/// Half of the slips leave what is base64, or hexadecimal, what it is.
fn slipped(message: String, slip: Option<(u8, u8)>) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut message = message.into_bytes();
    if let Some((place, byte)) = slip {
        let place = usize::from(place) % message.len();
        message[place] = if byte < 128 { DIGITS[usize::from(byte % 16)] } else { byte };
    }
    message
}

impl Said {
    /// Nothing yet, at a login by this mechanism.
    pub(super) fn of(mechanism: Mechanism) -> Self {
        let hash = match mechanism {
            Mechanism::Scram(hash) => hash,
            _ => ScramHash::Sha256,
        };
        Self { hash, greeting: Default::default(), challenge: String::new(), dare: String::new() }
    }

    /// Looks at a challenge.
    pub(super) fn hear(&mut self, challenge: &[u8]) {
        let text = || String::from_utf8_lossy(challenge).into_owned();
        match challenge.first() {
            Some(b'r') => self.challenge = text(),
            Some(b'<') => self.dare = text(),
            _ => {}
        }
    }

    /// The message, now that it can be said.
    pub(super) fn bytes(&mut self, message: Message) -> Vec<u8> {
        let keys = || Keys::to(self.hash, &self.challenge);
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
                slipped(keys().client_final(header, bare, &self.challenge), slip)
            }
            Message::Answer { name, slip } => slipped(cram_md5(name, &self.dare), slip),
            Message::Turned { header, nonces } => {
                let true_nonces = self.challenge.split(',').next().unwrap_or_default();
                let (header, nonces) = (header.unwrap_or(&self.greeting.0), nonces.unwrap_or(true_nonces));
                keys().client_final_of(header, nonces, &self.greeting.1, &self.challenge).into_bytes()
            }
            Message::Noise(bytes) => bytes,
        }
    }
}
