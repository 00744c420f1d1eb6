//! What a login leads to, from the documents of its mechanisms: PLAIN (RFC 4616), SCRAM (RFC 5802, 7677) and CRAM-MD5
//! (RFC 2195). There is one user, [`USER`], with one password that is stored for all of them.

use super::keys::{Keys, cram_md5};
use crate::conversation::{PASSWORD, user_in_each_form};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyway::{Role, ScramHash, UserRecord};
use keyway_frontend::Entrance;
use std::sync::LazyLock;

/// The one user.
pub(crate) const USER: &str = "ada";

/// Derived once, with the least work that is allowed.
static RECORD: LazyLock<UserRecord> = LazyLock::new(|| user_in_each_form(USER, Role::ReadWrite));

/// What a server stores of the user.
pub(crate) fn record(role: Role) -> UserRecord {
    UserRecord { roles: role.into(), ..RECORD.clone() }
}

/// The mechanisms that the reference knows: those for which nothing needs to be known of the way that messages come.
pub const MECHANISMS: [keyway::Mechanism; 4] = [
    keyway::Mechanism::ScramSha512,
    keyway::Mechanism::ScramSha256,
    keyway::Mechanism::Plain,
    keyway::Mechanism::CramMd5,
];

/// Each of them is offered.
pub(crate) fn entrance() -> Entrance {
    let mut entrance = Entrance::default();
    entrance.mechanisms = MECHANISMS.to_vec();
    entrance
}

/// As it is listed.
pub(super) const OFFER: &[u8] = b"SCRAM-SHA-512 SCRAM-SHA-256 PLAIN CRAM-MD5";

/// The longest name, password, and messages of SCRAM, in bytes.
const NAME_MAX: usize = 255;
const PASSWORD_MAX: usize = 1024;
const FIRST_MAX: usize = 1024;
const FINAL_MAX: usize = 2048;
const NONCE_MAX: usize = 256;

/// A mechanism that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    Plain,
    Scram(ScramHash),
    CramMd5,
}

impl Mechanism {
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        match name.to_ascii_uppercase().as_slice() {
            b"PLAIN" => Some(Self::Plain),
            b"SCRAM-SHA-256" | b"SCRAM-SHA256" => Some(Self::Scram(ScramHash::Sha256)),
            b"SCRAM-SHA-512" | b"SCRAM-SHA512" => Some(Self::Scram(ScramHash::Sha512)),
            b"CRAM-MD5" => Some(Self::CramMd5),
            _ => None,
        }
    }
}

/// A login under way.
#[derive(Debug)]
pub(crate) enum Exchange {
    /// Nothing was said yet; `prompted` if the client was asked to say something.
    Silent { mechanism: Mechanism, prompted: bool },
    /// The client's first message of SCRAM was taken.
    Greeted(Greeting),
    /// The client proved who it is.
    Proven(ScramHash),
    /// This challenge of CRAM-MD5 was sent.
    Dared(String),
}

/// What came before the proof.
#[derive(Clone, Debug)]
pub(crate) struct Greeting {
    hash: ScramHash,
    header: String,
    bare: String,
    nonce: String,
    /// Whether the right proof lets it in.
    welcome: bool,
    /// The server's answer, once it was heard.
    challenge: String,
}

/// What must come back.
#[derive(Debug)]
pub(crate) enum Reaction {
    /// This challenge, and then the exchange goes on.
    Challenge(Vec<u8>, Exchange),
    /// A challenge of the server's choice, which is to be heard.
    Choice(Choice),
    Open,
    Refused,
}

/// What the server answers in its own words.
#[derive(Debug)]
pub(crate) enum Choice {
    /// To this greeting.
    Greeting(Greeting),
    /// To a client of CRAM-MD5, which has said nothing.
    Dare,
}

impl Choice {
    /// Looks at what was answered.
    pub(crate) fn hear(self, challenge: &[u8]) -> Exchange {
        match self {
            Self::Greeting(greeting) => Exchange::Greeted(greeting.hear(challenge)),
            Self::Dare => {
                let dare = str::from_utf8(challenge).expect("a challenge is text");
                let inside = dare.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
                let parts = inside.and_then(|inside| inside.split_once('@'));
                assert!(parts.is_some_and(|(own, host)| own.len() >= 36 && !host.is_empty()), "{dare}");
                Exchange::Dared(dare.to_owned())
            }
        }
    }
}

impl Exchange {
    pub(crate) fn new(mechanism: Mechanism) -> Self {
        Self::Silent { mechanism, prompted: false }
    }

    pub(super) fn mechanism(&self) -> Mechanism {
        match self {
            Self::Silent { mechanism, .. } => *mechanism,
            Self::Greeted(Greeting { hash, .. }) | Self::Proven(hash) => Mechanism::Scram(*hash),
            Self::Dared(_) => Mechanism::CramMd5,
        }
    }

    /// Whether this message may be a password or a proof, whose verification may be put off.
    pub(super) fn may_take_a_guess(&self, message: &[u8]) -> bool {
        match self {
            Self::Silent { mechanism, .. } => *mechanism == Mechanism::Plain && !message.is_empty(),
            Self::Greeted(_) | Self::Dared(_) => true,
            Self::Proven(_) => false,
        }
    }

    pub(crate) fn react(&self, message: &[u8]) -> Reaction {
        match self {
            Self::Silent { mechanism: Mechanism::CramMd5, .. } if message.is_empty() => {
                Reaction::Choice(Choice::Dare)
            }
            Self::Silent { mechanism: Mechanism::CramMd5, .. } => Reaction::Refused,
            Self::Silent { mechanism, prompted: false } if message.is_empty() => {
                Reaction::Challenge(Vec::new(), Self::Silent { mechanism: *mechanism, prompted: true })
            }
            Self::Silent { mechanism: Mechanism::Plain, .. } => {
                open_if(plain_is_right(message).unwrap_or(false))
            }
            Self::Silent { mechanism: Mechanism::Scram(hash), .. } => greeting(*hash, message)
                .map_or(Reaction::Refused, |greeting| Reaction::Choice(Choice::Greeting(greeting))),
            Self::Greeted(greeting) => match greeting.signature(message) {
                Some(signature) => Reaction::Challenge(signature.into_bytes(), Self::Proven(greeting.hash)),
                None => Reaction::Refused,
            },
            Self::Proven(_) => open_if(message.is_empty()),
            Self::Dared(dare) => open_if(answers(message, dare).unwrap_or(false)),
        }
    }
}

fn open_if(right: bool) -> Reaction {
    if right { Reaction::Open } else { Reaction::Refused }
}

/// Whether this is the user's answer to a challenge of CRAM-MD5.
fn answers(message: &[u8], dare: &str) -> Option<bool> {
    let text = str::from_utf8(message).ok()?;
    let (name, _) = text.rsplit_once(' ')?;
    let is_right = text == cram_md5(name, dare);
    Some(is_right && is_user(&prepared(name, NAME_MAX)?))
}

/// As SASLprep makes it, where that is anything.
fn prepared(text: &str, max: usize) -> Option<String> {
    let prepared = stringprep::saslprep(text).ok().filter(|_| text.len() <= max)?;
    (1..=max).contains(&prepared.len()).then(|| prepared.into_owned())
}

/// Whether a prepared name is the user's, with or without a realm.
fn is_user(name: &str) -> bool {
    name == USER || name.rsplit_once('@').is_some_and(|(stem, _)| stem == USER)
}

/// `None` where the message is not even one.
fn plain_is_right(message: &[u8]) -> Option<bool> {
    if message.len() > 2 * NAME_MAX + PASSWORD_MAX + 2 {
        return None;
    }
    let fields: Vec<&str> = str::from_utf8(message).ok()?.split('\0').collect();
    let [acting_as, name, password] = fields.as_slice() else { return None };
    let name = prepared(name, NAME_MAX)?;
    let right = is_user(&name) && prepared(password, PASSWORD_MAX)? == PASSWORD;
    if acting_as.is_empty() {
        return Some(right);
    }
    let acting_as = prepared(acting_as, NAME_MAX)?;
    Some(right && (acting_as == name || acting_as == USER))
}

/// Text of a message of SCRAM.
fn text(message: &[u8], max: usize) -> Option<&str> {
    let text = str::from_utf8(message).ok()?;
    (text.len() <= max && !text.contains(['\0', '\r', '\n'])).then_some(text)
}

/// A name as SCRAM writes it: `=2C` is a comma, `=3D` an equals sign.
fn unescaped(name: &str) -> Option<String> {
    let (mut rest, mut plain) = (name, String::new());
    while let Some((front, behind)) = rest.split_once('=') {
        plain.push_str(front);
        plain.push(if behind.starts_with("2C") {
            ','
        } else if behind.starts_with("3D") {
            '='
        } else {
            return None;
        });
        rest = &behind[2..];
    }
    plain.push_str(rest);
    prepared(&plain, NAME_MAX)
}

/// Extensions that may be ignored: a letter that means nothing else, and a value.
fn ignorable(field: &str) -> bool {
    let letter = field.chars().next().filter(char::is_ascii_alphabetic);
    letter.is_some_and(|letter| !"aceimnprsv".contains(letter))
        && field[1..].strip_prefix('=').is_some_and(|value| !value.is_empty())
}

fn greeting(hash: ScramHash, message: &[u8]) -> Option<Greeting> {
    let message = text(message, FIRST_MAX)?;
    let mut parts = message.splitn(3, ',');
    let (flag, acting_as, bare) = (parts.next()?, parts.next()?, parts.next()?);
    let acting_as = match acting_as {
        "" => None,
        field => Some(unescaped(field.strip_prefix("a=")?)?),
    };
    let mut fields = bare.split(',');
    let name = unescaped(fields.next()?.strip_prefix("n=")?)?;
    let nonce = fields.next()?.strip_prefix("r=")?;
    let nonce_fits = (1..=NONCE_MAX).contains(&nonce.len()) && nonce.chars().all(|it| it.is_ascii_graphic());
    if !matches!(flag, "n" | "y") || !nonce_fits || !fields.all(ignorable) {
        return None;
    }
    let welcome = is_user(&name) && acting_as.is_none_or(|acting_as| acting_as == name || acting_as == USER);
    Some(Greeting {
        hash,
        header: message[..message.len() - bare.len()].to_owned(),
        bare: bare.to_owned(),
        nonce: nonce.to_owned(),
        welcome,
        challenge: String::new(),
    })
}

impl Greeting {
    /// Looks at the server's answer to it.
    fn hear(mut self, challenge: &[u8]) -> Self {
        self.challenge = str::from_utf8(challenge).expect("a challenge is text").to_owned();
        let mut fields = self.challenge.split(',');
        let mut field = |name| fields.next().and_then(|field| field.strip_prefix(name));
        let nonces = field("r=").and_then(|nonces| nonces.strip_prefix(self.nonce.as_str()));
        assert!(nonces.is_some_and(|own| own.len() >= 18), "a nonce of its own: {}", self.challenge);
        assert!(field("s=").is_some_and(|salt| STANDARD.decode(salt).is_ok()), "{}", self.challenge);
        let rounds = field("i=").and_then(|rounds| rounds.parse::<u32>().ok());
        assert!(rounds.is_some_and(|rounds| (4096..=65_536).contains(&rounds)), "{}", self.challenge);
        self
    }

    /// What the server answers to a right proof.
    fn signature(&self, message: &[u8]) -> Option<String> {
        let (without_proof, proof) = text(message, FINAL_MAX)?.rsplit_once(',')?;
        let proof = STANDARD.decode(proof.strip_prefix("p=")?).ok()?;
        let mut fields = without_proof.split(',');
        let header = STANDARD.decode(fields.next()?.strip_prefix("c=")?).ok()?;
        let nonces = fields.next()?;
        let same = header == self.header.as_bytes() && self.challenge.starts_with(&format!("{nonces},"));
        if !same || !nonces.starts_with("r=") || !fields.all(ignorable) || !self.welcome {
            return None;
        }
        let keys = Keys::to(self.hash, &self.challenge);
        let signed = format!("{},{},{without_proof}", self.bare, self.challenge);
        (proof == keys.proof(&signed)).then(|| keys.signature(&signed))
    }
}
