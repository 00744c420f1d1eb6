//! The client's side of a conversation with a `Dialogue`: requests as bytes, answers taken apart, no socket.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of this")]

use keyway::{
    Cache, Config, CramMd5Secret, Credential, Mechanism, Role, Rounds, ScramHash, UserRecord, Users, Verifier,
};
use keyway_frontend::{Advance, Dialogue, Door, Entrance, Next, Outbox, Policy};
use std::sync::Arc;

/// The password of every user made here.
pub const PASSWORD: &str = "pencil";

/// A request under construction; [`bytes`](Self::bytes) is what goes over the wire.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    opcode: u8,
    extras: Vec<u8>,
    key: Vec<u8>,
    value: Vec<u8>,
    opaque: u32,
    cas: u64,
}

pub fn ask(opcode: u8) -> Ask {
    Ask { opcode, ..Ask::default() }
}

impl Ask {
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.key = key.as_ref().to_vec();
        self
    }

    pub fn value(mut self, value: impl AsRef<[u8]>) -> Self {
        self.value = value.as_ref().to_vec();
        self
    }

    pub fn extras(mut self, extras: impl AsRef<[u8]>) -> Self {
        self.extras = extras.as_ref().to_vec();
        self
    }

    pub fn opaque(mut self, opaque: u32) -> Self {
        self.opaque = opaque;
        self
    }

    pub fn cas(mut self, cas: u64) -> Self {
        self.cas = cas;
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let body = self.extras.len() + self.key.len() + self.value.len();
        let mut bytes = header(self.opcode, short(self.extras.len()), short(self.key.len()), short(body));
        bytes[12..16].copy_from_slice(&self.opaque.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.cas.to_be_bytes());
        [bytes, self.extras.clone(), self.key.clone(), self.value.clone()].concat()
    }
}

/// A length as the header has it.
fn short<T: TryFrom<usize>>(len: usize) -> T {
    T::try_from(len).ok().expect("a length that fits")
}

/// A request header that may say anything.
pub fn header(opcode: u8, extras: u8, key: u16, body: u32) -> Vec<u8> {
    let mut bytes = vec![0x80, opcode];
    bytes.extend(key.to_be_bytes());
    bytes.extend([extras, 0, 0, 0]);
    bytes.extend(body.to_be_bytes());
    bytes.extend([0; 12]);
    bytes
}

/// Flags and expiry of a storage request.
pub fn stored_as(flags: u32, expiry: u32) -> Vec<u8> {
    [flags.to_be_bytes(), expiry.to_be_bytes()].concat()
}

/// Step, initial value and expiry of a counter request.
pub fn step_of(delta: u64, initial: u64, expiry: u32) -> Vec<u8> {
    [&delta.to_be_bytes()[..], &initial.to_be_bytes(), &expiry.to_be_bytes()].concat()
}

pub fn get(key: impl AsRef<[u8]>) -> Ask {
    ask(0x00).key(key)
}

pub fn set(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Ask {
    ask(0x01).key(key).value(value).extras(stored_as(0, 0))
}

pub fn noop() -> Ask {
    ask(0x0a)
}

pub fn plain(user: &str, password: &str) -> Ask {
    ask(0x21).key("PLAIN").value(format!("\0{user}\0{password}"))
}

/// An answer, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub opcode: u8,
    pub status: u16,
    pub opaque: u32,
    pub cas: u64,
    pub extras: Vec<u8>,
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8(self.value.clone()).unwrap()
    }
}

/// Takes answers apart; there must be whole ones only, and each must be laid out as the protocol says.
pub fn replies(mut bytes: &[u8]) -> Vec<Reply> {
    let mut replies = Vec::new();
    while !bytes.is_empty() {
        assert!(bytes.len() >= 24, "half a header: {}", bytes.escape_ascii());
        let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((bytes[0], bytes[5]), (0x81, 0), "magic and data type");
        let extras = usize::from(bytes[4]);
        let key = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        let end = 24 + word(8) as usize;
        assert!(end <= bytes.len() && extras + key <= end - 24, "lengths that do not fit");
        replies.push(Reply {
            opcode: bytes[1],
            status: u16::from_be_bytes([bytes[6], bytes[7]]),
            opaque: word(12),
            cas: u64::from_be_bytes(bytes[16..24].try_into().unwrap()),
            extras: bytes[24..24 + extras].to_vec(),
            key: bytes[24 + extras..24 + extras + key].to_vec(),
            value: bytes[24 + extras + key..end].to_vec(),
        });
        bytes = &bytes[end..];
    }
    replies
}

/// What is behind the door.
pub fn cache() -> Cache {
    Cache::new(Config::new(64 << 20), Users::new()).unwrap()
}

/// Adds a user with [`PASSWORD`], stored at the least work that is allowed.
pub fn add_user(cache: &Cache, name: &str, role: Role) {
    let verifier = Verifier::derive(PASSWORD, Rounds::new(4096).unwrap()).unwrap();
    cache.users().add_verifier(name, verifier, role).unwrap();
}

/// A user with [`PASSWORD`] in each form that there is, so that every mechanism logs it in.
pub fn user_in_each_form(name: &str, role: Role) -> UserRecord {
    let rounds = Rounds::new(4096).unwrap();
    let [first, second] = ScramHash::ALL.map(|hash| Verifier::derive_for(hash, PASSWORD, rounds).unwrap());
    let mut credential = Credential::new("1", first);
    credential.forms.push(second.into());
    credential.forms.push(CramMd5Secret::derive(PASSWORD).unwrap().into());
    UserRecord::with_credentials(name, role, vec![credential])
}

/// A door where everybody has to log in, and `ada` can.
pub fn locked_door() -> (Cache, Arc<Door>) {
    let cache = cache();
    add_user(&cache, "ada", Role::ReadWrite);
    let door = Arc::new(Door::new(cache.clone(), Policy::default()));
    (cache, door)
}

/// A door where everybody is `guest`, who has this role.
pub fn open_door(cache: &Cache, role: Role) -> Arc<Door> {
    cache.users().add_trusted("guest", role).unwrap();
    let mut entrance = Entrance::default();
    entrance.mechanisms = vec![Mechanism::Plain];
    entrance.anonymous = Some(cache.session_for("guest").unwrap());
    Arc::new(Door::new(cache.clone(), Default::default()).through(entrance))
}

/// One connection, whose client reads everything at once.
#[derive(Debug)]
pub struct Line {
    dialogue: Dialogue,
    out: Outbox,
    unread: Vec<u8>,
    pub closed: bool,
}

impl Line {
    pub fn to(door: &Arc<Door>) -> Self {
        let dialogue = Dialogue::new(door.clone(), 0);
        Self { dialogue, out: Outbox::default(), unread: Vec::new(), closed: false }
    }

    /// A line to a fresh cache on which everything is allowed.
    pub fn open() -> Self {
        Self::to(&open_door(&cache(), Role::Admin))
    }

    pub fn is_open(&self) -> bool {
        self.dialogue.is_open()
    }

    /// Bytes that the server would have to keep for the next call.
    pub fn unread(&self) -> usize {
        self.unread.len()
    }

    /// Sends bytes, and gives what comes back, as bytes.
    pub fn send(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.unread.extend(bytes);
        let mut back = Vec::new();
        while !self.closed {
            let Advance { consumed, next } = self.dialogue.advance(&self.unread, &mut self.out);
            assert!(consumed <= self.unread.len(), "more consumed than there was");
            self.unread.drain(..consumed);
            match next {
                Next::Read { frame } => {
                    assert!(frame > self.unread.len(), "it waits for what is there");
                    break;
                }
                Next::Write => assert!(!self.out.is_empty(), "it waits for a write of nothing"),
                Next::Verify(attempt) => self.dialogue.verdict(attempt.verify(), &mut self.out),
                Next::Close => self.closed = true,
            }
            assert!(self.out.write_to(&mut back).unwrap());
        }
        assert!(self.out.write_to(&mut back).unwrap());
        back
    }

    /// Sends requests in one go, and gives the answers.
    pub fn say(&mut self, asks: &[Ask]) -> Vec<Reply> {
        let bytes: Vec<u8> = asks.iter().flat_map(Ask::bytes).collect();
        replies(&self.send(&bytes))
    }

    /// Sends one request that has one answer.
    #[track_caller]
    pub fn one(&mut self, ask: &Ask) -> Reply {
        let mut replies = self.say(std::slice::from_ref(ask));
        assert_eq!(replies.len(), 1, "{ask:?} was answered {replies:?}");
        replies.remove(0)
    }

    /// The status of the one answer to one request.
    #[track_caller]
    pub fn status(&mut self, ask: &Ask) -> u16 {
        self.one(ask).status
    }
}
